import { type Bytes, fromBase64, steadyNow, toBase64 } from "../../base/mod.ts";
import { type Element, NS, SaslError, SIMPP_1 } from "../core/mod.ts";
import type { Host } from "./host.ts";
import type { Exchange } from "./logins.ts";
import { isDatabaseTrouble } from "./storage/database.ts";

/** What comes of one SASL element (RFC 6120 section 6.4). */
export type SaslStep =
  | { kind: "challenge"; data: string }
  | { kind: "success"; data: string; account: string; mechanism: string }
  | { kind: "failure"; condition: string };

/**
 * What a wrong key or invitation costs its connection, in bytes of its rate: what cannot be guessed needs
 * no ban, which would hit honest others of the same address.
 */
export const UNGUESSABLE_COST = 20_000;

/** The part of a stream's life before it is logged in: SASL, and the invitation it came with. */
export class Login {
  readonly address: string;
  /** The invitation's token, once it was shown and found good (XEP-0445). */
  invitation: string | undefined;

  readonly #host: Host;
  #pending: { exchange: Exchange; mechanism: string; begun: boolean } | undefined;

  /** @param charge makes this connection pay, in bytes of its rate */
  constructor(host: Host, address: string, readonly charge: (bytes: number) => void) {
    this.#host = host;
    this.address = address;
  }

  /** Takes `<auth/>`, `<response/>` or `<abort/>`. */
  async step(element: Element): Promise<SaslStep> {
    try {
      return await this.#step(element);
    } catch (error) {
      const { exchange, mechanism } = this.#pending ?? {};
      this.#pending = undefined;
      if (isDatabaseTrouble(error)) return this.#fail("temporary-auth-failure");
      if (!(error instanceof SaslError)) throw error;
      // Whoever can make the client's proof wrong is guessing; a malformed one tells us nothing.
      if (error.condition === "not-authorized") {
        if (mechanism === SIMPP_1) this.charge(UNGUESSABLE_COST);
        else this.#host.guard.failed(this.address, exchange?.account || undefined, steadyNow());
      }
      return { kind: "failure", condition: error.condition };
    }
  }

  async #step(element: Element): Promise<SaslStep> {
    switch (element.getNS() === NS.sasl ? element.getName() : "") {
      case "auth": {
        const mechanism = element.attrs.mechanism ?? "";
        // Each login that is begun costs us work: one is ended, and counted, before the next.
        if (this.#pending !== undefined) return this.#fail("malformed-request");
        const exchange = this.#host.logins.begin(mechanism);
        if (exchange === undefined) return this.#fail("invalid-mechanism");
        const data = decoded(element);
        if (data === undefined) return this.#fail("incorrect-encoding");
        this.#pending = { exchange, mechanism, begun: false };
        // Without initial response an empty challenge asks for it.
        return data.length === 0 ? { kind: "challenge", data: "" } : await this.#first(data);
      }
      case "response": {
        const data = decoded(element);
        if (data === undefined) return this.#fail("incorrect-encoding");
        if (this.#pending === undefined) return this.#fail("malformed-request");
        const { exchange, mechanism, begun } = this.#pending;
        if (!begun) return await this.#first(data);
        const final = exchange.final(data);
        const { account } = exchange;
        this.#pending = undefined;
        this.#host.guard.succeeded(this.address, account);
        return { kind: "success", data: toBase64(final), account, mechanism };
      }
      case "abort":
        return this.#fail("aborted");
      default:
        return this.#fail("malformed-request");
    }
  }

  async #first(data: Bytes): Promise<SaslStep> {
    const { exchange, mechanism } = this.#pending!;
    this.#pending!.begun = true;
    const challenge = await exchange.first(data);
    // Keys cannot be guessed: who guesses at the account's password does not hold them up.
    const { guard } = this.#host;
    if (mechanism !== SIMPP_1 && !guard.mayTry(this.address, exchange.account, steadyNow())) {
      return this.#fail("temporary-auth-failure");
    }
    return { kind: "challenge", data: toBase64(challenge) };
  }

  #fail(condition: string): SaslStep {
    this.#pending = undefined;
    return { kind: "failure", condition };
  }
}

/** The bytes of a SASL element, "=" for none (RFC 6120 section 6.4.2). */
function decoded(element: Element): Bytes | undefined {
  const text = element.getText();
  if (text === "=") return new Uint8Array(0);
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}
