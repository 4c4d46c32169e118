import { type Emitter, logOf, SimppdError } from "../base/mod.ts";
import { findFfmpeg, listCameras } from "../capture/mod.ts";
import type { LoginProfileId } from "../crypto/mod.ts";
import { Simpp } from "../simpp/mod.ts";
import {
  compact,
  Contacts,
  Messages,
  Pictures as StoredPictures,
  type StateDirectory,
} from "../store/mod.ts";
import type {
  AppEvent,
  CallView,
  CameraOptions,
  CameraView,
  ContactView,
  InvitationView,
  MessageView,
  PictureView,
  SafetyView,
  StatusView,
  SuiteName,
} from "../views/mod.ts";
import { Account } from "./account.ts";
import type { AppApi, Picture } from "./api.ts";
import { Chats } from "./chats.ts";
import type { Connection } from "./connection.ts";
import { diagnose } from "./doctor.ts";
import { History } from "./history.ts";
import { greet, receiveInto } from "./inbox.ts";
import { OwnDevices } from "./own_devices.ts";
import { People } from "./people.ts";
import { PepDirectory } from "./pep_directory.ts";
import { Pictures } from "./pictures.ts";
import { PlainLink } from "./plain_link.ts";
import { SealedLink } from "./sealed_link.ts";
import { AppSettings } from "./settings.ts";
import { Typing } from "./typing.ts";
import { makeCalls } from "./make_calls.ts";
import type { Calls } from "../call/mod.ts";

const DEFAULT_CAMERA: CameraOptions = { camera: "test", size: "640x480", fps: 30 };
const MAX_PAGE = 500;

/** What {@link App.open} is told. */
export interface AppOptions {
  /** Path of the state directory; made when absent. */
  readonly state: string;
  readonly version?: string;
  /** Opens a state directory that has one; without it the daemon starts locked. */
  readonly passphrase?: string;
  /** Login profiles for accounts made from now on; `simpp-modern` alone when absent. */
  readonly loginProfiles?: readonly LoginProfileId[];
  /** IP addresses offered to the other side of a call; those of every interface when absent. */
  readonly callHosts?: readonly string[];
}

/** What the gate in front of it answers, locked or not. */
type GateApi =
  | "watch"
  | "unlock"
  | "lock"
  | "setPassphrase"
  | "removePassphrase"
  | "useKeyring"
  | "leaveKeyring"
  | "backup"
  | "restore";

/** One daemon on a state directory that is open: all it can be asked, composed of the rooms below. */
export class RunningApp implements Omit<AppApi, GateApi> {
  readonly events: Emitter<AppEvent>;
  readonly instance: string;
  readonly #version: string;
  readonly #state: StateDirectory;
  readonly #settings: AppSettings;
  readonly #simpp: Simpp;
  readonly #messages: Messages;
  readonly #link: SealedLink;
  readonly #plain: PlainLink;
  readonly #history: History;
  readonly #chats: Chats;
  readonly #people: People;
  readonly #pictures: Pictures;
  readonly #calls: Calls;
  readonly #account: Account;
  readonly #typing: Typing;
  readonly #devices: OwnDevices;
  #ffmpeg: StatusView["ffmpeg"] = { found: false, version: null, message: null };

  private constructor(
    state: StateDirectory,
    { version = "0", loginProfiles = ["simpp-modern"], callHosts }: AppOptions,
    events: Emitter<AppEvent>,
  ) {
    const settings = new AppSettings(state);
    this.events = events;
    this.#settings = settings;
    this.instance = settings.instance;
    this.#version = version;
    this.#state = state;
    this.#simpp = new Simpp({
      db: state.db,
      vault: state.vault,
      directory: new PepDirectory(() => this.#account.pep()),
    });
    for (const [jid, fingerprint] of Object.entries(settings.expected)) {
      this.#simpp.trust.expect(jid, fingerprint);
    }
    this.#messages = new Messages(state.db, state.vault);
    this.#link = new SealedLink(this.#simpp, (jid) => this.#people.isBlocked(jid));
    this.#people = new People({
      stored: new Contacts(state.db),
      messages: this.#messages,
      simpp: this.#simpp,
      changed: (data) => this.events.emit({ type: "contact", data }),
      removed: (jid) => this.events.emit({ type: "contact-removed", data: { jid } }),
      typing: (jid) => this.#typing.of(jid),
      picture: (jid) => this.#pictures.hash(jid),
    });
    this.#pictures = new Pictures(
      new StoredPictures(state.db, state.vault),
      this.#people,
      () => this.#account.jid,
      () => this.events.emit({ type: "status", data: this.status() }),
    );
    this.#plain = new PlainLink(this.#simpp, this.#people);
    this.#typing = new Typing(this.#link, this.#plain, (jid) => this.#people.touch(jid));
    this.#history = new History(settings, this.#plain);
    this.#chats = new Chats(this.#messages, this.#link, this.#plain, (message) => {
      this.events.emit({ type: "message", data: message });
      this.#people.touch(message.contact);
    });
    const jid = () => this.#account.jid;
    this.#devices = new OwnDevices(this.#simpp, this.#link, this.#people, jid);
    this.#simpp.linking.changed.on(() => this.#linked());
    this.#account = new Account({
      settings,
      state,
      simpp: this.#simpp,
      people: this.#people,
      chats: this.#chats,
      loginProfiles,
      attach: (connection) => this.#attach(connection),
      picture: () => this.#pictures.hash(this.#account.jid),
      looked: (jid) => {
        this.#plain.isAllowed(jid);
        this.#people.touch(jid);
      },
      changed: () => this.events.emit({ type: "status", data: this.status() }),
    });
    this.#calls = makeCalls({
      simpp: this.#simpp,
      link: this.#link,
      people: this.#people,
      chats: this.#chats,
      jid,
      events: this.events,
      ...(callHosts === undefined ? {} : { hosts: callHosts }),
    });
    this.#link.received.on((received) => {
      this.#typing.receive(received);
      this.#devices.receive(received);
    });
    for (const heard of [this.#plain.received, this.#plain.states]) {
      heard.on((received) => this.#typing.receive(received));
    }
    receiveInto({
      simpp: this.#simpp,
      link: this.#link,
      plain: this.#plain,
      people: this.#people,
      chats: this.#chats,
      calls: this.#calls,
      events: this.events,
      nick: () => this.#account.view()?.nick ?? "",
      firstProof: (jid) => settings.firstProof(jid),
      jid,
    });
  }

  /**
   * Starts what an open state directory holds: the carried server, the connection.
   * @param state stays its owner's: {@link close} does not close it
   */
  static async start(
    state: StateDirectory,
    options: AppOptions,
    events: Emitter<AppEvent>,
  ): Promise<RunningApp> {
    const app = new RunningApp(state, options, events);
    try {
      const ffmpeg = await findFfmpeg();
      app.#ffmpeg = "missing" in ffmpeg
        ? { found: false, version: null, message: ffmpeg.missing }
        : { found: true, version: ffmpeg.version, message: null };
      await app.#account.start();
      return app;
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  #attach({ client, roster, presence, pep }: Connection): void {
    this.#pictures.attach(client, pep);
    this.#history.attach(client);
    this.#people.attach(client, roster, presence);
    this.#link.attach(client);
    this.#plain.attach(client);
    this.#devices.attach(client);
  }

  /** Nothing was chosen here yet, and nothing is known. */
  get isFree(): boolean {
    return this.#account.isFree && this.#people.list().length === 0;
  }

  status(): StatusView {
    return {
      version: this.#version,
      instance: this.instance,
      locked: false,
      keeper: this.#state.key.keeper,
      account: this.#account.view(),
      state: this.#account.state,
      problem: this.#account.problem,
      login: this.#account.login,
      server: this.#account.server,
      policy: [...this.#simpp.policy.everybody],
      blindTrust: this.#simpp.policy.blindTrust,
      devices: this.#devices.view,
      ffmpeg: this.#ffmpeg,
    };
  }

  async carry(input: Parameters<AppApi["carry"]>[0]): Promise<StatusView> {
    await this.#account.carry(input);
    return this.status();
  }
  async join(input: Parameters<AppApi["join"]>[0]): Promise<StatusView> {
    await this.#account.join(input);
    return this.status();
  }
  async signIn(input: Parameters<AppApi["signIn"]>[0]): Promise<StatusView> {
    await this.#account.signIn(input);
    return this.status();
  }
  async setReach(reach: "this-machine" | "network"): Promise<StatusView> {
    await this.#account.setReach(reach);
    return this.status();
  }
  async setPassword(password: string): Promise<StatusView> {
    await this.#account.setPassword(password);
    return this.status();
  }
  invite(): Promise<InvitationView> {
    return this.#account.invite();
  }

  picture(jid: string): PictureView {
    return this.#pictures.view(jid);
  }
  async setPicture(data: string | null): Promise<StatusView> {
    await this.#pictures.set(data);
    return this.status();
  }

  contacts(): ContactView[] {
    return this.#people.list();
  }
  addContact(input: { jid: string; name?: string }): Promise<ContactView> {
    return this.#people.add(input.jid, input.name);
  }
  async changeContact(
    jid: string,
    change: Parameters<AppApi["changeContact"]>[1],
  ): Promise<ContactView> {
    if (change.plain !== undefined) await this.#plain.allow(jid, change.plain);
    if (change.name !== undefined) await this.#people.rename(jid, change.name);
    if (change.blocked !== undefined) {
      this.#people.block(jid, change.blocked);
      if (change.blocked) this.#endCallsWith(jid);
    }
    if (change.accept !== undefined) {
      const before = this.#people.get(jid);
      await this.#people.answer(jid, change.accept);
      if (!this.#people.has(jid)) return { ...before, subscription: "none" };
      if (change.accept) greet(this.#link, jid, this.#account.view()?.nick ?? "");
    }
    return this.#people.get(jid);
  }
  #endCallsWith(jid: string): void {
    const running = this.#calls.list().filter((call) => call.contact === jid);
    for (const { id, state } of running) if (state !== "ended") this.#calls.hangUp(id);
  }
  async removeContact(jid: string): Promise<void> {
    const { jid: known } = this.#people.get(jid);
    this.#endCallsWith(known);
    await this.#people.remove(known);
    this.#messages.forget(known);
    compact(this.#state.db);
  }
  async forgetContact(jid: string): Promise<void> {
    const { jid: known } = this.#people.get(jid);
    this.#endCallsWith(known);
    await this.#people.remove(known);
    const { [known]: _, ...expected } = this.#settings.expected;
    this.#settings.expected = expected;
    this.#settings.forgetProof(known);
    this.#simpp.forget(known);
    new StoredPictures(this.#state.db, this.#state.vault).remove(known);
    this.#messages.forget(known);
    compact(this.#state.db);
  }
  async forgetChat(jid: string): Promise<void> {
    const { jid: known } = await Promise.resolve(this.#people.get(jid));
    this.#messages.forget(known);
    this.events.emit({ type: "chat-forgotten", data: { jid: known } });
    this.#people.touch(known);
    compact(this.#state.db);
  }

  async safety(jid: string): Promise<SafetyView> {
    this.#people.get(jid);
    await this.#simpp.refresh(jid);
    return this.#simpp.trust.safety(jid);
  }
  verify(jid: string, by: { number: string } | { qr: string }): Promise<ContactView> {
    return this.#decide(jid, () => {
      if ("qr" in by) this.#simpp.trust.verifyQr(jid, by.qr);
      else this.#simpp.trust.verify(jid, by.number);
      this.#devices.tellVerified(jid);
    });
  }
  decideChange(jid: string, accept: boolean): Promise<ContactView> {
    return this.#decide(jid, () => this.#simpp.trust.decide(jid, accept));
  }

  messages(jid: string, page: { before?: number; limit?: number } = {}): MessageView[] {
    const limit = Math.min(Math.max(page.limit ?? 100, 1), MAX_PAGE);
    return this.#messages.page(this.#people.get(jid).jid, limit, page.before);
  }
  async sendMessage(jid: string, body: string): Promise<MessageView> {
    const contact = await Promise.resolve(this.#people.get(jid));
    if (contact.blocked) {
      throw new SimppdError("blocked", `${jid} is blocked; unblock them before you write.`);
    }
    return this.#chats.send(contact.jid, body);
  }
  async correctMessage(jid: string, id: string, body: string): Promise<MessageView> {
    return await Promise.resolve(this.#chats.correct(this.#people.get(jid).jid, id, body));
  }
  async setTyping(jid: string, typing: boolean): Promise<void> {
    const contact = await Promise.resolve(this.#people.get(jid));
    const plain = this.#plain.isAllowed(contact.jid);
    // Only where a session stands: nobody's keys are fetched because somebody types.
    if (!contact.blocked && contact.presence !== "offline" && (plain || contact.trust.mutual)) {
      this.#typing.tell(contact.jid, typing, plain);
    }
  }

  async setPolicy(jid: string | null, suites: SuiteName[] | null): Promise<StatusView> {
    const known = jid === null ? null : this.#people.get(jid).jid;
    this.#simpp.policy.set(known, suites);
    if (this.#account.state === "online") await this.#simpp.publish();
    if (known !== null) this.#people.touch(known);
    return this.#linked();
  }
  setBlindTrust(allowed: boolean): Promise<StatusView> {
    this.#simpp.policy.blindTrust = allowed;
    return Promise.resolve(this.#linked());
  }
  async approveDevice(id: string): Promise<StatusView> {
    await this.#simpp.linking.approve(id);
    return this.status();
  }
  async denyDevice(id: string): Promise<StatusView> {
    await Promise.resolve(this.#simpp.linking.deny(id));
    return this.status();
  }
  async confirmDevice(code: string): Promise<StatusView> {
    await Promise.resolve(this.#simpp.linking.confirm(code));
    return this.status();
  }
  async refuseDevice(): Promise<StatusView> {
    await Promise.resolve(this.#simpp.linking.refuse());
    return this.status();
  }
  async removeDevice(id: string): Promise<StatusView> {
    await this.#simpp.linking.remove(id);
    return this.status();
  }
  async startAnew(): Promise<StatusView> {
    await this.#simpp.linking.startAnew();
    return this.status();
  }

  /** Whether somebody looks: the server is told (XEP-0352). */
  setActive(active: boolean): void {
    this.#account.setActive(active);
  }

  async markRead(jid: string): Promise<void> {
    await Promise.resolve(this.#messages.markRead(this.#people.get(jid).jid));
    this.#people.touch(jid);
  }

  cameras(): Promise<CameraView[]> {
    return listCameras();
  }
  calls(): CallView[] {
    return this.#calls.list();
  }
  call(id: string): CallView {
    return this.#calls.get(id);
  }
  async startCall(jid: string, options: Partial<CameraOptions> = {}): Promise<CallView> {
    const contact = this.#people.get(jid);
    this.#account.requireOnline();
    if (contact.blocked) {
      throw new SimppdError("blocked", `${jid} is blocked; unblock them before you call.`);
    }
    return await this.#calls.start(contact.jid, { ...DEFAULT_CAMERA, ...options });
  }
  acceptCall(id: string, options: Partial<CameraOptions> = {}): Promise<CallView> {
    return this.#calls.accept(id, { ...DEFAULT_CAMERA, ...options });
  }
  async laterCall(id: string): Promise<CallView> {
    return await this.#calls.later(id);
  }
  async declineCall(id: string): Promise<CallView> {
    return await this.#calls.decline(id);
  }
  async hangUp(id: string): Promise<CallView> {
    return await this.#calls.hangUp(id);
  }
  async changeCall(id: string, options: Partial<CameraOptions>): Promise<CallView> {
    return await this.#calls.change(id, options);
  }
  pictures(id: string, side: "local" | "remote", signal: AbortSignal): AsyncIterable<Picture> {
    return this.#calls.pictures(id, side, signal);
  }
  latestPicture(id: string, side: "local" | "remote"): Picture | undefined {
    return this.#calls.latestPicture(id, side);
  }

  doctor(): ReturnType<AppApi["doctor"]> {
    return diagnose(this.status(), this.#state.path);
  }

  /** Ends calls, connection and server, in this order. */
  async close(): Promise<void> {
    for (const step of [() => this.#calls.close(), () => this.#account.close()]) {
      await step().catch((error) => logOf("app").error("closing: {error}", { error }));
    }
    this.#chats.close();
    this.#typing.close();
  }

  /** Something about our own keys changed: show it, and send what waited for it. */
  #linked(): StatusView {
    const data = this.status();
    this.events.emit({ type: "status", data });
    if (this.#devices.isNewlyReplaced()) {
      const message = "Somebody published other keys for your account. They are not taken over, " +
        "and nothing is sent from here until yours are back.";
      const told = { at: Date.now(), code: "keys-replaced", message, contact: null };
      this.events.emit({ type: "security", data: told });
    }
    void this.#chats.flush();
    return data;
  }

  async #decide(jid: string, decide: () => void): Promise<ContactView> {
    const { jid: known } = this.#people.get(jid);
    await Promise.resolve(decide());
    this.#people.touch(known);
    return this.#people.get(known);
  }
}
