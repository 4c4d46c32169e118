import {
  type DatabaseSync,
  type KeyMaterial,
  type StoredPrekey,
  transaction,
} from "../store/mod.ts";
import { mlkem768, type Random, x25519 } from "../crypto/mod.ts";
import { PREKEY_KIND } from "./bundle.ts";
import type { Opening, PrekeySecrets } from "./handshake.ts";
import { SimppError } from "./errors.ts";

const DAY = 86_400_000;
/** A signed prekey is offered this long. */
export const PREKEY_LIFE = 7 * DAY;
/** Then it still opens what was sent with it, and is destroyed. */
export const PREKEY_GRACE = 30 * DAY;

/** Our signed prekeys: made, offered for a week, kept for a month more, destroyed. */
export class Prekeys {
  readonly #db: DatabaseSync;
  readonly #keys: KeyMaterial;
  readonly #random: Random;

  constructor(db: DatabaseSync, keys: KeyMaterial, random: Random) {
    this.#db = db;
    this.#keys = keys;
    this.#random = random;
  }

  /** The newest of each kind, made anew when it is due; true in `renewed` when any was. */
  async current(now: number): Promise<{ prekeys: StoredPrekey[]; renewed: boolean }> {
    const makers = [
      { kind: PREKEY_KIND.x25519, make: () => Promise.resolve(x25519.generate(this.#random)) },
      { kind: PREKEY_KIND.mlkem768, make: () => mlkem768.generate(this.#random) },
    ];
    let renewed = false;
    const prekeys: StoredPrekey[] = [];
    for (const { kind, make } of makers) {
      const newest = this.#keys.prekeys(kind).at(-1);
      if (newest !== undefined && now - newest.created < PREKEY_LIFE && newest.created <= now) {
        prekeys.push(newest);
        continue;
      }
      const fresh = { kind, id: (newest?.id ?? 0) + 1, created: now, ...await make() };
      transaction(this.#db, () => this.#keys.addPrekey(fresh));
      prekeys.push(fresh);
      renewed = true;
    }
    this.#keys.dropPrekeysBefore(now - PREKEY_LIFE - PREKEY_GRACE);
    return { prekeys, renewed };
  }

  /** The secrets an opening needs. @throws SimppError `bad-handshake` when they are gone */
  secretsFor(opening: Opening): PrekeySecrets {
    const find = (kind: number, id: number) => {
      const found = this.#keys.prekeys(kind).find((key) => key.id === id);
      if (found === undefined) {
        throw new SimppError(
          "bad-handshake",
          "A message was sealed for a key this device no longer has; ask for it to be sent again.",
        );
      }
      return { secret: found.secret, public: found.public };
    };
    return {
      dh: find(PREKEY_KIND.x25519, opening.dhPrekey),
      kem: opening.suite.kem === null ? null : find(PREKEY_KIND.mlkem768, opening.kemPrekey),
    };
  }
}
