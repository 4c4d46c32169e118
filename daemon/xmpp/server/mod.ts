/**
 * The carried XMPP server: RFC 6120 and 6121 client streams over direct TLS, with rosters,
 * presence, offline messages, personal eventing and accounts by invitation, stored in SQLite or
 * MariaDB, in a Worker of its own. One extension is one file, registered in `extensions.ts`.
 * @module
 */
export type { AccountOverview, ServerAdministration, ServerReport } from "./administration.ts";
export * from "./login/certificate.ts";
export * from "./limit_ranges.ts";
export type { Invitation } from "./storage/invitations.ts";
export * from "./limits.ts";
export type { RoomOverview } from "./muc/upkeep.ts";
export * from "./options.ts";
export { XmppServer } from "./server.ts";
export { databaseLabel, databaseLocation, isMysql } from "./storage/location.ts";
export { type CarriedServer, runIfServerWorker, startCarriedServer } from "./worker.ts";
export type { WebLimits } from "./web/limits.ts";
export type { ExternalService, WebOptions } from "./web/options.ts";
