/**
 * What key server, registrar and members say to each other (docs/protocol.md "Groups").
 * @module
 */
export * from "./action.ts";
export * from "./announcements.ts";
export * from "./answers.ts";
export * from "./payload.ts";
export * from "./registration_proof.ts";
export * from "./requests.ts";
export * from "./roster.ts";
export * from "./ticket.ts";
