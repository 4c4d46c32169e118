/**
 * The state directory and its SQLite databases: one owner, versioned schema, repositories, sealed
 * values.
 * @module
 */
export { requirePassphrase, wrongPassphrase } from "./attempts.ts";
export * from "./contacts.ts";
export * from "./database.ts";
export * from "./forgetting.ts";
export * from "./groups.ts";
export * from "./key_material.ts";
export type { Keyring } from "./keyring.ts";
export * from "./messages.ts";
export * from "./pictures.ts";
export * from "./room_messages.ts";
export * from "./rooms.ts";
export { MIGRATIONS } from "./schema.ts";
export { damaged, openFile, sealFile } from "./sealed_file.ts";
export * from "./sealing_key.ts";
export * from "./settings.ts";
export * from "./state_directory.ts";
export type { StoredTrust } from "./stored_keys.ts";
export * from "./vault.ts";
