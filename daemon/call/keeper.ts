import type { Random } from "../crypto/mod.ts";
import type { Call } from "./call.ts";
import type { CallsOptions } from "./environment.ts";
import type { Timeouts } from "./limits.ts";

/** What a call asks of the Calls that keeps it. */
export interface CallKeeper {
  readonly options: CallsOptions;
  readonly timeouts: Timeouts;
  readonly random: Random;
  now(): number;
  readonly line: CallsOptions["line"];
  changed(call: Call): void;
  security(call: Call, code: string, message: string): void;
}

/** Who sent a signal. */
export interface SignalSender {
  jid: string;
  device: string;
}
