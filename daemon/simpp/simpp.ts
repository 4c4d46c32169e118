import { type Bytes, Emitter, KeyedLock, logOf, toHex } from "../base/mod.ts";
import {
  framed,
  OpenError,
  type Random,
  sha256,
  strongestCommon,
  type SuiteId,
  systemRandom,
} from "../crypto/mod.ts";
import { type DatabaseSync, KeyMaterial, Settings, transaction, type Vault } from "../store/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import { readBundle } from "./bundle.ts";
import { readDeviceList } from "./device_list.ts";
import type { KeyDirectory } from "./directory.ts";
import { readSealed, writeSealed } from "./element.ts";
import { type Envelope, readEnvelope, writeEnvelope } from "./envelope.ts";
import { SimppError } from "./errors.ts";
import { readOpening } from "./handshake.ts";
import { deviceIdOf, fingerprintOf } from "./identity.ts";
import { OwnKeys } from "./own_keys.ts";
import {
  initiate,
  type Opened,
  openPacket,
  readPacket,
  respond,
  sealPacket,
  type Self,
  type Session,
} from "./session.ts";
import { restoreSession, storeSession } from "./session_state.ts";
import { TrustBook } from "./trust_book.ts";

/** Sessions kept for one device of a contact. */
const MAX_SESSIONS = 4;
/** How long a fetched device list is used before it is fetched again, in ms. */
const LIST_AGE = 10 * 60_000;
/** Marks of opened packets are kept as long as a prekey can open a repeated one. */
const SEEN_AGE = 38 * 86_400_000;

/** What happened to a contact's keys or sessions. */
export type SimppEvent =
  | { type: "mutual"; jid: string; device: string } // both sides have proved themselves
  | { type: "answer"; jid: string; device: string } // they must hear from us to complete the proof
  | { type: "changed"; jid: string } // keys changed: sending stopped until the person decides
  | { type: "unopened"; jid: string; code: string; message: string };

/** A sealed message that was opened. */
export interface Received {
  readonly from: string;
  readonly device: string;
  readonly suite: SuiteId;
  readonly envelope: Envelope;
}

/** What the end-to-end layer needs of the daemon it runs in. */
export interface SimppOptions {
  readonly db: DatabaseSync;
  readonly vault: Vault;
  readonly directory: KeyDirectory;
  /** Suites our policy allows. */
  readonly policy: readonly SuiteId[];
  readonly random?: Random;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The end-to-end layer of one account on this device: seals, opens, and remembers whom to trust. */
export class Simpp {
  readonly events = new Emitter<SimppEvent>();
  readonly trust: TrustBook;
  readonly device: string;
  readonly fingerprint: string;
  readonly #options: SimppOptions;
  readonly #keys: KeyMaterial;
  readonly #own: OwnKeys;
  readonly #random: Random;
  readonly #now: () => number;
  readonly #lock = new KeyedLock();
  readonly #listFetched = new Map<string, number>();
  #jid = "";

  constructor(options: SimppOptions) {
    this.#options = options;
    this.#random = options.random ?? systemRandom;
    this.#now = options.now ?? Date.now;
    this.#keys = new KeyMaterial(options.db, options.vault);
    const settings = new Settings(options.db, options.vault);
    this.#own = new OwnKeys(options.db, this.#keys, settings, this.#random);
    const { account, device } = this.#own.identity;
    this.device = deviceIdOf(device.public);
    this.fingerprint = fingerprintOf(account.public);
    this.trust = new TrustBook(this.#keys, () => ({ jid: this.#jid, account: account.public }));
  }

  /** Names the account this device speaks for (bare JID). */
  setAccount(jid: string): void {
    this.#jid = jid;
  }

  /** Publishes our device list and a fresh bundle; call after each login. */
  async publish(): Promise<void> {
    const now = this.#now();
    await this.#own.publish(this.#options.directory, this.device, this.#options.policy, now);
    this.#keys.dropSeenBefore(now - SEEN_AGE);
  }

  /**
   * Seals `content` for one device of a contact, or for all it has. The session states are stored
   * before this resolves, so the element may be sent once, and any number of times the same.
   *
   * @throws SimppError `no-keys`, `keys-changed`, `no-common-suite`, `bundle-expired`, `bad-bundle`,
   *   `too-large`; then nothing was sealed
   */
  seal(
    to: string,
    content: readonly Element[],
    only?: string,
  ): Promise<{ element: Element; suite: SuiteId }> {
    return this.#lock.run(to, async () => {
      const plaintext = writeEnvelope(
        { from: this.#jid, to, time: this.#now(), content },
        this.#random,
      );
      const devices = await this.#devicesOf(to, only);
      const sessions = new Map<string, Session>();
      let refused: unknown;
      for (const device of devices.keys) {
        try {
          const id = deviceIdOf(device);
          sessions.set(
            id,
            this.#active(to, id) ?? await this.#initiate(to, devices.account, device),
          );
        } catch (error) {
          refused = error;
        }
      }
      if (sessions.size === 0) {
        throw refused ?? new SimppError("no-keys", `${to} has no such device.`);
      }
      return this.#sealFor(to, sessions, plaintext);
    });
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
      const before = this.#sessionsOf(from, sealed.from);
      const opened = await this.#openPacket(from, sealed.from, before, packet);
      if (opened === null) return null;
      if (opened.devices !== null) this.#noteList(from, opened.devices.encoded, "message");
      this.trust.usable(from);
      if (!this.trust.isListed(from, sealed.from)) {
        throw new SimppError("not-trusted", `A device that ${from} does not list wrote to you.`);
      }
      const envelope = readEnvelope(opened.content, { from, to: this.#jid });
      transaction(this.#options.db, () => {
        this.#keys.markSeen(mark, this.#now());
        this.#put(from, sealed.from, opened.session, before);
      });
      this.#announce(from, sealed.from, before, opened.session);
      const suite = opened.session.transcript.opening.suite.id;
      return { from, device: sealed.from, suite, envelope };
    });
  }

  /** The session in use with each device of a contact: suite, and whether both sides are proved. */
  sessions(jid: string): { device: string; suite: SuiteId; mutual: boolean }[] {
    return (this.trust.describe(jid)?.devices ?? []).flatMap((device) => {
      const session = this.#active(jid, device);
      if (session === undefined) return [];
      const suite = session.transcript.opening.suite.id;
      return [{ device, suite, mutual: session.phase === "mutual" }];
    });
  }

  /** Fetches a contact's newest device list; called when the directory says it changed. */
  refresh(jid: string): Promise<void> {
    this.#listFetched.delete(jid);
    return this.#lock.run(jid, () => this.#fetchList(jid));
  }

  async #devicesOf(to: string, only?: string): Promise<{ account: Bytes; keys: Bytes[] }> {
    this.trust.usable(to);
    await this.#fetchList(to);
    const usable = this.trust.usable(to);
    if (usable === undefined) {
      throw new SimppError(
        "no-keys",
        `${to} has published no keys yet, so nothing can be sealed for them. They must have started ` +
          "simppd once with this account.",
      );
    }
    const keys = usable.devices.devices.filter((key) =>
      only === undefined || deviceIdOf(key) === only
    );
    return { account: usable.trust.account, keys };
  }

  async #fetchList(jid: string): Promise<void> {
    const fetched = this.#listFetched.get(jid);
    if (fetched !== undefined && this.#now() - fetched < LIST_AGE) return;
    let encoded: Bytes | undefined;
    try {
      encoded = await this.#options.directory.fetchDevices(jid);
    } catch (error) {
      if (this.trust.get(jid) === undefined) throw error;
      logOf("simpp").warn("device list of {jid} not fetched: {error}", { jid, error });
    }
    if (encoded === undefined) return;
    this.#noteList(jid, encoded, "directory");
    this.#listFetched.set(jid, this.#now());
  }

  #noteList(jid: string, encoded: Bytes, source: "directory" | "message"): void {
    if (this.trust.note(jid, readDeviceList(encoded), source)) {
      this.events.emit({ type: "changed", jid });
    }
  }

  async #initiate(to: string, account: Bytes, device: Bytes): Promise<Session> {
    const id = deviceIdOf(device);
    const encoded = await this.#options.directory.fetchBundle(to, id);
    if (encoded === undefined) {
      throw new SimppError("no-keys", `A device of ${to} has published no keys yet.`);
    }
    const bundle = readBundle(encoded, device, Math.floor(this.#now() / 1000));
    if (bundle.counter < this.#keys.bundleCounter(id)) {
      throw new SimppError(
        "bundle-old",
        `The server gave old keys of ${to}; nothing was sent. Try again, and tell who runs it.`,
      );
    }
    const suite = strongestCommon(this.#options.policy, bundle.suites);
    if (suite === undefined) {
      throw new SimppError(
        "no-common-suite",
        `You and ${to} allow no encryption in common; one of you must allow more in the settings.`,
      );
    }
    const self = this.#self();
    const session = await initiate(suite, self, { jid: to, account }, bundle, this.#random);
    this.#keys.setBundleCounter(id, bundle.counter);
    return session;
  }

  #sealFor(to: string, sessions: Map<string, Session>, plaintext: Bytes) {
    const self = this.#self();
    const packets = new Map<string, Bytes>();
    transaction(this.#options.db, () => {
      for (const [id, session] of sessions) {
        const sealed = sealPacket(session, self, plaintext);
        this.#store(to, id, sealed.session, true);
        packets.set(id, sealed.packet);
      }
    });
    const suite = [...sessions.values()][0]!.transcript.opening.suite.id;
    return { element: writeSealed({ from: this.device, packets }), suite };
  }

  async #openPacket(
    from: string,
    device: string,
    known: readonly Session[],
    packet: Bytes,
  ): Promise<Opened | null> {
    const parts = readPacket(packet);
    const self = this.#self();
    if (parts.kind === "message") {
      const name = toHex(parts.session);
      const session = known.find((s) => toHex(s.transcript.opening.session).startsWith(name));
      if (session === undefined) throw new OpenError();
      return openPacket(session, self, parts.message, false, this.#random);
    }
    const opening = readOpening(parts.opening);
    const name = toHex(opening.session);
    const session = known.find((s) => toHex(s.transcript.opening.session) === name);
    if (session !== undefined) {
      return openPacket(session, self, parts.message, true, this.#random);
    }
    const secrets = this.#own.prekeys.secretsFor(opening);
    const opened = await respond(self, from, opening, parts.message, secrets, this.#random);
    if (deviceIdOf(opened.session.transcript.initiator.device) !== device) throw new OpenError();
    // Stays for as long as the prekey lives: a session that was dropped is never opened again.
    if (this.#keys.wasSeen(opening.session)) return null;
    return opened;
  }

  #put(jid: string, device: string, session: Session, before: readonly Session[]): void {
    const name = toHex(session.transcript.opening.session);
    const known = before.some((s) => toHex(s.transcript.opening.session) === name);
    if (!known) this.#keys.markSeen(session.transcript.opening.session, this.#now());
    const current = this.#active(jid, device);
    const isCurrent = current !== undefined &&
      toHex(current.transcript.opening.session) === name;
    // Both opened at once: the lower name wins on both sides. Otherwise a new opening supersedes.
    const crossed = current?.role === "initiator" && current.phase === "opened";
    const wins = isCurrent ||
      (!known && (!crossed || name < toHex(current.transcript.opening.session)));
    this.#store(jid, device, session, wins || current === undefined);
  }

  #announce(jid: string, device: string, before: readonly Session[], session: Session): void {
    const name = toHex(session.transcript.opening.session);
    const old = before.find((s) => toHex(s.transcript.opening.session) === name);
    if (session.phase !== "mutual") {
      if (old === undefined) this.events.emit({ type: "answer", jid, device });
      return;
    }
    if (old?.phase === "mutual") return;
    this.events.emit({ type: "mutual", jid, device });
    if (session.role === "initiator") this.events.emit({ type: "answer", jid, device });
  }

  #store(jid: string, device: string, session: Session, active: boolean): void {
    const stored = {
      session: toHex(session.transcript.opening.session),
      jid,
      device,
      active,
      state: storeSession(session),
    };
    this.#keys.putSession(stored, this.#now(), MAX_SESSIONS);
  }

  #sessionsOf(jid: string, device: string): Session[] {
    return this.#keys.sessions(jid, device).map(({ state }) => restoreSession(state));
  }

  #active(jid: string, device: string): Session | undefined {
    const found = this.#keys.sessions(jid, device).find(({ active }) => active);
    return found === undefined ? undefined : restoreSession(found.state);
  }

  #self(): Self {
    return this.#own.self(this.#jid, this.#options.policy);
  }
}
