/**
 * What an XMPP client and a server share: addresses, the bounded XML reader, stanzas and their
 * errors, SCRAM (RFC 6120, 7622, 5802, 7677). No socket, no clock.
 * @module
 */
export * from "./element.ts";
export * from "./errors.ts";
export * from "./jid.ts";
export * from "./namespaces.ts";
export * from "./reader.ts";
export * from "./saslprep.ts";
export * from "./scram.ts";
export * from "./scram_client.ts";
export * from "./scram_server.ts";
export * from "./stanza.ts";
