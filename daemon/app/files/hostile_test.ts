import assert from "node:assert/strict";
import { type Bytes, Emitter, sleep } from "../../base/mod.ts";
import {
  FileFolder,
  FILES_NS,
  readDescriptor,
  type Source,
  type Transfer,
  TransferStore,
  type Way,
  writeDescriptor,
} from "../../files/mod.ts";
import type { GroupMember } from "../../group/mod.ts";
import type { Received } from "../../simpp/mod.ts";
import { Messages, MIGRATIONS, openDatabase, Settings, Vault } from "../../store/mod.ts";
import { el, type Element } from "../../xmpp/core/mod.ts";
import { FileAccess } from "./file_access.ts";
import { FileLines } from "./file_lines.ts";
import { AppFiles } from "./files.ts";
import { KeptLimits } from "./kept_limits.ts";
import { KnownSenders } from "./known_senders.ts";
import { sending } from "./testing.ts";

const ME = "me@here.test";
const BOB = "bob@there.test";
const GROUP = "circle@rooms.test";
const [LAPTOP, PHONE] = ["1".repeat(16), "2".repeat(16)] as [string, string];
const KEY = new Uint8Array(32).fill(1);

interface World {
  readonly files: AppFiles;
  /** What went to contacts: to whom, to which device, what. */
  readonly sent: { to: string; device: string | undefined; name: string }[];
  /** What was said to the group. */
  readonly said: Element[];
  readonly cleared: string[];
  /** On whose screens what opened, as they say. */
  readonly opened: string[];
  readonly blocked: Set<string>;
  hidden: boolean;
  /** Does the policy let the paper's profile in? */
  weak: boolean;
}

/** The files of one daemon, in a group with Bob's laptop; nothing that moves arrives. */
async function withFiles(work: (world: World) => Promise<void> | void): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-hostile-" });
  const db = openDatabase(`${root}/simppd.db`, MIGRATIONS);
  const vault = new Vault(new Uint8Array(32).fill(7), (length) => new Uint8Array(length));
  const settings = new Settings(db, vault);
  const sent: World["sent"] = [];
  const said: Element[] = [];
  const groups = {
    has: (group: string) => group === GROUP,
    say: (_: string, content: Element) => void said.push(content),
    members: () => [{ jid: BOB, device: LAPTOP, role: "member" }],
    lets: () => true,
  };
  const upload: Way = {
    kind: "upload",
    usable: () => true,
    offer: (file) => Promise.resolve({ kind: "upload", url: `https://here.test/${file.id}` }),
    withdraw: () => {},
    fetch: (_source, _file, _offset, _sink, signal) =>
      new Promise((_, reject) =>
        signal.aborted
          ? reject(signal.reason)
          : signal.addEventListener("abort", () => reject(signal.reason))
      ),
  };
  const blocked = new Set<string>();
  const cleared: string[] = [];
  const world: World = {
    files: undefined!,
    sent,
    said,
    cleared,
    opened: [],
    blocked,
    hidden: false,
    weak: false,
  };
  const senders = new KnownSenders(
    (jid) => jid === BOB ? { account: KEY, state: "verified" } : undefined,
    groups,
  );
  const files = new AppFiles({
    store: new TransferStore(db, vault),
    folder: new FileFolder(`${root}/files`),
    ways: [upload],
    people: {
      has: (jid) => jid === BOB,
      get: (jid) => ({ jid, blocked: blocked.has(jid), plain: false }),
      isStranger: () => false,
      isBlocked: (jid) => blocked.has(jid),
      stranger: () => {},
    },
    groups,
    lines: new FileLines(
      new Messages(db, vault),
      { has: groups.has, put: () => {}, remove: () => {} },
      () => {},
    ),
    limits: new KeptLimits(settings),
    access: new FileAccess(settings),
    events: new Emitter(),
    senders,
    own: () => ME,
    host: () => undefined,
    hidesAddress: () => world.hidden,
    suiteFor: () => "chacha20-poly1305",
    allowsSuite: (_, suite) => world.weak || suite !== "aes-128-cbc-hmac",
    allowedWays: () => ["upload"],
    send: (to, content, { device }) => {
      sent.push({ to, device, name: [content].flat()[0]!.name });
      return Promise.resolve();
    },
    opensUpTo: () => 0,
    show: () => Promise.resolve(),
    showWaits: () => {},
    opened: ({ id }, jid) => void world.opened.push(`${id} ${jid}`),
    tellSeen: () => true,
    showHere: () => Promise.reject(new Error("nothing is shown")),
    cleared: (place, from) => void cleared.push(`${place} ${from}`),
  });
  try {
    await work(Object.assign(world, { files }));
  } finally {
    await files.close();
    db.close();
    await Deno.remove(root, { recursive: true });
  }
}

const UPLOAD: Source = { kind: "upload", url: "https://there.test/file" };

let last = 0;
function offered(change: Partial<Transfer["descriptor"]> = {}): Element {
  return writeDescriptor({
    id: (++last).toString(16).padStart(32, "0"),
    name: "a.txt",
    type: "text/plain",
    size: 100,
    suite: "chacha20-poly1305",
    key: new Uint8Array(32),
    commitment: new Uint8Array(32),
    hash: new Uint8Array(32),
    sealedSize: 180,
    sources: [UPLOAD],
    display: true,
    ...change,
  });
}

function member(accountKey: Bytes, jid = BOB): GroupMember {
  const device = LAPTOP;
  return { id: `${jid}/${device}`, jid, device, deviceKey: KEY, accountKey, role: "member" };
}

function received(content: Element[], device = LAPTOP): Received {
  const envelope = { to: ME, content } as unknown as Received["envelope"];
  return { from: BOB, device, suite: "simpp-pq", envelope, first: false };
}

const wanted = (id: string) => el("key-wanted", { xmlns: FILES_NS, id });
/** What was accepted is on its way; what was not, is offered. */
const states = ({ files }: World) => files.list(undefined, 10).map(({ state }) => state);
const settled = () => new Promise((resolve) => setTimeout(resolve, 100));

Deno.test("who is blocked is not heard in a common group: no file, no taking back", () =>
  withFiles(async (world) => {
    world.blocked.add(BOB);
    const clear = el("clear", { xmlns: FILES_NS });
    assert.equal(world.files.ear.heardInGroup(GROUP, member(KEY), [offered(), clear]), true);
    await settled();
    assert.deepEqual([states(world), world.cleared], [[], []]);
    world.blocked.clear();
    world.files.ear.heardInGroup(GROUP, member(KEY), [offered(), clear]);
    await settled();
    assert.deepEqual([states(world), world.cleared], [["transferring"], [`${GROUP} ${BOB}`]]);
  }));

Deno.test("of a member with another key than the pinned one nothing comes by itself", () =>
  withFiles(async (world) => {
    world.files.ear.heardInGroup(GROUP, member(new Uint8Array(32).fill(9)), [offered()]);
    await settled();
    assert.deepEqual(states(world), ["offered"]);
  }));

Deno.test("where nobody is to learn our address, files come by themselves from our own server alone", () =>
  withFiles(async (world) => {
    world.hidden = true;
    world.files.ear.receive(received([offered()]));
    await settled();
    assert.deepEqual(states(world), ["offered"]);
    world.files.ear.receive(
      received([offered({ sources: [{ kind: "upload", url: "https://here.test/f" }] })]),
    );
    await settled();
    assert.deepEqual(states(world).toSorted(), ["offered", "transferring"]);
    world.hidden = false;
    world.files.ear.receive(received([offered()]));
    await settled();
    assert.equal(states(world).filter((state) => state === "transferring").length, 2);
  }));

Deno.test("a key is given to the device that is in the group, and to no other of its person", () =>
  withFiles(async (world) => {
    const view = { to: GROUP, name: "plan", keyOnRequest: true };
    await world.files.send({ ...view, ...sending(new Uint8Array(10)) });
    await settled();
    const id = world.said[0]!.attrs.id!;
    world.files.ear.receive(received([wanted(id)], PHONE));
    assert.deepEqual(world.sent, []);
    world.files.ear.receive(received([wanted(id)], LAPTOP));
    assert.deepEqual(world.sent, [{ to: BOB, device: LAPTOP, name: "key" }]);
  }));

Deno.test("a thousand questions for keys cause a few answers, and one for one file", () =>
  withFiles(async (world) => {
    const ids: string[] = [];
    for (let number = 0; number < 20; number++) {
      const view = { to: GROUP, name: `plan ${number}`, keyOnRequest: true };
      await world.files.send({ ...view, ...sending(new Uint8Array(10)) });
    }
    await settled();
    for (const { attrs } of world.said) ids.push(attrs.id!);
    assert.equal(ids.length, 20);
    const [first] = ids as [string];
    const flood = (id: string) => received(Array.from({ length: 1000 }, () => wanted(id)));
    world.files.ear.receive(flood(first));
    world.files.ear.receive(flood(first));
    assert.equal(world.sent.length, 1);
    world.files.ear.receive(received(ids.map(wanted)));
    assert.equal(world.sent.length, 16, "of one envelope");
  }));

Deno.test("that a file opened is heard of those alone to whom it was shown", () =>
  withFiles(async ({ files, opened, said }) => {
    const send = (display: boolean) =>
      files.send({ to: GROUP, name: "a", display, ...sending(new Uint8Array(10)) });
    const shown = await send(true);
    await send(false);
    for (let n = 0; n < 500 && said.length < 2; n++) await sleep(10);
    const says = (from: string, id: string) => {
      const told = el("told", { xmlns: FILES_NS, id, state: "shown" });
      files.ear.receive({ ...received([told]), from });
    };
    for (const { id } of said.map(readDescriptor)) {
      says("eve@there.test", id);
      says(BOB, id);
    }
    assert.deepEqual(opened, [`${shown.id} ${BOB}`]);
  }));

Deno.test("what is taken back a thousand times in an envelope is taken back once", () =>
  withFiles(({ files, cleared }) => {
    files.ear.receive(
      received(Array.from({ length: 1000 }, () => el("clear", { xmlns: FILES_NS }))),
    );
    assert.deepEqual(cleared, [`${BOB} ${BOB}`]);
  }));

Deno.test("a file sealed by a suite that our policy does not allow is refused, and says so", () =>
  withFiles(async (world) => {
    const { files } = world;
    const weak = { suite: "aes-128-cbc-hmac", sealedSize: 208 } as const;
    files.ear.receive(received([offered(weak)]));
    files.ear.heardInGroup(GROUP, member(KEY), [offered(weak)]);
    await settled();
    for (const { id, state, suite, problem } of files.list(undefined, 10)) {
      assert.deepEqual([state, suite], ["failed", "aes-128-cbc-hmac"]);
      assert.equal(problem!.code, "suite-not-allowed");
      for (const command of ["resume", "accept"] as const) {
        await assert.rejects(files.command(id, command), { code: "suite-not-allowed" });
      }
    }
    assert.equal(files.list(undefined, 10).length, 2);
    files.online();
    files.online(); // what failed is tried again with each connection
    await settled();
    assert.deepEqual(states(world), ["failed", "failed"]);
    world.weak = true;
    const { id } = files.list(undefined, 1)[0]!;
    assert.match((await files.command(id, "resume")).state, /^(waiting|transferring)$/);
    assert.equal(files.get(id).suite, "aes-128-cbc-hmac", "it is shown");
  }));
