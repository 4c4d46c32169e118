/**
 * The carried XMPP server: RFC 6120 and 6121 client streams over direct TLS, with rosters,
 * presence, offline messages, personal eventing and accounts by invitation, stored in SQLite or
 * MariaDB, in a Worker of its own. One extension is one file, registered in `extensions.ts`.
 * @module
 */
export * from "./certificate.ts";
export type { Invitation } from "./storage/invitations.ts";
export * from "./limits.ts";
export * from "./options.ts";
export { XmppServer } from "./server.ts";
export { databaseLocation } from "./storage/location.ts";
export { type CarriedServer, runIfServerWorker, startCarriedServer } from "./worker.ts";
