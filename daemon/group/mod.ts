/**
 * Keystone's groups (LSIM): one key for all members, changed with every join and leave, kept by a
 * key server that the group names in its specification.
 * @module
 */
export * from "./data_suites.ts";
export * from "./epoch_statement.ts";
export * from "./group_keys.ts";
export * from "./merkle.ts";
export * from "./messages.ts";
export * from "./spec_text.ts";
export * from "./specification.ts";
