import {
  type AppApi,
  DisplayMemory,
  Displays,
  memorySource,
  type Picture,
  Presenting,
} from "../daemon/app/mod.ts";
import { Broadcast, Emitter, SimppdError } from "../daemon/base/mod.ts";
import type {
  AppEvent,
  ArchiveView,
  CallView,
  ContactView,
  GroupSuite,
  GroupView,
  MessageView,
  OpenInvitationView,
  RoomView,
  StatusView,
} from "../daemon/views/mod.ts";
import { FAKE_GROUP, fakeRoomMessage } from "./fake_group.ts";
import { FAKE_FILE, FAKE_LIMITS } from "./fake_file.ts";

/** The smallest JPEG-shaped bytes of `size` bytes; `fill` tells pictures apart. */
export function fakePicture(sequence: number, size = 64): Picture {
  const data = new Uint8Array(size).fill(sequence & 0xff);
  data.set([0xff, 0xd8], 0);
  data.set([0xff, 0xd9], size - 2);
  return { data, sequence, capturedAt: sequence };
}

function fakeMessage(contact: string, id: string, body: string): MessageView {
  return {
    id,
    contact,
    mine: true,
    at: 1,
    kind: "chat",
    body,
    link: null,
    delivery: "pending",
    problem: null,
    edited: false,
    suite: null,
  };
}

/** Values that are forgotten with the test. */
function inMemory(): DisplayMemory {
  const values = new Map<string, unknown>();
  return new DisplayMemory({
    get: <T>(name: string) => values.get(name) as T | undefined,
    set: (name, value) => void values.set(name, structuredClone(value)),
  });
}
const FAKE_INVITATION = "xmpp:alice@fake.example?roster;preauth=AAAAAAAAAAAAAAAAAAAAAA;ibr=y;" +
  `hosts=127.0.0.1:5223;pin=${"A".repeat(43)};account=none`;
/**
 * An AppApi without a network behind it, for tests of the door and the command line: one contact
 * `bob@fake.example`, one ringing call `call-1`, messages that are sent and delivered at once.
 */
export class FakeApp implements AppApi {
  readonly instance = "fake1234";
  readonly events: Emitter<AppEvent> = new Emitter<AppEvent>();
  readonly remote: Broadcast<Picture> = new Broadcast<Picture>();
  readonly local: Broadcast<Picture> = new Broadcast<Picture>();
  /** Every call of a method that changes something: its name and arguments. */
  readonly asked: [string, ...unknown[]][] = [];
  contact: ContactView = {
    jid: "bob@fake.example",
    name: "Bob",
    subscription: "both",
    presence: "online",
    status: "",
    picture: null,
    blocked: false,
    plain: false,
    unread: 0,
    typing: false,
    problem: null,
    trust: {
      state: "first-use",
      doubt: null,
      fingerprint: null,
      suite: null,
      policy: ["simpp-pq", "simpp-modern"],
      ownPolicy: false,
      mutual: false,
      devices: [],
    },
    last: null,
  };
  kept: ArchiveView = { default: "always", always: [], never: ["eve@x.example"] };
  room: RoomView = {
    jid: "den@rooms.fake.example",
    name: "Den",
    server: "rooms.fake.example",
    encryption: "none",
    state: "in",
    problem: null,
    invitation: null,
    nick: "Alice",
    affiliation: "owner",
    role: "moderator",
    subject: "",
    nonAnonymous: true,
    occupants: 2,
    typing: [],
    unread: 0,
    mentions: 0,
    last: null,
  };
  ring: CallView = {
    id: "call-1",
    contact: "bob@fake.example",
    name: "Bob",
    direction: "in",
    inviter: "bob@fake.example",
    invitee: "alice@fake.example",
    state: "ringing",
    reason: null,
    detail: null,
    startedAt: 1,
    activeAt: null,
    endedAt: null,
    options: { camera: "test", size: "640x480", fps: 30 },
    camera: { name: "test", state: "off", problem: null },
    remoteCamera: null,
    info: null,
  };
  closed = false;
  /** What is shown: the real thing, kept in memory. */
  /** What the stage tells goes on to all; it hears itself alone. */
  readonly #staged = new Emitter<AppEvent>();
  readonly stage: Displays = new Displays({ memory: inMemory(), events: this.#staged });

  constructor() {
    this.#staged.on((event) => this.events.emit(event));
  }
  /** What stands in the status in the place of what is made up. */
  change: Partial<StatusView> = {};

  status(): ReturnType<AppApi["status"]> {
    return {
      version: "0.0.0",
      instance: this.instance,
      locked: false,
      keeper: "file",
      account: {
        jid: "alice@fake.example",
        nick: "Alice",
        picture: null,
        device: "0",
        fingerprint: "0",
        hosts: [],
        pin: null,
        keyed: true,
      },
      state: "online",
      problem: null,
      login: { mechanism: "SIMPP-1", mutual: true, profile: "simpp-modern" },
      server: null,
      policy: ["simpp-pq", "simpp-modern"],
      blindTrust: true,
      tellSeen: false,
      calls: "any",
      relay: null,
      devices: {
        state: "own",
        absence: null,
        code: "",
        confirmation: "none",
        devices: [{ id: "0", here: true }],
        requests: [],
      },
      ffmpeg: { found: true, version: "5.1", message: null },
      ...this.change,
    };
  }
  #done<T>(answer: T, name: string, ...rest: unknown[]): Promise<T> {
    this.asked.push([name, ...rest]);
    return Promise.resolve(answer);
  }
  unlock: AppApi["unlock"] = (input) => this.#done(this.status(), "unlock", input);
  lock: AppApi["lock"] = () => this.#done(this.status(), "lock");
  setPassphrase: AppApi["setPassphrase"] = (input) =>
    this.#done(this.status(), "setPassphrase", input);
  removePassphrase: AppApi["removePassphrase"] = (input) =>
    this.#done(this.status(), "removePassphrase", input);
  useKeyring: AppApi["useKeyring"] = (input) => this.#done(this.status(), "useKeyring", input);
  leaveKeyring: AppApi["leaveKeyring"] = () => this.#done(this.status(), "leaveKeyring");
  backup: AppApi["backup"] = (input) =>
    this.#done(new Blob(["a sealed file"]).stream(), "backup", input);
  async restore({ file, ...input }: Parameters<AppApi["restore"]>[0]): Promise<StatusView> {
    const { length } = await new Response(file).text();
    return this.#done(this.status(), "restore", { ...input, length });
  }
  carry: AppApi["carry"] = (input) => this.#done(this.status(), "carry", input);
  join: AppApi["join"] = (input) => this.#done(this.status(), "join", input);
  signIn: AppApi["signIn"] = (input) => this.#done(this.status(), "signIn", input);
  setReach: AppApi["setReach"] = (reach, ...address) =>
    this.#done(this.status(), "setReach", reach, ...address.filter((one) => one !== undefined));
  setPassword: AppApi["setPassword"] = (password) =>
    this.#done(this.status(), "setPassword", password);
  picture: AppApi["picture"] = () => ({ hash: "0", type: "image/png", data: "AA==" });
  setPicture: AppApi["setPicture"] = (data) => this.#done(this.status(), "setPicture", data);
  openInvitations: OpenInvitationView[] = [
    {
      id: "00112233aabbccdd",
      inviter: "alice@fake.example",
      expires: 1,
      note: "for Bob",
      link: null,
    },
  ];
  invitations: AppApi["invitations"] = () => Promise.resolve(this.openInvitations);
  revokeInvitation: AppApi["revokeInvitation"] = (id) =>
    this.#done(undefined, "revokeInvitation", id);
  invite: AppApi["invite"] = (note) => {
    const made = { id: "00112233aabbccdd", link: FAKE_INVITATION, expires: 1, note: note ?? "" };
    return this.#done(made, "invite", ...(note === undefined ? [] : [note]));
  };

  #known(jid: string): ContactView {
    if (jid === this.contact.jid) return this.contact;
    throw new SimppdError("unknown-contact", `${jid} is not a contact.`);
  }
  contacts: AppApi["contacts"] = () => [this.contact];
  addContact: AppApi["addContact"] = (input) => this.#done(this.contact, "addContact", input);
  // deno-lint-ignore require-await -- rejects rather than throws, as the contract says
  changeContact: AppApi["changeContact"] = async (jid, change) =>
    this.#done(this.#known(jid), "changeContact", jid, change);
  removeContact: AppApi["removeContact"] = (jid) => this.#done(undefined, "removeContact", jid);
  forgetContact: AppApi["forgetContact"] = (jid) => this.#done(undefined, "forgetContact", jid);
  forgetChat: AppApi["forgetChat"] = (jid) => this.#done(undefined, "forgetChat", jid);
  safety: AppApi["safety"] = () => Promise.resolve({ number: "1".repeat(60), qr: "qr" });
  verify: AppApi["verify"] = (jid, by) => this.#done(this.contact, "verify", jid, by);
  rooms: AppApi["rooms"] = () => [this.room];
  createRoom: AppApi["createRoom"] = (input) => this.#enter(input.plain, "createRoom", input);
  joinRoom: AppApi["joinRoom"] = (input) => this.#enter(input.plain, "joinRoom", input);
  answerRoom: AppApi["answerRoom"] = (jid, input) =>
    this.#done(this.room, "answerRoom", jid, input);
  leaveRoom: AppApi["leaveRoom"] = (jid) => this.#done(undefined, "leaveRoom", jid);
  roomMembers: AppApi["roomMembers"] = () => [{
    nick: "Bob\u202e",
    jid: "bob@fake.example",
    affiliation: "member",
    role: "participant",
    presence: "online",
    self: false,
  }];
  roomMessages: AppApi["roomMessages"] = () => [];
  // deno-lint-ignore require-await -- rejects rather than throws, as the contract says
  sendToRoom: AppApi["sendToRoom"] = async (jid, body) => {
    if (jid !== this.room.jid) throw new SimppdError("unknown-room", `${jid} is no room of yours.`);
    const sent = fakeRoomMessage(jid, `said-${this.asked.length}`, body);
    setTimeout(() =>
      this.events.emit({ type: "room-message", data: { ...sent, delivery: "sent" } })
    );
    return this.#done(sent, "sendToRoom", jid, body);
  };
  correctInRoom: AppApi["correctInRoom"] = (jid, id, body) =>
    this.#done(fakeRoomMessage(jid, id, body), "correctInRoom", jid, id, body);
  correctInGroup: AppApi["correctInGroup"] = (jid, id, body) =>
    this.#done(fakeRoomMessage(jid, id, body), "correctInGroup", jid, id, body);
  setGroupTyping: AppApi["setGroupTyping"] = (jid, typing) =>
    this.#done(undefined, "setGroupTyping", jid, typing);
  setRoomTyping: AppApi["setRoomTyping"] = (jid, typing) =>
    this.#done(undefined, "setRoomTyping", jid, typing);
  markRoomRead: AppApi["markRoomRead"] = (jid) => this.#done(undefined, "markRoomRead", jid);
  inviteToRoom: AppApi["inviteToRoom"] = (jid, contact, reason) =>
    this.#done(undefined, "inviteToRoom", jid, contact, reason);
  changeRoomMember: AppApi["changeRoomMember"] = (jid, change) =>
    this.#done(undefined, "changeRoomMember", jid, change);
  changeRoom: AppApi["changeRoom"] = (jid, change) =>
    this.#done(this.room, "changeRoom", jid, change);
  destroyRoom: AppApi["destroyRoom"] = (jid, reason) =>
    this.#done(undefined, "destroyRoom", jid, reason);
  group: GroupView = FAKE_GROUP;
  groups: AppApi["groups"] = () => [this.group];
  createGroup: AppApi["createGroup"] = (input) => this.#done(this.group, "createGroup", input);
  answerGroup: AppApi["answerGroup"] = (jid, answer, ...ticket) =>
    this.#done(
      this.group,
      "answerGroup",
      jid,
      answer,
      ...ticket.filter((one) => one !== undefined),
    );
  joinGroup: AppApi["joinGroup"] = (jid, ...ticket) =>
    this.#done(this.group, "joinGroup", jid, ...ticket.filter((one) => one !== undefined));
  leaveGroup: AppApi["leaveGroup"] = (jid, force) =>
    this.#done(undefined, "leaveGroup", jid, force);
  // deno-lint-ignore require-await -- rejects rather than throws, as the contract says
  sendToGroup: AppApi["sendToGroup"] = async (jid, body) => {
    if (jid !== this.group.jid) throw new SimppdError("unknown-group", `${jid} is no group.`);
    const sent = fakeRoomMessage(jid, `said-${this.asked.length}`, body);
    const sealed = { ...sent, encryption: "keystone" as const };
    setTimeout(() =>
      this.events.emit({ type: "room-message", data: { ...sealed, delivery: "sent" } })
    );
    return this.#done(sealed, "sendToGroup", jid, body);
  };
  inviteToGroup: AppApi["inviteToGroup"] = (jid, contact, input) =>
    this.#done(undefined, "inviteToGroup", jid, contact, input);
  joinSpecifiedGroup: AppApi["joinSpecifiedGroup"] = (text, ...ticket) =>
    this.#done(FAKE_GROUP, "joinSpecifiedGroup", text, ...ticket.filter((one) => one));
  groupSuites: AppApi["groupSuites"] = () => ({ suites: ["aes-256-gcm"] });
  setGroupSuites: AppApi["setGroupSuites"] = (jid, suites) =>
    this.#done(
      { suites: (suites ?? ["aes-256-gcm"]) as GroupSuite[] },
      "setGroupSuites",
      jid,
      suites,
    );
  withdrawFromGroup: AppApi["withdrawFromGroup"] = (jid, contact) =>
    this.#done(undefined, "withdrawFromGroup", jid, contact);
  expelFromGroup: AppApi["expelFromGroup"] = (jid, member) =>
    this.#done(undefined, "expelFromGroup", jid, member);
  setGroupRole: AppApi["setGroupRole"] = (jid, member, role) =>
    this.#done(undefined, "setGroupRole", jid, member, role);
  endGroup: AppApi["endGroup"] = (jid) => this.#done(undefined, "endGroup", jid);
  groupSpecification: AppApi["groupSpecification"] = () => ({ text: "name = Circle\n" });
  // deno-lint-ignore require-await -- rejects rather than throws, as the contract says
  async #enter(plain: boolean | undefined, name: string, input: unknown): Promise<RoomView> {
    if (plain !== true) {
      throw new SimppdError("room-not-encrypted", "Rooms are not encrypted; confirm that first.");
    }
    return this.#done(this.room, name, input);
  }
  setPolicy: AppApi["setPolicy"] = (jid, suites) =>
    this.#done(this.status(), "setPolicy", jid, suites);
  setBlindTrust: AppApi["setBlindTrust"] = (allowed) =>
    this.#done(this.status(), "setBlindTrust", allowed);
  archive: AppApi["archive"] = () => Promise.resolve(this.kept);
  setArchive: AppApi["setArchive"] = (wanted) =>
    this.#done(this.kept = wanted, "setArchive", wanted);
  setTellSeen: AppApi["setTellSeen"] = (told) => this.#done(this.status(), "setTellSeen", told);
  setCallRoute: AppApi["setCallRoute"] = (route) =>
    this.#done(this.status(), "setCallRoute", route);
  approveDevice: AppApi["approveDevice"] = (id) => this.#done(this.status(), "approveDevice", id);
  denyDevice: AppApi["denyDevice"] = (id) => this.#done(this.status(), "denyDevice", id);
  confirmDevice: AppApi["confirmDevice"] = (code) =>
    this.#done(this.status(), "confirmDevice", code);
  refuseDevice: AppApi["refuseDevice"] = () => this.#done(this.status(), "refuseDevice");
  removeDevice: AppApi["removeDevice"] = (id) => this.#done(this.status(), "removeDevice", id);
  askAgain: AppApi["askAgain"] = () => this.#done(this.status(), "askAgain");
  startAnew: AppApi["startAnew"] = () => this.#done(this.status(), "startAnew");
  setTyping: AppApi["setTyping"] = (jid, typing) => this.#done(undefined, "setTyping", jid, typing);
  correctMessage: AppApi["correctMessage"] = (jid, id, body) =>
    this.#done(fakeMessage(jid, id, body), "correctMessage", jid, id, body);
  decideChange: AppApi["decideChange"] = (jid, accept) =>
    this.#done(this.contact, "decideChange", jid, accept);

  messages: AppApi["messages"] = (jid, page) => {
    this.asked.push(["messages", jid, page]);
    if (jid === "crash@fake.example") throw new Error("secret internals");
    return [];
  };
  sendMessage: AppApi["sendMessage"] = (jid, body) => {
    const message = fakeMessage(jid, "m1", body);
    queueMicrotask(() => {
      if (body === "fails") {
        const problem = { code: "not-trusted", message: "The key changed." };
        this.events.emit({ type: "message", data: { ...message, delivery: "failed", problem } });
        return;
      }
      if (body === "has no keys") {
        const problem = { code: "no-keys", message: "Nothing can be sealed for them." };
        this.events.emit({ type: "message", data: { ...message, delivery: "failed", problem } });
        return;
      }
      this.events.emit({ type: "message", data: { ...message, delivery: "sent" } });
      this.events.emit({ type: "message", data: { ...message, delivery: "delivered" } });
    });
    return this.#done(message, "sendMessage", jid, body);
  };
  markRead: AppApi["markRead"] = (jid) => this.#done(undefined, "markRead", jid);

  cameras: AppApi["cameras"] = () =>
    Promise.resolve([{ spec: "test", name: "Test picture", kind: "test" }]);
  calls: AppApi["calls"] = () => [this.ring];
  call: AppApi["call"] = (id) => {
    if (id === this.ring.id) return this.ring;
    throw new SimppdError("unknown-call", `There is no call ${id}.`);
  };
  startCall: AppApi["startCall"] = (jid, options) =>
    this.#done(this.ring, "startCall", jid, options);
  acceptCall: AppApi["acceptCall"] = (id, options) =>
    this.#done(this.call(id), "acceptCall", id, options);
  laterCall: AppApi["laterCall"] = (id) => this.#done(this.call(id), "laterCall", id);
  declineCall: AppApi["declineCall"] = (id) => this.#done(this.call(id), "declineCall", id);
  hangUp: AppApi["hangUp"] = (id) => this.#done(this.call(id), "hangUp", id);
  changeCall: AppApi["changeCall"] = (id, options) =>
    this.#done(this.call(id), "changeCall", id, options);

  files: AppApi["files"] = (query) => {
    this.asked.push(["files", query]);
    return [FAKE_FILE];
  };
  file: AppApi["file"] = (id) => {
    if (id !== FAKE_FILE.id) throw new SimppdError("unknown-file", "There is no such file.");
    return FAKE_FILE;
  };
  sendFile: AppApi["sendFile"] = async ({ bytes, ...input }) => {
    const parts = await Array.fromAsync(bytes);
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    return await this.#done({ ...FAKE_FILE, size }, "sendFile", input, size);
  };
  fileWays: AppApi["fileWays"] = () =>
    Promise.resolve([{ kind: "direct", largest: null }, { kind: "upload", largest: 100_000_000 }]);
  changeFile: AppApi["changeFile"] = (id, command) =>
    this.#done(FAKE_FILE, "changeFile", id, command);
  forgetFile: AppApi["forgetFile"] = (id) => this.#done(undefined, "forgetFile", id);
  fileSource: AppApi["fileSource"] = (id) => {
    const { name } = this.file(id);
    return Promise.resolve(memorySource(new TextEncoder().encode("a file's bytes"), name));
  };
  showFile: AppApi["showFile"] = async (id) =>
    await this.presentFile({ to: null, name: this.file(id).name, bytes: ReadableStream.from([]) });
  fileLimits: AppApi["fileLimits"] = () => FAKE_LIMITS;
  setFileLimit: AppApi["setFileLimit"] = (place, bytes) => {
    this.asked.push(["setFileLimit", place, bytes]);
    return FAKE_LIMITS;
  };
  setFileRoom: AppApi["setFileRoom"] = (room) => {
    this.asked.push(["setFileRoom", room]);
    return FAKE_LIMITS;
  };

  displays: AppApi["displays"] = () => this.stage.view();
  presentFile: AppApi["presentFile"] = (input) => {
    this.asked.push(["presentFile", input.to, input.name, input.size]);
    return new Presenting(this.stage, () => "alice@fake.example").present(input);
  };
  clearPresented: AppApi["clearPresented"] = (place) =>
    new Presenting(this.stage, () => "alice@fake.example").clear(place);
  showDisplay: AppApi["showDisplay"] = (id) => this.stage.show(id);
  dismissDisplay: AppApi["dismissDisplay"] = (id) => this.stage.dismiss(id);
  forgetDisplays: AppApi["forgetDisplays"] = () => this.stage.forgetHistory();
  setDisplayPolicy: AppApi["setDisplayPolicy"] = (place, policy) =>
    this.stage.setPolicy(place, policy);
  displaySource: AppApi["displaySource"] = (id) => this.stage.open(id);

  pictures: AppApi["pictures"] = (_id, side, signal) => this[side].subscribe(signal);
  latestPicture: AppApi["latestPicture"] = (_id, side) => this[side].latest;
  doctor: AppApi["doctor"] = () => Promise.resolve([{ check: "ffmpeg", ok: true, detail: "5.1" }]);
  watch(): void {}

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
