import { createHash, createHmac, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

/** SCRAM mechanisms the load's clients know, the preferred one first. */
export const MECHANISMS = ["SCRAM-SHA-256", "SCRAM-SHA-1"] as const;
/** One of {@link MECHANISMS}. */
export type Mechanism = typeof MECHANISMS[number];

const HASHES = { "SCRAM-SHA-256": ["sha256", 32], "SCRAM-SHA-1": ["sha1", 20] } as const;

/**
 * The client's side of SCRAM (RFC 5802) that derives the key of an account once: what is to be
 * measured at a login is the server. Nonces are no secret here, and the server's proof is not looked
 * at.
 */
export class ScramKeys {
  readonly #salted = new Map<string, Uint8Array>();

  /** The client's first message, to be sent in Base64. */
  first(name: string): string {
    return btoa(`n,,${this.#bare(name)}`);
  }

  /** The answer to a server's first message; both in Base64. */
  async answer(
    mechanism: Mechanism,
    name: string,
    password: string,
    challenge: string,
  ): Promise<string> {
    const server = atob(challenge);
    const { r, s, i } = Object.fromEntries(
      server.split(",").map((part) => [part[0], part.slice(2)]),
    );
    const [hash, size] = HASHES[mechanism];
    const id = `${mechanism} ${name} ${s} ${i}`;
    let salted = this.#salted.get(id);
    if (salted === undefined) {
      salted = await derive(password, Uint8Array.fromBase64(s!), Number(i), size, hash);
      this.#salted.set(id, salted);
    }
    const bare = `c=biws,r=${r}`;
    const key = createHmac(hash, salted).update("Client Key").digest();
    const stored = createHash(hash).update(key).digest();
    const signature = createHmac(hash, stored).update(`${this.#bare(name)},${server},${bare}`)
      .digest();
    const proof = key.map((byte, at) => byte ^ signature[at]!);
    return btoa(`${bare},p=${new Uint8Array(proof).toBase64()}`);
  }

  #bare(name: string): string {
    return `n=${name},r=load${name}`;
  }
}
