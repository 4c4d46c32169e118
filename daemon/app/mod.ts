/**
 * Composition: one App per state directory, its settings and its life.
 * @module
 */
export type * from "./api.ts";
export * from "./app.ts";
export { startLog } from "./log_file.ts";
