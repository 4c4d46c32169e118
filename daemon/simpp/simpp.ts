import { type Bytes, Emitter, KeyedLock, logOf, toHex } from "../base/mod.ts";
import {
  codesOf,
  framed,
  OpenError,
  type Random,
  sha256,
  suite,
  type SuiteId,
  systemRandom,
} from "../crypto/mod.ts";
import { type DatabaseSync, KeyMaterial, Settings, transaction, type Vault } from "../store/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import type { KeyDirectory } from "./directory.ts";
import { readSealed, writeSealed } from "./element.ts";
import { type Envelope, readEnvelope, writeEnvelope } from "./envelope.ts";
import { SimppError } from "./errors.ts";
import { readOpening } from "./handshake.ts";
import { deviceIdOf } from "./identity.ts";
import { Linking } from "./linking.ts";
import { OwnKeys } from "./own_keys.ts";
import { Peers } from "./peers.ts";
import { Policy } from "./policy.ts";
import {
  type Opened,
  openPacket,
  readPacket,
  respond,
  sealPacket,
  type Session,
} from "./session.ts";
import { nameOf, Sessions } from "./sessions.ts";
import { TrustBook } from "./trust_book.ts";

/** Marks of opened packets are kept as long as a prekey can open a repeated one. */
const SEEN_AGE = 38 * 86_400_000;

/** What happened to keys or sessions. */
export type SimppEvent =
  | { type: "mutual"; jid: string; device: string } // both sides have proved themselves
  | { type: "answer"; jid: string; device: string } // they must hear from us to complete the proof
  | { type: "renewed"; jid: string; device: string } // a new session took an older one's place
  | { type: "lost"; jid: string; device: string } // they write on what we cannot open (any more)
  | { type: "changed"; jid: string }; // keys changed: sending stopped until the person decides

/** A sealed message that was opened. */
export interface Received {
  /** Bare JID; our own for a copy from another device of ours. */
  readonly from: string;
  readonly device: string;
  readonly suite: SuiteId;
  readonly envelope: Envelope;
  /** Was nothing known of the sender's keys before? */
  readonly first: boolean;
}

/** Sealed parts of one message: the contact's first, then perhaps one for our own other devices. */
export interface Sealed {
  readonly suite: SuiteId;
  readonly parts: readonly { readonly to: string; readonly element: Element }[];
}

/** How something is to be sealed. */
export interface SealOptions {
  /** One device of the contact; all it has when absent. */
  readonly device?: string;
  /** Seal it for our own other devices too. */
  readonly copy?: boolean;
  /** Open a new session, whatever there is. */
  readonly renew?: boolean;
  /** Only over sessions in which the other side has spoken: nothing is fetched, none is opened. */
  readonly standing?: boolean;
}

/** What the end-to-end layer needs of the daemon it runs in. */
export interface SimppOptions {
  readonly db: DatabaseSync;
  readonly vault: Vault;
  readonly directory: KeyDirectory;
  /** Suites allowed until the person chooses; the strong ones when absent. */
  readonly policy?: readonly SuiteId[];
  readonly random?: Random;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The end-to-end layer of one account on this device: seals, opens, and remembers whom to trust. */
export class Simpp {
  readonly events = new Emitter<SimppEvent>();
  readonly trust: TrustBook;
  readonly policy: Policy;
  readonly linking: Linking;
  readonly #db: DatabaseSync;
  readonly #directory: KeyDirectory;
  readonly #keys: KeyMaterial;
  readonly #own: OwnKeys;
  readonly #peers: Peers;
  readonly #sessions: Sessions;
  readonly #random: Random;
  readonly #now: () => number;
  readonly #lock = new KeyedLock();
  #jid = "";

  constructor(options: SimppOptions) {
    const { db, vault, directory } = options;
    this.#db = db;
    this.#directory = directory;
    this.#random = options.random ?? systemRandom;
    this.#now = options.now ?? Date.now;
    this.#keys = new KeyMaterial(db, vault);
    this.#sessions = new Sessions(this.#keys, this.#now);
    const settings = new Settings(db, vault);
    this.policy = new Policy(settings, options.policy);
    this.#own = new OwnKeys(db, this.#keys, settings, this.#random);
    this.trust = new TrustBook(this.#keys, () => ({ jid: this.#jid, account: this.#own.account }));
    this.#peers = new Peers({
      directory,
      keys: this.#keys,
      trust: this.trust,
      policy: this.policy,
      random: this.#random,
      now: this.#now,
    });
    this.#peers.changed.on((jid) => this.events.emit({ type: "changed", jid }));
    this.linking = new Linking(this.#own, directory, () => this.#jid);
    this.linking.changed.on(() =>
      this.#keys.keepDevices(this.#jid, this.#own.devices.devices.map(deviceIdOf))
    );
  }

  /** This device's id. */
  get device(): string {
    return this.#own.deviceId;
  }
  /** Fingerprint of the account key, hex. */
  get fingerprint(): string {
    return this.#own.fingerprint;
  }

  /** Our account key, 32 bytes. */
  get accountKey(): Bytes {
    return this.#own.account;
  }
  /** This device's key, 32 bytes. */
  get deviceKey(): Bytes {
    return this.#own.device;
  }

  /** Signs with this device's key, behind a label that no other use has (RFC 8032). */
  sign(label: string, message: Uint8Array): Bytes {
    return this.#own.sign(label, message);
  }

  /**
   * The keys that are pinned for a contact: the account's, and those of the devices on its list;
   * undefined when nothing is. @throws SimppError `keys-changed`
   */
  deviceKeys(jid: string): { account: Bytes; devices: readonly Bytes[] } | undefined {
    if (jid === this.#jid) {
      return { account: this.#own.account, devices: this.#own.devices.devices };
    }
    const usable = this.trust.usable(jid);
    return usable && { account: usable.trust.account, devices: usable.devices.devices };
  }

  /** Names the account this device speaks for (bare JID). */
  setAccount(jid: string): void {
    this.#jid = jid;
  }

  /** Publishes what others need to write to us; call after each login and change of policy. */
  async publish(): Promise<void> {
    const now = this.#now();
    await this.#lock.run("seal", () => this.#own.noticeCopy(this.#directory, this.#jid));
    try {
      await this.#own.publish(this.#directory, this.#jid, this.policy.union, now);
    } finally {
      this.linking.tell();
    }
    this.#keys.dropSeenBefore(now - SEEN_AGE);
  }

  /**
   * Seals `content` for the devices of a contact. The session states are stored before this
   * resolves, so the elements may be sent once, and any number of times the same.
   *
   * @throws SimppError `no-keys`, `keys-changed`, `no-common-suite`, `bundle-expired`, `bad-bundle`,
   *   `not-linked`, `too-large`; then nothing was sealed
   */
  async seal(
    to: string,
    content: readonly Element[],
    options: SealOptions = {},
  ): Promise<Sealed> {
    const envelope = { from: this.#jid, to, time: this.#now(), content };
    const plaintext = writeEnvelope(envelope, this.#random);
    // A lock a contact: one whose server is slow holds up nobody else.
    const first = await this.#lock.run(to, () => this.#sealFor(to, plaintext, options));
    const parts = [{ to, element: first.element }];
    const own = this.#jid;
    if (options.copy === true && to !== own && this.#hasOtherDevices()) {
      try {
        const allowed = this.#policyOfCopy(to);
        const copy = await this.#lock.run(own, () => this.#sealFor(own, plaintext, {}, allowed));
        parts.push({ to: own, element: copy.element });
      } catch (error) {
        logOf("simpp").warn("no copy for our other devices: {error}", { error });
      }
    }
    return { suite: first.suite, parts };
  }

  /**
   * Opens a sealed element that came from a bare JID. Null: it is not for this device, or an honest
   * duplicate. @throws OpenError, SimppError; no state has changed then
   */
  open(from: string, element: Element): Promise<Received | null> {
    return this.#lock.run(from, async () => {
      const sealed = readSealed(element);
      const packet = sealed.packets.get(this.device);
      if (packet === undefined || (from === this.#jid && sealed.from === this.device)) return null;
      const mark = sha256(framed(packet));
      if (this.#keys.wasSeen(mark)) return null;
      return await this.#openOne(from, sealed.from, packet, mark);
    });
  }

  /** The session in use with each device of a contact: suite, and whether both sides are proved. */
  sessions(jid: string): { device: string; suite: SuiteId; mutual: boolean }[] {
    return (this.trust.describe(jid)?.devices ?? []).flatMap((device) => {
      const session = this.#sessions.active(jid, device);
      if (session === undefined) return [];
      const suite = session.transcript.opening.suite.id;
      return [{ device, suite, mutual: session.phase === "mutual" }];
    });
  }

  /** Forgets everything about a contact: keys, sessions, what is allowed with them. */
  forget(jid: string): void {
    this.policy.set(jid, null);
    this.trust.forget(jid);
    this.drop(jid);
  }

  /** Drops pin and sessions, and no more: what an invitation named still counts. */
  drop(jid: string): void {
    this.#keys.forget(jid);
    this.#sessions.closeAll();
    this.#peers.forget(jid);
  }

  /** Fetches a contact's newest device list; called when the directory says it changed. */
  refresh(jid: string): Promise<void> {
    return this.#lock.run(jid, async () => {
      if (jid !== this.#jid) return await this.#peers.fetchList(jid, true);
      await this.linking.refresh();
    });
  }

  /** Suites for our own devices that are no weaker than what the contact's policy allows. */
  #policyOfCopy(to: string): SuiteId[] {
    const weakest = Math.max(...codesOf(this.policy.for(to)));
    return this.policy.for(this.#jid).filter((id) => suite(id).code <= weakest);
  }

  async #sealFor(
    to: string,
    plaintext: Bytes,
    options: SealOptions,
    allowed: readonly SuiteId[] = this.policy.for(to),
  ) {
    const self = this.#own.self(this.#jid, allowed);
    const { account, keys } = to === this.#jid
      ? { account: this.#own.account, keys: this.#own.devices.devices }
      : options.standing === true
      ? this.#peers.pinned(to)
      : await this.#peers.devices(to);
    const sessions = new Map<string, Session>();
    let refused: unknown;
    for (const device of keys) {
      const id = deviceIdOf(device);
      if (id === this.device || (options.device !== undefined && options.device !== id)) continue;
      try {
        const known = options.renew === true ? undefined : this.#active(to, id, self.offered);
        const stands = known !== undefined && known.phase !== "opened";
        if (options.standing === true && !stands) continue;
        const opened = () => this.#peers.open({ jid: to, account }, device, self, allowed);
        sessions.set(id, known ?? await opened());
      } catch (error) {
        refused = error;
      }
    }
    if (sessions.size === 0) {
      throw refused ?? new SimppError("no-keys", `${to} has no such device.`);
    }
    const packets = new Map<string, Bytes>();
    transaction(this.#db, () => {
      for (const [id, session] of sessions) {
        const sealed = sealPacket(session, self, plaintext, this.#random);
        this.#sessions.store(to, id, sealed.session, true);
        packets.set(id, sealed.packet);
      }
    });
    const suite = [...sessions.values()][0]!.transcript.opening.suite.id;
    return { element: writeSealed({ from: this.device, packets }), suite };
  }

  /** The session to send on; one in a suite that is not allowed any more is left. */
  #active(to: string, device: string, offered: readonly number[]): Session | undefined {
    const session = this.#sessions.active(to, device);
    const allowed = session !== undefined &&
      offered.includes(session.transcript.opening.suite.code);
    return allowed ? session : undefined;
  }

  async #openOne(
    from: string,
    device: string,
    packet: Bytes,
    mark: Bytes,
  ): Promise<Received> {
    const first = from !== this.#jid && this.trust.get(from) === undefined;
    const known = this.#sessions.of(from, device);
    const before = known.map(({ session }) => session);
    const opened = await this.#openPacket(from, device, before, packet);
    if (opened.devices !== null) this.#noteDevices(from, opened.devices.encoded);
    if (!this.#isListed(from, device)) {
      throw new SimppError("not-trusted", `A device that ${from} does not list wrote to you.`);
    }
    const to = from === this.#jid ? null : this.#jid;
    const envelope = readEnvelope(opened.content, { from, to });
    const { opening } = opened.session.transcript;
    const old = before.find((session) => nameOf(session) === nameOf(opened.session));
    transaction(this.#db, () => {
      this.#keys.markSeen(mark, this.#now());
      if (old === undefined) {
        this.#keys.markSeen(opening.session, this.#now());
        if (opening.oneTime !== 0) this.#own.prekeys.spend(opening.oneTime);
      }
      this.#sessions.received(from, device, known, opened.session);
    });
    if (old === undefined && opening.oneTime !== 0) {
      void this.#own.spent(this.#directory, opening.oneTime);
    }
    this.#announce(from, device, before, opened.session, old);
    return { from, device, suite: opening.suite.id, envelope, first };
  }

  async #openPacket(
    from: string,
    device: string,
    known: readonly Session[],
    packet: Bytes,
  ): Promise<Opened> {
    const parts = readPacket(packet);
    const self = this.#own.self(this.#jid, this.policy.for(from));
    try {
      const opening = parts.opening === null ? null : readOpening(parts.opening);
      const name = toHex(opening?.session ?? parts.session);
      const session = known.find((each) => nameOf(each).startsWith(name));
      if (session !== undefined) this.#requireAllowed(from, session, self.offered);
      if (session !== undefined) return openPacket(session, self, parts.message, this.#random);
      // Marked for as long as the prekey lives: a session that was dropped is never opened again.
      if (opening === null || this.#keys.wasSeen(opening.session)) throw new OpenError();
      const secrets = this.#own.prekeys.secretsFor(opening);
      const opened = await respond(self, from, opening, parts.message, secrets, this.#random);
      if (deviceIdOf(opened.session.transcript.initiator.device) !== device) throw new OpenError();
      return opened;
    } catch (error) {
      // Whether it was garbage or a state that one of us has lost cannot be told from here. What was
      // weakened on its way to us is asked for again too, over a session of our own.
      const again = error instanceof SimppError &&
        ["prekey-gone", "downgrade", "suite-not-allowed"].includes(error.code);
      if (again || error instanceof OpenError) {
        this.events.emit({ type: "lost", jid: from, device });
      }
      throw error;
    }
  }

  /** A session is not gone on with when its suite was taken out of the policy. */
  #requireAllowed(from: string, session: Session, offered: readonly number[]): void {
    const { suite } = session.transcript.opening;
    if (offered.includes(suite.code)) return;
    throw new SimppError(
      "suite-not-allowed",
      `${from} wrote with the encryption ${suite.id}, which you do not allow any more. It was not ` +
        "opened; they are asked to send it again with a better one.",
    );
  }

  #noteDevices(from: string, encoded: Bytes): void {
    if (from === this.#jid) return this.linking.heard(encoded);
    this.#peers.note(from, encoded, "message");
    this.trust.usable(from);
  }

  #isListed(from: string, device: string): boolean {
    if (from !== this.#jid) {
      this.trust.usable(from);
      return this.trust.isListed(from, device);
    }
    return this.#own.devices.devices.map(deviceIdOf).includes(device);
  }

  #hasOtherDevices(): boolean {
    return this.#own.devices.devices.some((device) => deviceIdOf(device) !== this.device);
  }

  #announce(
    jid: string,
    device: string,
    before: readonly Session[],
    session: Session,
    old: Session | undefined,
  ): void {
    if (old === undefined && before.length > 0) this.events.emit({ type: "renewed", jid, device });
    if (session.phase !== "mutual") {
      if (old === undefined) this.events.emit({ type: "answer", jid, device });
      return;
    }
    if (old?.phase === "mutual") return;
    this.events.emit({ type: "mutual", jid, device });
    if (session.role === "initiator") this.events.emit({ type: "answer", jid, device });
  }
}
