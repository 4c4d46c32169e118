/**
 * Composition: one App per state directory, its settings and its life.
 * @module
 */
export type * from "./api.ts";
export type { AppOptions } from "./app.ts";
export { whatIsTaken } from "./carried_ports.ts";
export { clearElement, isClear } from "./display/clear_element.ts";
export { DisplayMemory, type NamedValues } from "./display/display_memory.ts";
export {
  type DisplayFiles,
  type DisplayOffer,
  Displays,
  type OtherViewer,
} from "./display/displays.ts";
export { type DisplaySending, Presenting } from "./display/presenting.ts";
export { type DisplaySource, memorySource } from "./display/source.ts";
export { App } from "./gate.ts";
export { readHost, readInvitation } from "./invitation.ts";
export { isLoopback } from "./network_addresses.ts";
export * from "./keystone/key_server_home.ts";
export { type Credentials, fetchTicket } from "./keystone/registrar_client.ts";
export * from "./keystone/registrar_home.ts";
export { startLog } from "./log_file.ts";
export { askServer } from "./server/control_client.ts";
export { copyDatabase } from "./server/copy_database.ts";
export type { CertificateFiles } from "./server/identity.ts";
export {
  MOST_INVITATION_DAYS,
  type ServerRequestAnswer,
  type ServerRequestInput,
  type ServerRequestName,
} from "./server/requests.ts";
export * from "./server/standalone.ts";
