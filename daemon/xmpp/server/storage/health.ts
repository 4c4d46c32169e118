import { logOf, type SimppdError, steadyNow } from "../../../base/mod.ts";
import { isDatabaseTrouble } from "./database.ts";

/** Reading goes on while a disk is full: only after this long without a failure all is well. */
const WELL_AFTER_MS = 10_000;

/** Logs once when a database fails, and once when it works again: stanzas come by the thousand. */
export class Health {
  #trouble: { readonly code: string; last: number } | undefined;

  /** @returns `error` itself */
  failed(error: Error): Error {
    if (!isDatabaseTrouble(error)) return error;
    const { code, publicMessage, cause } = error as SimppdError;
    const last = steadyNow();
    if (this.#trouble?.code === code) this.#trouble.last = last;
    else {
      this.#trouble = { code, last };
      const details = { code, message: publicMessage, cause: String(cause) };
      logOf("xmpp-server").error("{code}: {message} {cause}", details);
    }
    return error;
  }

  worked(): void {
    if (this.#trouble === undefined || steadyNow() - this.#trouble.last < WELL_AFTER_MS) return;
    this.#trouble = undefined;
    logOf("xmpp-server").info("the database works again");
  }
}
