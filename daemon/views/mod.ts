/**
 * What the local API shows, as JSON: the one vocabulary of call, app, http, cli and dashboard. Types
 * only. Times are milliseconds since 1970 unless a name says otherwise; JIDs are bare unless said.
 * @module
 */
export type * from "./archive.ts";
export type * from "./call.ts";
export type * from "./contact.ts";
export type * from "./display.ts";
export type * from "./event.ts";
export type * from "./file.ts";
export type * from "./group.ts";
export type * from "./message.ts";
export type * from "./room.ts";
export type * from "./status.ts";
