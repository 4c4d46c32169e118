import { type Bytes, fromBase64, toBase64 } from "../base/mod.ts";
import type { KeyPair, Random, SuiteId } from "../crypto/mod.ts";
import type { Settings } from "../store/mod.ts";
import { type CertifiedKey, createIdentity, type Identity } from "./identity.ts";

interface StoredPair {
  secret: string;
  public: string;
}

/** What becomes of the devices that were on the list when an identity is restored. */
export type Restoring =
  | "beside" // they stay: the person has them still
  | "instead"; // they are lost: the list will name the new device alone

/** The setting `identity`. */
export interface StoredIdentity {
  account: StoredPair;
  device: StoredPair;
  certified: [SuiteId, StoredPair & { certificate: string }][];
  /** Newest device list, encoded. */
  list: string | null;
  /** Accounts (bare JIDs) this identity was published for. */
  announced: string[];
  /** Highest number that a list was signed under, published or not. */
  listNumber?: number;
  /** Base64 account keys that the person compared on this device: the one found right, and wrong. */
  confirmed?: string;
  refused?: string;
  bundleCounter: number;
  oneTimeCounter: number;
  /** This device came out of a backup and has not signed itself into the list yet. */
  restoring?: Restoring;
}

/** What is kept of our own identity between starts; its only owner. */
export class IdentityStore {
  readonly #settings: Settings;
  #stored: StoredIdentity;

  /** Loads the identity, or makes it on the first start. */
  constructor(settings: Settings, random: Random) {
    this.#settings = settings;
    this.#stored = settings.get<StoredIdentity>("identity") ?? fresh(createIdentity(random));
    this.#save();
  }

  /** The keys; `account.secret` is empty on a device that was linked to another one's account. */
  get identity(): Identity {
    const { account, device, certified } = this.#stored;
    return {
      account: pairOf(account),
      device: pairOf(device),
      certified: new Map(
        certified.map(([id, key]) => [
          id,
          { ...pairOf(key), certificate: fromBase64(key.certificate) } satisfies CertifiedKey,
        ]),
      ),
    };
  }
  get list(): Bytes | null {
    return this.#stored.list === null ? null : fromBase64(this.#stored.list);
  }
  set list(encoded: Bytes) {
    this.#stored.list = toBase64(encoded);
    this.#save();
  }
  /** Set until the list names this device, which came out of a backup. */
  get restoring(): Restoring | undefined {
    return this.#stored.restoring;
  }
  /** A list that names this device is published at last. */
  joined(): void {
    delete this.#stored.restoring;
    this.#save();
  }
  wasAnnounced(jid: string): boolean {
    return this.#stored.announced.includes(jid);
  }
  announced(jid: string): void {
    if (this.wasAnnounced(jid)) return;
    this.#stored.announced.push(jid);
    this.#save();
  }

  /** A number above `last` that no list was signed under yet, and none will be again. */
  nextList(last: number, step: number): number {
    const number = Math.max(this.#stored.listNumber ?? 0, last) + step;
    this.#stored.listNumber = number;
    this.#save();
    return number;
  }

  /** What the person said of an account key that another device is said to hold. */
  judgement(account: Bytes): "given" | "refused" | "needed" {
    const key = toBase64(account);
    if (this.#stored.confirmed === key) return "given";
    return this.#stored.refused === key ? "refused" : "needed";
  }
  judge(account: Bytes, judgement: "given" | "refused"): void {
    delete this.#stored.confirmed;
    delete this.#stored.refused;
    this.#stored[judgement === "given" ? "confirmed" : "refused"] = toBase64(account);
    this.#save();
  }

  get bundleCounter(): number {
    return this.#stored.bundleCounter;
  }
  /** Counts on from what this device published after the copy was made that we are. */
  catchUp(bundle: number, oneTime: number): void {
    this.#stored.bundleCounter = Math.max(this.#stored.bundleCounter, bundle);
    this.#stored.oneTimeCounter = Math.max(this.#stored.oneTimeCounter, oneTime);
    this.#save();
  }
  nextBundle(): number {
    this.#stored.bundleCounter++;
    this.#save();
    return this.#stored.bundleCounter;
  }
  nextOneTime(): number {
    this.#stored.oneTimeCounter++;
    this.#save();
    return this.#stored.oneTimeCounter;
  }

  /** The account key was made here and never shown to anybody. */
  get isUnused(): boolean {
    const { account, announced, restoring } = this.#stored;
    return account.secret !== "" && announced.length === 0 && restoring === undefined;
  }

  /** From now on this device holds this account key, which is published for an account. */
  begin(account: KeyPair, list: Bytes, jid: string): void {
    delete this.#stored.restoring;
    delete this.#stored.confirmed;
    delete this.#stored.refused;
    this.#stored.account = storedPair(account);
    this.#stored.list = toBase64(list);
    this.#stored.announced = [jid];
    this.#save();
  }

  /** From now on, and for ever, this device belongs to the account that another device keeps. */
  adopt(account: Bytes, list: Bytes): void {
    this.#stored.account = { secret: "", public: toBase64(account) };
    this.#stored.list = toBase64(list);
    this.#save();
  }

  #save(): void {
    this.#settings.set("identity", this.#stored);
  }
}

/** A new device of an account that comes out of a backup. */
export function restoredIdentity(
  known: Pick<StoredIdentity, "account" | "list" | "announced">,
  restoring: Restoring,
  random: Random,
): StoredIdentity {
  return { ...fresh(createIdentity(random)), ...known, restoring };
}

function fresh(identity: Identity): StoredIdentity {
  return {
    account: storedPair(identity.account),
    device: storedPair(identity.device),
    certified: [...identity.certified].map(([id, key]) => [
      id,
      { ...storedPair(key), certificate: toBase64(key.certificate) },
    ]),
    list: null,
    announced: [],
    bundleCounter: 0,
    oneTimeCounter: 0,
  };
}

function pairOf(stored: StoredPair): KeyPair {
  return { secret: fromBase64(stored.secret), public: fromBase64(stored.public) };
}

function storedPair(pair: KeyPair): StoredPair {
  return { secret: toBase64(pair.secret), public: toBase64(pair.public) };
}
