/**
 * The handshake's states, all of them for small sizes: two sides that send up to so many messages
 * each, while the network delivers, doubles, reorders and drops as it likes. The code is the real
 * one; only the suite's algorithms are cheap.
 */
import assert from "node:assert/strict";
import { type Bytes, concat, fromUtf8, toHex, utf8 } from "../base/mod.ts";
import { hmacSha256, OpenError, type Random, sha256, type Suite, suite } from "../crypto/mod.ts";
import { readOpening } from "./handshake.ts";
import { initiate, openPacket, readPacket, respond, sealPacket } from "./session.ts";
import { type KnownSession, nameOf, takesOver } from "./sessions.ts";
import { type BareDevice, bareDevice } from "./testing_handshake.ts";

/** 3^a mod 65537 in two bytes for a group, hashes for the rest: quick, and it protects nothing. */
function power(base: bigint, exponent: Bytes): Bytes {
  let [result, square] = [1n, base];
  for (let e = BigInt(exponent[0]! << 8 | exponent[1]!); e > 0n; e >>= 1n) {
    if (e & 1n) result = result * square % 65537n;
    square = square * square % 65537n;
  }
  return Uint8Array.of(Number(result >> 8n & 255n), Number(result & 255n));
}
const MAC = 32;
const CHEAP: Suite = {
  ...suite("simpp-modern"),
  dh: {
    publicLength: 32,
    generate(random) {
      const secret = random(32);
      // What follows the group element keeps public keys apart: there are few elements.
      const tail = sha256(secret).subarray(0, 30);
      return { secret, public: concat(power(3n, secret), tail) };
    },
    shared: (secret, theirs) => power(BigInt(theirs[0]! << 8 | theirs[1]!), secret),
  },
  signer: {
    ...suite("simpp-modern").signer,
    sign: (secret, label, message) => hmacSha256(secret, utf8(label), message),
    verify: (key, label, message, signature) =>
      [alice, bob].some(({ self: { device } }) =>
        toHex(device.public) === toHex(key) &&
        toHex(hmacSha256(device.secret, utf8(label), message)) === toHex(signature)
      ),
  },
  seal: (key, nonce, plaintext, aad) => concat(plaintext, hmacSha256(key, nonce, aad, plaintext)),
  open(key, nonce, sealed, aad) {
    const plaintext = sealed.slice(0, Math.max(0, sealed.length - MAC));
    if (toHex(hmacSha256(key, nonce, aad, plaintext)) !== toHex(sealed.slice(plaintext.length))) {
      throw new OpenError();
    }
    return new Uint8Array(plaintext);
  },
};

/** The same chance at every run: in a group so small, two keys may fall on one element. */
let drawn = 0;
const chance: Random = (length) => {
  const blocks = Array.from(
    { length: Math.ceil(length / 32) },
    () => sha256(utf8(`model ${drawn++}`)),
  );
  return concat(...blocks).slice(0, length);
};

const alice: BareDevice = await bareDevice("alice@example.test", CHEAP);
const bob: BareDevice = await bareDevice("bob@example.test", CHEAP);

interface Side {
  readonly device: BareDevice;
  readonly peer: BareDevice;
  readonly known: readonly KnownSession[];
  /** Marks of opened packets and accepted openings. */
  readonly seen: ReadonlySet<string>;
  readonly opened: readonly string[];
  /** What happened here, in order: all that the state depends on, but for chance. */
  readonly history: string;
}
type Name = "a" | "b";
interface World {
  readonly a: Side;
  readonly b: Side;
  /** Everything sent so far; the network keeps copies. */
  readonly packets: readonly { to: Name; text: string; packet: Bytes }[];
}

const other = (name: Name): Name => name === "a" ? "b" : "a";

function store(known: readonly KnownSession[], next: KnownSession): KnownSession[] {
  const rest = known.filter(({ session }) => nameOf(session) !== nameOf(next.session));
  return [next, ...rest.map((each) => next.active ? { ...each, active: false } : each)];
}

async function send(world: World, from: Name, text: string): Promise<World> {
  const side = world[from];
  const { device, peer } = side;
  const current = side.known.find(({ active }) => active)?.session ??
    await initiate(CHEAP, device.self, peer.self, peer.bundle, null, chance);
  const { session, packet } = sealPacket(current, device.self, utf8(text), chance);
  const known = store(side.known, { session, active: true });
  const history = `${side.history}s`;
  return {
    ...world,
    [from]: { ...side, known, history },
    packets: [...world.packets, { to: other(from), text, packet }],
  };
}

/** As the end-to-end layer opens a packet; the same world when it was a duplicate. */
async function deliver(world: World, index: number): Promise<World> {
  const { to, text, packet } = world.packets[index]!;
  const side = world[to];
  const mark = toHex(sha256(packet));
  if (side.seen.has(mark)) return world;
  const { opening, session: name, message } = readPacket(packet);
  const named = toHex(opening === null ? name : readOpening(opening).session);
  const before = side.known.find(({ session }) => nameOf(session).startsWith(named))?.session;
  let result;
  if (before !== undefined) {
    result = openPacket(before, side.device.self, message, chance);
  } else {
    assert.ok(opening !== null, "a message came on a session that was never opened to this side");
    const secrets = { ...side.device.secrets, oneTime: null };
    const read = { ...readOpening(opening), suite: CHEAP };
    result = await respond(
      side.device.self,
      side.peer.self.jid,
      read,
      message,
      secrets,
      chance,
    );
  }
  assert.equal(fromUtf8(result.content), text);
  const active = takesOver(side.known, result.session);
  const next: Side = {
    ...side,
    known: store(side.known, { session: result.session, active }),
    seen: new Set([...side.seen, mark]),
    opened: [...side.opened, text],
    history: `${side.history}${index}`,
  };
  // A proof is needed for it: nobody is proved to who has heard nothing.
  for (const { session } of next.known) {
    if (session.phase === "mutual") assert.ok(next.opened.length > 0);
  }
  return { ...world, [to]: next };
}

function check(world: World): void {
  for (const side of [world.a, world.b]) {
    assert.equal(new Set(side.opened).size, side.opened.length, "opened twice");
    assert.ok(side.known.length <= 2);
    assert.equal(side.known.filter(({ active }) => active).length, Math.min(side.known.length, 1));
    for (const { session } of side.known) {
      if (session.phase !== "mutual") continue;
      // Mutual here: the other side has the session, and has proved itself or taken our proof.
      const peer = side === world.a ? world.b : world.a;
      const theirs = peer.known.find((each) => nameOf(each.session) === nameOf(session))?.session;
      assert.ok(theirs !== undefined, "mutual with nobody");
      assert.notEqual(theirs.role, session.role);
      if (session.role === "responder") assert.equal(theirs.phase, "mutual");
    }
  }
}

/** The network is quiet, and each side writes: everything opens, and both use one proved session. */
async function settle(world: World, flush: boolean): Promise<void> {
  let now = world;
  if (flush) { for (const index of now.packets.keys()) now = await deliver(now, index); }
  check(now);
  for (const round of [1, 2, 3]) {
    for (const from of ["a", "b"] as const) {
      now = await send(now, from, `quiet ${from}${round}`);
      now = await deliver(now, now.packets.length - 1);
      check(now);
    }
  }
  const [a, b] = [now.a, now.b].map(({ known }) => known.find(({ active }) => active)!.session);
  assert.equal(nameOf(a!), nameOf(b!), "two sessions in use");
  assert.deepEqual([a!.phase, b!.phase], ["mutual", "mutual"]);
}

/** Visits every world that can come of `most` messages each and `depth` steps; gives their number. */
async function explore(most: number, depth: number): Promise<number> {
  const side = (device: BareDevice, peer: BareDevice): Side => ({
    device,
    peer,
    known: [],
    seen: new Set(),
    opened: [],
    history: "",
  });
  const start: World = { a: side(alice, bob), b: side(bob, alice), packets: [] };
  const visited = new Set<string>();
  const open: World[] = [start];
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    const order = world.packets.map(({ text }) => text).join();
    const key = `${world.a.history}|${world.b.history}|${order}`;
    if (visited.has(key)) continue;
    visited.add(key);
    check(world);
    for (const flush of [false, true]) await settle(world, flush);
    if (world.a.history.length + world.b.history.length >= depth) continue;
    for (const from of ["a", "b"] as const) {
      const sent = world.packets.filter(({ to }) => to !== from).length;
      if (sent < most) open.push(await send(world, from, `${from}${sent}`));
    }
    for (const index of world.packets.keys()) {
      const next = await deliver(world, index);
      if (next === world) continue;
      assert.equal(await deliver(next, index), next, "a duplicate changed something");
      open.push(next);
    }
  }
  return visited.size;
}

Deno.test("the handshake, every way two messages each can go", async () => {
  assert.ok(await explore(2, 8) > 100);
});

Deno.test("the handshake, every way the first steps of three messages each can go", async () => {
  assert.ok(await explore(3, 5) > 100);
});
