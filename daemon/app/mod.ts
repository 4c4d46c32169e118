/**
 * Composition: one App per state directory, its settings and its life.
 * @module
 */
export type * from "./api.ts";
export type { AppOptions } from "./app.ts";
export { App } from "./gate.ts";
export { startLog } from "./log_file.ts";
