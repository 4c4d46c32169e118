import { type Bytes, toHex } from "../base/mod.ts";
import { ed25519, type KeyPair, type Random } from "../crypto/mod.ts";
import { refused } from "./admission.ts";
import type { ProvedDevice } from "./channels.ts";
import type { METHODS } from "./specification.ts";
import { registrarIdOf, signTicket } from "./ticket.ts";

/** How long a ticket is good, in ms. */
const LIFE = 10 * 60_000;

/** What a registrar stands on. */
export interface RegistrarOptions {
  /** Its Ed25519 secret, 32 bytes. */
  readonly secret: Bytes;
  readonly method: typeof METHODS[number];
  readonly random: Random;
  /** ms since 1970. */
  readonly now?: () => number;
}

/**
 * Keystone's registrar: authenticates people in its own way and says so in tickets, so that key
 * servers need not. Key servers take those of registrars that a group's specification names.
 */
export class Registrar {
  readonly #o: RegistrarOptions;
  readonly #signing: KeyPair;

  constructor(options: RegistrarOptions) {
    this.#o = options;
    this.#signing = ed25519.generate(() => options.secret);
  }

  /** What specifications name, 32 bytes. */
  get key(): Bytes {
    return this.#signing.public;
  }
  get method(): typeof METHODS[number] {
    return this.#o.method;
  }

  /**
   * A ticket for a device of somebody who was authenticated.
   * @param group 32 hex digits, or `ANY_GROUP`
   */
  issue(group: string, { jid, accountKey, deviceKey }: Omit<ProvedDevice, "device">): Bytes {
    const { method, random, now = Date.now } = this.#o;
    const issued = now();
    return signTicket(this.#signing.secret, {
      registrar: registrarIdOf(this.key),
      group,
      jid,
      accountKey,
      deviceKey,
      method,
      issued,
      expires: issued + LIFE,
      nonce: toHex(random(16)),
    });
  }
}

/** One sentence for whatever was wrong, so that nobody learns who there is. */
export function notAuthenticated() {
  return refused("not-authenticated", "This registrar does not know you by what you showed.");
}
