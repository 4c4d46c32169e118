/** The local API's vocabulary, types only: nothing of the daemon is bundled. */
export type * from "../../daemon/views/mod.ts";
