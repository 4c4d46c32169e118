import { LIMITS_AFTER_AUTH, type ReaderLimits } from "../core/mod.ts";

/** Our own server may send more at once than others may: a whole roster is one stanza. */
export const LIMITS_OF_OWN_SERVER: ReaderLimits = { ...LIMITS_AFTER_AUTH, bytes: 1_048_576 };
