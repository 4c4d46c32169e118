/**
 * The command line: one file a verb, thin over the local API.
 * @module
 */
export { main } from "./command_line.ts";
