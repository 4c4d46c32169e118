import { type KeyPair, type Random, type Suite, suite, type SuiteId } from "../crypto/mod.ts";
import {
  type DatabaseSync,
  type KeyMaterial,
  type StoredPrekey,
  transaction,
} from "../store/mod.ts";
import { MAX_ONE_TIME, type PublicPrekey } from "./bundle.ts";
import { SimppError } from "./errors.ts";
import type { Opening, PrekeySecrets } from "./handshake.ts";
import type { OneTimePrekey } from "./one_time.ts";

const DAY = 86_400_000;
/** A signed prekey is offered this long. */
export const PREKEY_LIFE = 7 * DAY;
/** Then it still opens what was sent with it, and is destroyed. */
export const PREKEY_GRACE = 30 * DAY;

/** How prekeys of a kind are made. */
interface Maker {
  readonly kind: number;
  readonly make: (random: Random) => KeyPair | Promise<KeyPair>;
}

/** The kinds of prekeys that the suites of a policy need, each once. */
function makersOf(policy: readonly SuiteId[]): Maker[] {
  const makers = policy.map(suite).flatMap(({ prekeyKinds, dh, kem }) => [
    { kind: prekeyKinds.dh, make: dh.generate },
    ...(kem === null ? [] : [{ kind: prekeyKinds.kem!, make: kem.generate }]),
  ]);
  return [...new Map(makers.map((maker) => [maker.kind, maker])).values()];
}

/**
 * Our prekeys. Signed ones: made, offered for a week, kept for a month more, destroyed. One-time
 * ones: twenty are offered; each is destroyed with its first use.
 */
export class Prekeys {
  readonly #db: DatabaseSync;
  readonly #keys: KeyMaterial;
  readonly #random: Random;

  constructor(db: DatabaseSync, keys: KeyMaterial, random: Random) {
    this.#db = db;
    this.#keys = keys;
    this.#random = random;
  }

  /**
   * The newest signed prekey of each kind the policy needs, made anew when it is due.
   * @param published what is published in our name: an id in it that we do not have is not used again
   */
  async current(
    policy: readonly SuiteId[],
    now: number,
    published: readonly PublicPrekey[] = [],
  ): Promise<StoredPrekey[]> {
    const prekeys: StoredPrekey[] = [];
    for (const { kind, make } of makersOf(policy)) {
      const newest = this.#keys.prekeys(kind).at(-1);
      const taken = published.find((prekey) => prekey.kind === kind)?.id ?? 0;
      const last = newest?.id ?? 0;
      const young = newest !== undefined && now - newest.created < PREKEY_LIFE;
      if (young && newest.created <= now && taken <= last) {
        prekeys.push(newest);
        continue;
      }
      const pair = await make(this.#random);
      const fresh = { kind, id: Math.max(last, taken) + 1, created: now, ...pair };
      this.#keys.addPrekey(fresh);
      prekeys.push(fresh);
    }
    this.#keys.dropPrekeysBefore(now - PREKEY_LIFE - PREKEY_GRACE);
    return prekeys;
  }

  /** Makes as many one-time prekeys as are missing; those must be published. */
  async restock(
    policy: readonly SuiteId[],
    now: number,
    nextId: () => number,
  ): Promise<OneTimePrekey[]> {
    const made: OneTimePrekey[] = [];
    for (let stock = this.oneTimeIds().length; stock < MAX_ONE_TIME; stock++) {
      const id = nextId();
      const pairs: StoredPrekey[] = [];
      for (const { kind, make } of makersOf(policy)) {
        pairs.push({ kind, id, created: now, ...await make(this.#random) });
      }
      transaction(this.#db, () => pairs.forEach((pair) => this.#keys.addOneTime(pair)));
      made.push({ id, prekeys: pairs.map(({ kind, public: key }) => ({ kind, public: key })) });
    }
    return made;
  }

  /** Ids of the one-time prekeys that nobody has used. */
  oneTimeIds(): number[] {
    return this.#keys.oneTimeIds();
  }

  /** Destroys a one-time prekey. */
  spend(id: number): void {
    this.#keys.dropOneTime(id);
  }

  /** The secrets an opening needs. @throws SimppError `prekey-gone` when one no longer exists */
  secretsFor(opening: Opening): PrekeySecrets {
    const { prekeyKinds, kem } = opening.suite;
    const signed = (kind: number, id: number) =>
      found(this.#keys.prekeys(kind).find((key) => key.id === id));
    return {
      dh: signed(prekeyKinds.dh, opening.dhPrekey),
      kem: kem === null ? null : signed(prekeyKinds.kem!, opening.kemPrekey),
      oneTime: opening.oneTime === 0 ? null : this.#oneTime(opening.suite, opening.oneTime),
    };
  }

  #oneTime(chosen: Suite, id: number): PrekeySecrets["oneTime"] {
    const { prekeyKinds, kem } = chosen;
    const of = (kind: number) => found(this.#keys.oneTime(kind, id));
    return { dh: of(prekeyKinds.dh), kem: kem === null ? null : of(prekeyKinds.kem!) };
  }
}

function found(key: KeyPair | undefined): KeyPair {
  if (key !== undefined) return { secret: key.secret, public: key.public };
  throw new SimppError(
    "prekey-gone",
    "A message was sealed for a key this device no longer has; it is asked for again.",
  );
}
