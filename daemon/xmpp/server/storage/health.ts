import { logOf, SimppdError } from "../../../base/mod.ts";

/** Logs once when a database fails, and once when it works again: stanzas come by the thousand. */
export class Health {
  #trouble: string | undefined;

  /** @returns `error` itself */
  failed(error: Error): Error {
    if (error instanceof SimppdError && error.code !== this.#trouble) {
      this.#trouble = error.code;
      const { code, cause } = error;
      logOf("xmpp-server").error("{code}: {message} {cause}", {
        code,
        message: error.publicMessage,
        cause: String(cause),
      });
    }
    return error;
  }

  worked(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    logOf("xmpp-server").info("the database works again");
  }
}
