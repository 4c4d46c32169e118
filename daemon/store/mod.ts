/**
 * The state directory and its SQLite databases: one owner, versioned schema, repositories, sealed
 * values.
 * @module
 */
export * from "./contacts.ts";
export * from "./database.ts";
export * from "./key_material.ts";
export * from "./messages.ts";
export { MIGRATIONS } from "./schema.ts";
export * from "./settings.ts";
export * from "./state_directory.ts";
export * from "./vault.ts";
