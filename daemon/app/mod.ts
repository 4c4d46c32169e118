/**
 * Composition: one App per state directory, its settings and its life.
 * @module
 */
export type * from "./api.ts";
export { App, type AppOptions } from "./gate.ts";
