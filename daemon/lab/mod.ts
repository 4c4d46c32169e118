/**
 * Attacks on calls and messages, played on this machine between two made-up people, so that one can
 * see what is protected (docs/threat-model.md "See for yourself"). The parts under attack are the
 * daemon's own; the server and the network between them are the attacker's.
 * @module
 */
export * from "./sniff.ts";
