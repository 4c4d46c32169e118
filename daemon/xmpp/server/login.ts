import { fromBase64, fromUtf8, steadyNow, toBase64, utf8 } from "../../base/mod.ts";
import {
  type Element,
  Jid,
  NS,
  ScramError,
  scramNonce,
  type ScramServer,
  scramServer,
} from "../core/mod.ts";
import { type CredentialSource, MECHANISMS, type OfferedMechanism } from "./credentials.ts";
import type { Host } from "./host.ts";

/** What comes of one SASL element (RFC 6120 section 6.4). */
export type SaslStep =
  | { kind: "challenge"; data: string }
  | { kind: "success"; data: string; account: string }
  | { kind: "failure"; condition: string };

/** The part of a stream's life before it is logged in: SASL, and the invitation it came with. */
export class Login {
  readonly address: string;
  /** The invitation's token, once it was shown and found good (XEP-0445). */
  invitation: string | undefined;

  readonly #host: Host;
  readonly #source: CredentialSource;
  #exchange: { scram: ScramServer; account: () => string } | undefined;

  constructor(host: Host, source: CredentialSource, address: string) {
    this.#host = host;
    this.#source = source;
    this.address = address;
  }

  /** Takes `<auth/>`, `<response/>` or `<abort/>`. */
  async step(element: Element): Promise<SaslStep> {
    try {
      return await this.#step(element);
    } catch (error) {
      const account = this.#exchange?.account();
      this.#exchange = undefined;
      if (!(error instanceof ScramError)) throw error;
      // Whoever can make the client's proof wrong is guessing; a malformed one tells us nothing.
      if (error.condition === "not-authorized") {
        this.#host.guard.failed(this.address, account || undefined, steadyNow());
      }
      return { kind: "failure", condition: error.condition };
    }
  }

  async #step(element: Element): Promise<SaslStep> {
    switch (element.getNS() === NS.sasl ? element.getName() : "") {
      case "auth": {
        const mechanism = MECHANISMS.find((name) => name === element.attrs.mechanism);
        if (mechanism === undefined) return { kind: "failure", condition: "invalid-mechanism" };
        const data = decoded(element);
        if (data === undefined) return { kind: "failure", condition: "incorrect-encoding" };
        this.#begin(mechanism);
        // Without initial response an empty challenge asks for it.
        return data === "" ? { kind: "challenge", data: "" } : await this.#first(data);
      }
      case "response": {
        const data = decoded(element);
        if (data === undefined) return { kind: "failure", condition: "incorrect-encoding" };
        if (this.#exchange === undefined) {
          return { kind: "failure", condition: "malformed-request" };
        }
        const { scram, account } = this.#exchange;
        if (scram.user === "") return await this.#first(data);
        const final = scram.final(data);
        this.#exchange = undefined;
        this.#host.guard.succeeded(this.address, account());
        return { kind: "success", data: toBase64(utf8(final)), account: account() };
      }
      case "abort":
        this.#exchange = undefined;
        return { kind: "failure", condition: "aborted" };
      default:
        return { kind: "failure", condition: "malformed-request" };
    }
  }

  #begin(mechanism: OfferedMechanism): void {
    // What cannot be a name is nobody's, and is not remembered by the guard.
    const nameOf = (user: string) => Jid.tryParse(`${user}@${this.#host.domain}`)?.local ?? "";
    const scram = scramServer(
      mechanism,
      { lookup: (user) => this.#source.find(nameOf(user), mechanism) },
      scramNonce,
    );
    this.#exchange = { scram, account: () => nameOf(scram.user) };
  }

  async #first(data: string): Promise<SaslStep> {
    const { scram, account } = this.#exchange!;
    const challenge = await scram.first(data);
    if (!this.#host.guard.mayTry(this.address, account(), steadyNow())) {
      this.#exchange = undefined;
      return { kind: "failure", condition: "temporary-auth-failure" };
    }
    return { kind: "challenge", data: toBase64(utf8(challenge)) };
  }
}

/** Base64 of UTF-8 text, "=" for empty (RFC 6120 section 6.4.2). */
function decoded(element: Element): string | undefined {
  const text = element.getText();
  if (text === "=") return "";
  try {
    return fromUtf8(fromBase64(text));
  } catch {
    return undefined;
  }
}
