/**
 * The ground every room stands on: errors that speak plainly, bytes, the wire encoding, events,
 * newest-wins fan-out, waiting. Pure, but for timers.
 * @module
 */
export * from "./broadcast.ts";
export * from "./bytes.ts";
export * from "./emitter.ts";
export * from "./errors.ts";
export * from "./lock.ts";
export * from "./rate.ts";
export * from "./sizes.ts";
export * from "./log.ts";
export * from "./time.ts";
export * from "./wire.ts";
