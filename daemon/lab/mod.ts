/**
 * Attacks on calls and messages, played on this machine between two made-up people, so that one can
 * see what is protected (docs/threat-model.md "See for yourself"). The parts under attack are the
 * daemon's own; the server and the network between them are the attacker's.
 * @module
 */
export * from "./downgrade.ts";
export type { Loot } from "./loot.ts";
export type { Refusal } from "./person.ts";
export * from "./player.ts";
export * from "./reassembly.ts";
export * from "./replay.ts";
export * from "./runs.ts";
export * from "./sniff.ts";
export * from "./tamper.ts";
