import assert from "node:assert/strict";
import {
  acceptAll,
  type CiphersuiteImpl,
  type ClientState,
  createCommit,
  createGroup,
  decodeMlsMessage,
  defaultCapabilities,
  defaultLifetime,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  mlsExporter,
  type MLSMessage,
  processPrivateMessage,
  type Proposal,
} from "ts-mls";
import { type Bytes, concat, Emitter, fromUtf8, toHex, utf8 } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import {
  dataSuite,
  type GroupEpoch,
  GroupError,
  type GroupEvent,
  type GroupKeys,
  type GroupMember,
  type GroupPhase,
  type GroupStatus,
  type Opened,
  type Origin,
  parseSpecification,
  type Specification,
} from "../group/mod.ts";
import { MIGRATIONS, openDatabase, RoomMessages, Vault } from "../store/mod.ts";
import type { Room } from "../xmpp/client/mod.ts";
import { el, type Element, newId } from "../xmpp/core/mod.ts";
import { roomElements } from "./group_content.ts";
import { GroupHere, type OpenGroup } from "./group_here.ts";
import { GroupTalk } from "./group_talk.ts";
import { RoomLog } from "./room_log.ts";

const ROOM = "circle@rooms.example.org";
const SUITE = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
const DATA = 1, CONTROL = 2;
const DATA_SUITE = dataSuite("aes-256-gcm");

type Package = Awaited<ReturnType<typeof generateKeyPackage>>;

/** Who says what to whom: a room, and key packages where all find them. */
class World {
  readonly suite: CiphersuiteImpl;
  readonly packages = new Map<string, Package["publicPackage"]>();
  readonly devices = new Map<string, Device>();

  constructor(suite: CiphersuiteImpl) {
    this.suite = suite;
  }

  /** The room repeats it to all; who is expelled from the group sits there still. */
  say(from: string, elements: readonly Element[], id = newId()): void {
    const stanza = el("message", { type: "groupchat", id }, ...elements);
    for (const { talk } of this.devices.values()) {
      talk.heard({ nick: from, stanzaId: newId(), id, at: undefined, stanza });
    }
  }

  async device(name: string): Promise<Device> {
    const identity = utf8(name);
    const credential = { credentialType: "basic", identity } as const;
    const { suite } = this;
    const own = await generateKeyPackage(
      credential,
      defaultCapabilities(),
      defaultLifetime,
      [],
      suite,
    );
    this.packages.set(name, own.publicPackage);
    const device = new Device(this, name, new MlsGroup(this, name, own));
    this.devices.set(name, device);
    return device;
  }
}

/** MLS (RFC 9420) in the place of Keystone: no key server, every member commits by themselves. */
class MlsGroup implements OpenGroup {
  readonly events = new Emitter<GroupEvent>();
  readonly group = "ab".repeat(16);
  readonly specification: Specification;
  phase: GroupPhase = "out";
  epoch: GroupEpoch | null = null;
  readonly #world: World;
  readonly #name: string;
  readonly #own: Package;
  readonly #joined = Promise.withResolvers<void>();
  #state: ClientState | undefined;
  #key: Bytes = new Uint8Array();
  #counter = 0;
  /** One handshake message after the other. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(world: World, name: string, own: Package) {
    this.#world = world;
    this.#name = name;
    this.#own = own;
    this.specification = parseSpecification([
      "simppd group specification 1",
      "name = Circle",
      `group = ${this.group}`,
      `room = ${ROOM}`,
      `key-server = nobody@example.org ${"ab".repeat(32)}`,
      `owner = alice@example.org ${"ab".repeat(32)}`,
    ].join("\n"));
  }

  get status(): GroupStatus {
    const { phase, epoch, specification } = this;
    const figures = { held: 0, sent: this.#counter, opened: 0, refused: {}, silent: false };
    return { phase, refusal: null, epoch, self: this.#name, specification, ...figures };
  }

  seal(content: Uint8Array): Bytes {
    if (this.epoch === null) throw new GroupError("not-in-group", "You are not in this group.");
    const name = utf8(this.#name);
    const head = concat(Uint8Array.of(DATA, this.epoch.number, name.length), name);
    const nonce = systemRandom(DATA_SUITE.nonceLength);
    return concat(head, nonce, DATA_SUITE.seal(this.#key, nonce, content, head));
  }

  open(payload: Uint8Array, origin: Origin): Opened {
    if (payload[0] === CONTROL) {
      this.#work = this.#work.then(() => this.#handshake(payload.subarray(1)));
      return { type: "taken" };
    }
    const head = payload.subarray(0, 3 + payload[2]!);
    const name = fromUtf8(head.subarray(3));
    if (name === this.#name) return { type: "taken" };
    if (this.epoch === null || payload[1] !== this.epoch.number) {
      return { type: "refused", cause: "no-key", sentence: "There is no key for it." };
    }
    const from = this.epoch.members.find(({ jid }) => jid === addressOf(name))!;
    const begins = head.length + DATA_SUITE.nonceLength;
    const nonce = payload.slice(head.length, begins);
    const content = DATA_SUITE.open(this.#key, nonce, payload.subarray(begins), head);
    const { number: epoch } = this.epoch;
    return { type: "message", message: { origin, from, epoch, counter: 0, content } };
  }

  async found(): Promise<void> {
    const { publicPackage, privatePackage } = this.#own;
    const id = systemRandom(16);
    await this.#enter(
      await createGroup(id, publicPackage, privatePackage, [], this.#world.suite),
    );
  }

  async join(): Promise<void> {
    this.phase = "joining";
    await this.#joined.promise;
  }
  admit(jid: string): Promise<void> {
    const keyPackage = this.#world.packages.get(jid.split("@")[0]!)!;
    return this.#commit({ proposalType: "add", add: { keyPackage } });
  }
  expel(jid: string): Promise<void> {
    const removed = namesIn(this.#state!).indexOf(jid.split("@")[0]!);
    return this.#commit({ proposalType: "remove", remove: { removed } });
  }
  leave(): Promise<void> {
    return Promise.reject(new GroupError("not-allowed", "Somebody else removes who leaves."));
  }
  setRole = this.leave;
  respecify = this.leave;
  end = this.leave;
  receive(): void {}
  setOnline(): void {}
  setPresent(): void {}
  close(): void {}

  async #commit(proposal: Proposal): Promise<void> {
    const context = { state: this.#state!, cipherSuite: this.#world.suite };
    const { newState, commit, welcome } = await createCommit(context, {
      extraProposals: [proposal],
      ratchetTreeExtension: true,
    });
    this.#tell(commit);
    if (welcome !== undefined) {
      this.#tell({ version: "mls10", wireformat: "mls_welcome", welcome });
    }
    await this.#enter(newState);
  }

  #tell(message: MLSMessage): void {
    const payload = concat(Uint8Array.of(CONTROL), encodeMlsMessage(message));
    this.#world.say(this.#name, roomElements(payload, false));
  }

  async #handshake(encoded: Uint8Array): Promise<void> {
    const [message] = decodeMlsMessage(encoded, 0)!;
    const { suite } = this.#world;
    try {
      if (message.wireformat === "mls_welcome" && this.phase === "joining") {
        const { publicPackage, privatePackage } = this.#own;
        await this.#enter(
          await joinGroup(message.welcome, publicPackage, privatePackage, emptyPskIndex, suite),
        );
        this.#joined.resolve();
      } else if (message.wireformat === "mls_private_message" && this.#state !== undefined) {
        const { privateMessage } = message;
        const { newState } = await processPrivateMessage(
          this.#state,
          privateMessage,
          emptyPskIndex,
          suite,
          acceptAll,
        );
        await this.#enter(newState);
      }
    } catch {
      // A commit of one's own, or a welcome for somebody else.
    }
  }

  async #enter(state: ClientState): Promise<void> {
    const before = this.epoch?.members ?? [];
    this.#state = state;
    const names = namesIn(state).filter((name) => name !== undefined);
    if (!names.includes(this.#name)) {
      this.phase = "removed";
      this.epoch = null;
      return this.events.emit({ type: "phase", phase: "removed", sentence: "You were removed." });
    }
    const { exporterSecret } = state.keySchedule;
    const { suite } = this.#world;
    const key = await mlsExporter(exporterSecret, "simppd", new Uint8Array(), 32, suite);
    this.#key = new Uint8Array(key);
    this.phase = "in";
    const number = Number(state.groupContext.epoch);
    const members = names.map((name) => memberOf(name));
    const incarnation = toHex(state.groupContext.groupId.slice(0, 16));
    const epoch = { number, incarnation, suite: "aes-256-gcm", members, since: 0 } as const;
    this.epoch = epoch;
    const isNew = ({ jid }: GroupMember) => before.every((each) => each.jid !== jid);
    const joined = members.filter(isNew);
    const expelled = before.filter(({ jid }) => members.every((each) => each.jid !== jid));
    const sentence = `Epoch ${number}: ${
      [
        ...joined.map(({ jid }) => `${jid} joined`),
        ...expelled.map(({ jid }) => `${jid} is out`),
      ].join(", ")
    }, the key changed.`;
    this.events.emit({ type: "epoch", epoch, joined, left: [], expelled, changed: [], sentence });
  }
}

/** What a daemon has of a group: the same, whichever scheme. */
class Device {
  readonly keys: MlsGroup;
  readonly talk: GroupTalk;
  readonly here: GroupHere;
  readonly #db = openDatabase(":memory:", MIGRATIONS);
  readonly #messages: RoomMessages;

  constructor(world: World, name: string, keys: MlsGroup) {
    this.keys = keys;
    this.#messages = new RoomMessages(this.#db, new Vault(systemRandom(32), systemRandom));
    const room = {
      say: (elements: readonly Element[], id: string) => world.say(name, elements, id),
    };
    const nameOf = (jid: string) => jid.split("@")[0]!;
    this.talk = new GroupTalk({
      jid: ROOM,
      keys,
      log: new RoomLog(this.#messages, () => {}),
      own: addressOf(name),
      nick: () => name,
      nameOf,
      room: () => room as unknown as Room,
      touch: () => {},
      told: () => {},
      refused: () => {},
      wasTold: () => false,
    });
    this.here = new GroupHere({
      jid: ROOM,
      keys,
      talk: this.talk,
      nameOf,
      touch: () => {},
      trouble: () => {},
      left: () => {},
      members: () => {},
    });
  }

  lines(kind: "chat" | "notice"): string[] {
    return this.#messages.page(ROOM, 50).filter((each) => each.kind === kind)
      .map(({ nick, body }) => kind === "chat" ? `${nick}: ${body}` : body);
  }

  async reaches(number: number): Promise<void> {
    for (let tries = 0; this.keys.epoch?.number !== number; tries++) {
      if (tries > 500) assert.fail(`epoch ${number} did not come`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  close(): void {
    this.here.close();
    this.#db.close();
  }
}

const addressOf = (name: string) => `${name}@example.org`;

function memberOf(name: string): GroupMember {
  const [jid, device, key] = [addressOf(name), "0".repeat(16), new Uint8Array(32)];
  return { id: `${jid}/${device}`, jid, device, deviceKey: key, accountKey: key, role: "member" };
}

/** Whose leaf is at which place; undefined where there is nobody. */
function namesIn({ ratchetTree }: ClientState): (string | undefined)[] {
  return ratchetTree.flatMap((node, at) => {
    if (at % 2 === 1) return [];
    if (node?.nodeType !== "leaf") return [undefined];
    const { credential } = node.leaf;
    assert.ok(credential.credentialType === "basic" && "identity" in credential);
    return [fromUtf8(credential.identity as Uint8Array)];
  });
}

Deno.test("MLS stands behind GroupKeys: people talk, one is put out, one comes late", async () => {
  const world = new World(await getCiphersuiteImpl(getCiphersuiteFromName(SUITE)));
  const devices: Device[] = [];
  for (const name of ["alice", "bob", "carol", "dave"]) devices.push(await world.device(name));
  const [alice, bob, carol, dave] = devices as [Device, Device, Device, Device];
  const bring = async (device: Device, name: string) => {
    const joining = device.here.join();
    await (alice.keys as GroupKeys).admit(addressOf(name));
    await joining;
  };
  await alice.keys.found();
  await bring(bob, "bob");
  await bring(carol, "carol");
  for (const each of [alice, bob, carol]) await each.reaches(2);
  alice.talk.send("for three");
  await alice.keys.expel(addressOf("bob"));
  await carol.reaches(3);
  carol.talk.send("not for bob");
  await bring(dave, "dave");
  for (const each of [alice, carol, dave]) await each.reaches(4);
  dave.talk.send("hello");

  assert.deepEqual(alice.lines("chat"), ["alice: for three", "carol: not for bob", "dave: hello"]);
  assert.deepEqual(carol.lines("chat"), alice.lines("chat"));
  assert.deepEqual(bob.lines("chat"), ["alice: for three"]);
  assert.deepEqual(dave.lines("chat"), ["dave: hello"]);
  assert.equal(bob.keys.phase, "removed");
  assert.throws(() => bob.talk.send("still here"), { code: "not-in-group" });
  assert.deepEqual(alice.lines("notice").slice(-2), [
    "Epoch 3: bob is out, the key changed.",
    "Epoch 4: dave joined, the key changed.",
  ]);
  assert.match(dave.lines("notice")[0]!, /you joined|no key/);
  for (const each of devices) each.close();
});
