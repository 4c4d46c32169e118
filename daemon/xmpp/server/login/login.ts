import { type Bytes, steadyNow } from "../../../base/mod.ts";
import { SaslError } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import type { Exchange, SaslProfile } from "./logins.ts";
import { isDatabaseTrouble } from "../storage/database.ts";

/** What comes of one SASL message, whichever profile frames it. */
export type LoginStep =
  | { kind: "challenge"; data: Uint8Array }
  | { kind: "success"; data: Uint8Array; account: string; mechanism: string }
  | { kind: "failure"; condition: string };

/**
 * What a wrong key or invitation costs its connection, in bytes of its rate: what cannot be guessed needs
 * no ban, which would hit honest others of the same address.
 */
export const UNGUESSABLE_COST = 20_000;

/**
 * The part of a stream's life before it is logged in: SASL, however it is framed (RFC 6120 section 6,
 * XEP-0388), and the invitation it came with.
 */
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

  /**
   * Begins a login.
   * @param initial the client's first message, if it came along
   * @param client whose token it shows (XEP-0484); undefined for any other login
   */
  begin(
    profile: SaslProfile,
    mechanism: string,
    initial: Bytes | undefined,
    client?: string,
  ): Promise<LoginStep> {
    return this.#guarded(() => {
      // Each login that is begun costs us work: one is ended, and counted, before the next.
      if (this.#pending !== undefined) return this.fail("malformed-request");
      const { logins } = this.#host;
      const exchange = client === undefined
        ? logins.begin(mechanism, profile)
        : logins.beginByToken(mechanism, client);
      if (exchange === undefined) return this.fail("invalid-mechanism");
      this.#pending = { exchange, mechanism, begun: false };
      // Without initial response an empty challenge asks for it.
      if (initial === undefined || initial.length === 0) {
        return { kind: "challenge", data: new Uint8Array(0) };
      }
      return this.#first(initial);
    });
  }

  /** Takes the answer to a challenge. */
  respond(data: Bytes): Promise<LoginStep> {
    return this.#guarded(() => {
      if (this.#pending === undefined) return this.fail("malformed-request");
      const { exchange, begun } = this.#pending;
      return begun ? this.#succeed(exchange.final(data)) : this.#first(data);
    });
  }

  /** Ends the login that runs, if one does. */
  fail(condition: string): LoginStep {
    this.#pending = undefined;
    return { kind: "failure", condition };
  }

  async #guarded(step: () => LoginStep | Promise<LoginStep>): Promise<LoginStep> {
    try {
      return await step();
    } catch (error) {
      const { exchange } = this.#pending ?? {};
      this.#pending = undefined;
      if (isDatabaseTrouble(error)) return this.fail("temporary-auth-failure");
      if (!(error instanceof SaslError)) throw error;
      // Whoever can make the client's proof wrong is guessing; a malformed one tells us nothing.
      if (error.condition === "not-authorized") {
        if (exchange?.guessable === false) this.charge(UNGUESSABLE_COST);
        else this.#host.guard.failed(this.address, exchange?.account || undefined, steadyNow());
      }
      return { kind: "failure", condition: error.condition };
    }
  }

  async #first(data: Bytes): Promise<LoginStep> {
    const { exchange } = this.#pending!;
    this.#pending!.begun = true;
    const answer = await exchange.first(data);
    // Keys cannot be guessed: who guesses at the account's password does not hold them up.
    const { guard } = this.#host;
    if (exchange.guessable && !guard.mayTry(this.address, exchange.account, steadyNow())) {
      return this.fail("temporary-auth-failure");
    }
    await answer.prove?.();
    return answer.last ? this.#succeed(answer.data) : { kind: "challenge", data: answer.data };
  }

  #succeed(data: Uint8Array): LoginStep {
    const { exchange, mechanism } = this.#pending!;
    const { account } = exchange;
    this.#pending = undefined;
    this.#host.guard.succeeded(this.address, account);
    return { kind: "success", data, account, mechanism };
  }
}
