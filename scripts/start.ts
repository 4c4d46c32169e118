/**
 * How the program is started, wherever it is: `deno.json` is the one place that says it.
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** What it may do: the permission set `run`. */
export const RIGHTS = config.permissions.run;

/**
 * The engine's flags of `deno task run`. Left to itself V8 lets the heap double before it looks for
 * garbage, and its young generation (semi-space, in MB) grow to 16 over minutes; in a call, where
 * every frame is soon garbage held by a few young bytes, each is tens of megabytes for nothing.
 */
export const ENGINE_FLAGS: string = /--v8-flags=\S+/.exec(config.tasks.run.command)![0];
