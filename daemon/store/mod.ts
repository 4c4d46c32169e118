/**
 * The state directory and its SQLite databases: one owner, versioned schema, repositories.
 * @module
 */
export * from "./database.ts";
