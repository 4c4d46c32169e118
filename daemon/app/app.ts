import { type Emitter, logOf, SimppdError } from "../base/mod.ts";
import { findFfmpeg, listCameras } from "../capture/mod.ts";
import type { LoginProfileId } from "../crypto/mod.ts";
import type { IceServer } from "../p2p/mod.ts";
import { compact, Pictures as StoredPictures, type StateDirectory } from "../store/mod.ts";
import type {
  AppEvent,
  ArchiveView,
  CallRoute,
  CallView,
  CameraOptions,
  CameraView,
  ContactView,
  DisplayItemView,
  DisplayPolicyView,
  DisplaysView,
  InvitationView,
  MessageView,
  OpenInvitationView,
  PictureView,
  SafetyView,
  StatusView,
  SuiteName,
} from "../views/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import type { AppApi, Picture } from "./api.ts";
import { ExternalViewer } from "./display/external_viewer.ts";
import type { DisplaySource } from "./display/source.ts";
import { diagnose } from "./doctor.ts";
import { compose, type Parts } from "./compose.ts";
import { FileApi } from "./file_api.ts";
import type { AppFiles } from "./files/files.ts";
import type { AppGroups } from "./groups.ts";
import { greet } from "./inbox.ts";
import { keysReplaced } from "./own_devices.ts";
import type { AppRooms } from "./rooms.ts";

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
  /** STUN and TURN servers for calls, besides those the account's server names. */
  readonly callServers?: readonly IceServer[];
  /** A program that files shown here are handed to besides the dashboard. */
  readonly displayCommand?: string;
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
export class RunningApp extends FileApi implements Omit<AppApi, GateApi> {
  readonly events: Emitter<AppEvent>;
  readonly instance: string;
  protected override readonly ofRooms: AppRooms;
  protected override readonly ofGroups: AppGroups;
  protected override readonly ofFiles: AppFiles;
  readonly #version: string;
  readonly #state: StateDirectory;
  readonly #parts: Parts;
  #ffmpeg: StatusView["ffmpeg"] = { found: false, version: null, message: null };

  private constructor(
    state: StateDirectory,
    { version = "0", loginProfiles = ["simpp-modern"], callHosts, callServers }: AppOptions,
    events: Emitter<AppEvent>,
    viewer: ExternalViewer | undefined,
  ) {
    super();
    this.events = events;
    this.#version = version;
    this.#state = state;
    this.#parts = compose({
      state,
      events,
      viewer,
      loginProfiles,
      ...(callHosts === undefined ? {} : { callHosts }),
      ...(callServers === undefined ? {} : { callServers }),
      changed: () => events.emit({ type: "status", data: this.status() }),
      linked: () => this.#linked(),
    });
    this.instance = this.#parts.settings.instance;
    this.ofRooms = this.#parts.rooms;
    this.ofGroups = this.#parts.groups;
    this.ofFiles = this.#parts.files;
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
    const { displayCommand } = options;
    const viewer = displayCommand === undefined
      ? undefined
      : await ExternalViewer.make(displayCommand, () => state.makeScratch());
    const app = new RunningApp(state, options, events, viewer);
    try {
      const ffmpeg = await findFfmpeg();
      app.#ffmpeg = "missing" in ffmpeg
        ? { found: false, version: null, message: ffmpeg.missing }
        : { found: true, version: ffmpeg.version, message: null };
      await app.#parts.account.start();
      return app;
    } catch (error) {
      await app.close();
      throw error;
    }
  }

  /** Nothing was chosen here yet, and nothing is known. */
  get isFree(): boolean {
    return this.#parts.account.isFree && this.#parts.people.list().length === 0;
  }

  status(): StatusView {
    // An account that is being tried has no view: until it worked there is none.
    const settled = this.#parts.account.isSettled;
    return {
      version: this.#version,
      instance: this.instance,
      locked: false,
      keeper: this.#state.key.keeper,
      account: settled ? this.#parts.account.view() : null,
      state: settled ? this.#parts.account.state : "none",
      problem: settled ? this.#parts.account.problem : null,
      login: settled ? this.#parts.account.login : null,
      server: settled ? this.#parts.account.server : null,
      policy: [...this.#parts.simpp.policy.everybody],
      blindTrust: this.#parts.simpp.policy.blindTrust,
      tellSeen: this.#parts.settings.tellSeen,
      calls: this.#parts.settings.calls,
      relay: this.#parts.callServers.relay,
      devices: this.#parts.devices.view,
      ffmpeg: this.#ffmpeg,
    };
  }

  async carry(input: Parameters<AppApi["carry"]>[0]): Promise<StatusView> {
    await this.#parts.account.carry(input);
    return this.status();
  }
  async join(input: Parameters<AppApi["join"]>[0]): Promise<StatusView> {
    await this.#parts.account.join(input);
    return this.status();
  }
  async signIn(input: Parameters<AppApi["signIn"]>[0]): Promise<StatusView> {
    await this.#parts.account.signIn(input);
    return this.status();
  }
  async setReach(reach: "this-machine" | "network", address?: string): Promise<StatusView> {
    await this.#parts.account.setReach(reach, address);
    return this.status();
  }
  async setPassword(password: string): Promise<StatusView> {
    await this.#parts.account.setPassword(password);
    return this.status();
  }
  invite(note?: string): Promise<InvitationView> {
    return this.#parts.account.invite(note);
  }
  invitations(): Promise<OpenInvitationView[]> {
    return this.#parts.account.invitations();
  }
  revokeInvitation(id: string): Promise<void> {
    return this.#parts.account.revokeInvitation(id);
  }

  picture(jid: string): PictureView {
    return this.#parts.pictures.view(jid);
  }
  async setPicture(data: string | null): Promise<StatusView> {
    await this.#parts.pictures.set(data);
    return this.status();
  }

  contacts(): ContactView[] {
    return this.#parts.people.list();
  }
  async addContact(input: { jid: string; name?: string }): Promise<ContactView> {
    if (this.ofRooms.known.has(input.jid)) {
      throw new SimppdError("bad-jid", `${input.jid} is one of your rooms, and no person.`);
    }
    return await this.#parts.people.add(input.jid, input.name);
  }
  async changeContact(
    jid: string,
    change: Parameters<AppApi["changeContact"]>[1],
  ): Promise<ContactView> {
    if (change.plain !== undefined) await this.#parts.plain.allow(jid, change.plain);
    if (change.name !== undefined) await this.#parts.people.rename(jid, change.name);
    if (change.blocked !== undefined) {
      this.#parts.people.block(jid, change.blocked);
      if (change.blocked) this.#endCallsWith(jid);
    }
    if (change.accept !== undefined) {
      const before = this.#parts.people.get(jid);
      await this.#parts.people.answer(jid, change.accept);
      if (!this.#parts.people.has(jid)) return { ...before, subscription: "none" };
      if (change.accept) greet(this.#parts.link, jid, this.#parts.account.view()?.nick ?? "");
    }
    return this.#parts.people.get(jid);
  }
  #endCallsWith(jid: string): void {
    const running = this.#parts.calls.list().filter((call) => call.contact === jid);
    for (const { id, state } of running) if (state !== "ended") this.#parts.calls.hangUp(id);
  }
  async removeContact(jid: string): Promise<void> {
    const { jid: known } = this.#parts.people.get(jid);
    this.#endCallsWith(known);
    await this.#parts.people.remove(known);
  }
  /** Chats and keys of who was removed stay, and can still be deleted. */
  #remembered(jid: string): string {
    const text = Jid.parse(jid).bare().toString();
    const { messages, people, simpp } = this.#parts;
    const stays = messages.page(text, 1).length > 0 || simpp.trust.describe(text) !== undefined;
    return stays ? text : people.get(text).jid;
  }
  async forgetContact(jid: string): Promise<void> {
    const known = this.#remembered(jid);
    this.#endCallsWith(known);
    if (this.#parts.people.has(known)) await this.#parts.people.remove(known);
    this.#parts.settings.forget(known);
    this.#parts.simpp.forget(known);
    new StoredPictures(this.#state.db, this.#state.vault).remove(known);
    await this.#parts.files.forgetOf(known);
    this.#parts.messages.forget(known);
    compact(this.#state.db);
  }
  async forgetChat(jid: string): Promise<void> {
    const known = this.#remembered(jid);
    await this.#parts.files.forgetOf(known);
    this.#parts.messages.forget(known);
    this.events.emit({ type: "chat-forgotten", data: { jid: known } });
    this.#parts.people.touch(known);
    compact(this.#state.db);
  }

  async safety(jid: string): Promise<SafetyView> {
    this.#parts.people.get(jid);
    await this.#parts.simpp.refresh(jid);
    return this.#parts.simpp.trust.safety(jid);
  }
  verify(jid: string, by: { number: string } | { qr: string }): Promise<ContactView> {
    return this.#decide(jid, () => {
      const { jid: known, name, trust } = this.#parts.people.get(jid);
      if ("qr" in by) this.#parts.simpp.trust.verifyQr(jid, by.qr);
      else this.#parts.simpp.trust.verify(jid, by.number);
      this.#parts.devices.tellVerified(jid);
      if (trust.state === "verified") return;
      this.#parts.chats.line(
        known,
        "notice",
        `You compared the safety number with ${name}: the same.`,
      );
    });
  }
  decideChange(jid: string, accept: boolean): Promise<ContactView> {
    return this.#decide(jid, () => {
      if (!accept) this.#parts.settings.refuse(jid, this.#parts.simpp.trust.describe(jid)?.offered);
      this.#parts.simpp.trust.decide(jid, accept);
    });
  }

  messages(jid: string, page: { before?: number; limit?: number } = {}): MessageView[] {
    const limit = Math.min(Math.max(page.limit ?? 100, 1), MAX_PAGE);
    return this.#parts.messages.page(this.#parts.people.get(jid).jid, limit, page.before);
  }
  async sendMessage(jid: string, body: string): Promise<MessageView> {
    const contact = await Promise.resolve(this.#parts.people.get(jid));
    if (contact.blocked) {
      throw new SimppdError("blocked", `${jid} is blocked; unblock them before you write.`);
    }
    return this.#parts.chats.send(contact.jid, body);
  }
  async correctMessage(jid: string, id: string, body: string): Promise<MessageView> {
    return await Promise.resolve(
      this.#parts.chats.correct(this.#parts.people.get(jid).jid, id, body),
    );
  }
  async setTyping(jid: string, typing: boolean): Promise<void> {
    const contact = await Promise.resolve(this.#parts.people.get(jid));
    const plain = this.#parts.plain.isAllowed(contact.jid);
    // Only where a session stands: nobody's keys are fetched because somebody types.
    if (!contact.blocked && contact.presence !== "offline" && (plain || contact.trust.mutual)) {
      this.#parts.typing.tell(contact.jid, typing, plain);
    }
  }

  async setPolicy(jid: string | null, suites: SuiteName[] | null): Promise<StatusView> {
    const known = jid === null ? null : this.#parts.people.get(jid).jid;
    this.#parts.simpp.policy.set(known, suites);
    if (this.#parts.account.state === "online") await this.#parts.simpp.publish();
    if (known !== null) this.#parts.people.touch(known);
    return this.#linked();
  }
  setBlindTrust(allowed: boolean): Promise<StatusView> {
    this.#parts.simpp.policy.blindTrust = allowed;
    return Promise.resolve(this.#linked());
  }
  async setTellSeen(told: boolean): Promise<StatusView> {
    this.#parts.settings.tellSeen = await Promise.resolve(told);
    const status = this.status();
    this.events.emit({ type: "status", data: status });
    return status;
  }
  async setCallRoute(route: CallRoute): Promise<StatusView> {
    this.#parts.settings.calls = route;
    // Set either way: that no call goes is safer than that one shows the address.
    await this.#needRelay().catch((error) => logOf("app").info("calls: {error}", { error }));
    const status = this.status();
    this.events.emit({ type: "status", data: status });
    return status;
  }
  async #needRelay(): Promise<void> {
    if (this.#parts.settings.calls === "relay-only") await this.#parts.callServers.needRelay();
  }
  async approveDevice(id: string): Promise<StatusView> {
    await this.#parts.simpp.linking.approve(id);
    return this.status();
  }
  async denyDevice(id: string): Promise<StatusView> {
    await Promise.resolve(this.#parts.devices.deny(id));
    return this.status();
  }
  async confirmDevice(code: string): Promise<StatusView> {
    await Promise.resolve(this.#parts.simpp.linking.confirm(code));
    return this.status();
  }
  async refuseDevice(): Promise<StatusView> {
    await Promise.resolve(this.#parts.simpp.linking.refuse());
    return this.status();
  }
  async removeDevice(id: string): Promise<StatusView> {
    await this.#parts.simpp.linking.remove(id);
    return this.status();
  }
  askAgain(): Promise<StatusView> {
    this.#parts.devices.askAgain();
    return Promise.resolve(this.#linked());
  }
  async startAnew(): Promise<StatusView> {
    this.#parts.account.requireOnline();
    await this.#parts.simpp.linking.startAnew();
    await this.#parts.simpp.publish();
    return this.#linked();
  }

  archive(): Promise<ArchiveView> {
    return this.#parts.archive.get();
  }
  setArchive(wanted: ArchiveView): Promise<ArchiveView> {
    return this.#parts.archive.set(wanted);
  }

  /** Whether somebody looks: the server is told (XEP-0352). */
  setActive(active: boolean): void {
    this.#parts.account.setActive(active);
  }

  async markRead(jid: string): Promise<void> {
    await Promise.resolve(this.#parts.messages.markRead(this.#parts.people.get(jid).jid));
    this.#parts.people.touch(jid);
    this.#parts.markers.read(jid);
  }

  cameras(): Promise<CameraView[]> {
    return listCameras();
  }
  calls(): CallView[] {
    return this.#parts.calls.list();
  }
  call(id: string): CallView {
    return this.#parts.calls.get(id);
  }
  async startCall(jid: string, options: Partial<CameraOptions> = {}): Promise<CallView> {
    const contact = this.#parts.people.get(jid);
    this.#parts.account.requireOnline();
    if (contact.blocked) {
      throw new SimppdError("blocked", `${jid} is blocked; unblock them before you call.`);
    }
    await this.#needRelay();
    return await this.#parts.calls.start(contact.jid, { ...DEFAULT_CAMERA, ...options });
  }
  async acceptCall(id: string, options: Partial<CameraOptions> = {}): Promise<CallView> {
    await this.#needRelay();
    return await this.#parts.calls.accept(id, { ...DEFAULT_CAMERA, ...options });
  }
  async laterCall(id: string): Promise<CallView> {
    return await this.#parts.calls.later(id);
  }
  async declineCall(id: string): Promise<CallView> {
    return await this.#parts.calls.decline(id);
  }
  async hangUp(id: string): Promise<CallView> {
    return await this.#parts.calls.hangUp(id);
  }
  async changeCall(id: string, options: Partial<CameraOptions>): Promise<CallView> {
    return await this.#parts.calls.change(id, options);
  }
  pictures(id: string, side: "local" | "remote", signal: AbortSignal): AsyncIterable<Picture> {
    return this.#parts.calls.pictures(id, side, signal);
  }
  latestPicture(id: string, side: "local" | "remote"): Picture | undefined {
    return this.#parts.calls.latestPicture(id, side);
  }

  displays(): DisplaysView {
    return this.#parts.displays.view();
  }
  presentFile(input: Parameters<AppApi["presentFile"]>[0]): Promise<DisplayItemView> {
    return this.#parts.presenting.present(input);
  }
  clearPresented(place: string | null): Promise<DisplaysView> {
    return this.#parts.presenting.clear(place);
  }
  showDisplay(id: string): DisplaysView {
    return this.#parts.displays.show(id);
  }
  dismissDisplay(id: string | null): DisplaysView {
    return this.#parts.displays.dismiss(id);
  }
  forgetDisplays(): DisplaysView {
    return this.#parts.displays.forgetHistory();
  }
  setDisplayPolicy(place: string | null, policy: DisplayPolicyView | null): DisplaysView {
    const known = policy === null ? place : this.ofFiles.place(place);
    return this.#parts.displays.setPolicy(known, policy);
  }
  displaySource(id: string): Promise<DisplaySource> {
    return this.#parts.displays.open(id);
  }

  doctor(): ReturnType<AppApi["doctor"]> {
    return diagnose(this.status(), this.#state.path);
  }

  /** Ends calls, connection and server, in this order. */
  async close(): Promise<void> {
    const { calls, account, closeFiles } = this.#parts;
    for (const step of [() => calls.close(), closeFiles, () => account.close()]) {
      await step().catch((error) => logOf("app").error("closing: {error}", { error }));
    }
    this.#parts.chats.close();
    this.ofGroups.close();
    this.ofRooms.close();
    this.#parts.typing.close();
    await this.#parts.displays.close();
  }

  protected override compact(): void {
    compact(this.#state.db);
  }

  /** Something about our own keys changed: show it, and send what waited for it. */
  #linked(): StatusView {
    const data = this.status();
    this.events.emit({ type: "status", data });
    if (this.#parts.devices.isNewlyReplaced()) {
      this.events.emit({ type: "security", data: keysReplaced() });
    }
    void this.#parts.chats.flush();
    return data;
  }

  async #decide(jid: string, decide: () => void): Promise<ContactView> {
    const { jid: known } = this.#parts.people.get(jid);
    try {
      await Promise.resolve(decide());
    } finally {
      this.#parts.people.touch(known); // a code that names other keys is refused, and changes something
    }
    return this.#parts.people.get(known);
  }
}
