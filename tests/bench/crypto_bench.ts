/**
 * What sealing costs: opening a session, a chat message through ratchet, envelope and database, a
 * camera frame beside the same cipher in `openssl`, and one message for a hundred devices.
 * @module
 */
import {
  type Suite,
  suite,
  SUITE_IDS,
  type SuiteId,
  systemRandom,
} from "../../daemon/crypto/mod.ts";
import { SFrameReceiver, SFrameSender, suiteById } from "../../daemon/sframe/mod.ts";
import { initiate, openPacket, readPacket, sealPacket } from "../../daemon/simpp/session.ts";
import { link, MemoryDirectory, person, type TestPerson } from "../../daemon/simpp/testing.ts";
import { bareDevice, hear } from "../../daemon/simpp/testing_handshake.ts";
import { el } from "../../daemon/xmpp/core/mod.ts";
import { atMost, type BenchLine, quantile, round } from "./bench.ts";
import { opensslSpeed } from "./openssl_speed.ts";

const FRAME = 30 * 1024;
const CHAT = 1024;
/** A list of devices has at most 32, so a hundred are four people's. */
const PEOPLE = 4;
const DEVICES = 25;

/** Milliseconds the middle one of `rounds` runs takes, after a third as many unmeasured ones. */
async function median(rounds: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = -Math.ceil(rounds / 3); round < rounds; round++) {
    const begin = performance.now();
    await work();
    if (round >= 0) times.push(performance.now() - begin);
  }
  return round(quantile(times, 0.5));
}

/** Runs the bench. */
export async function* run(): AsyncGenerator<BenchLine> {
  for (const id of SUITE_IDS) yield await handshake(suite(id));
  for (const id of SUITE_IDS) yield* await chat(id);
  for (const id of SUITE_IDS) yield* await frames(suite(id));
  for (const id of SUITE_IDS) yield* await hundred(id);
}

/** Both sides of a handshake: opening, its acceptance, the answer, the confirmation. */
async function handshake(chosen: Suite): Promise<BenchLine> {
  const alice = await bareDevice("alice@example.org", chosen);
  const bob = await bareDevice("bob@example.org", chosen);
  const text = systemRandom(256);
  const value = await median(120, async () => {
    const { bundle, oneTime } = bob;
    const opened = await initiate(chosen, alice.self, bob.self, bundle, oneTime, systemRandom);
    const first = sealPacket(opened, alice.self, text, systemRandom);
    const heard = await hear(bob, alice.self.jid, first.packet);
    const answer = sealPacket(heard.session, bob.self, text, systemRandom);
    const back = readPacket(answer.packet).message;
    const proved = openPacket(first.session, alice.self, back, systemRandom);
    const last =
      readPacket(sealPacket(proved.session, alice.self, text, systemRandom).packet).message;
    const mutual = openPacket(answer.session, bob.self, last, systemRandom).session;
    if (mutual.phase !== "mutual") throw new Error("no proof");
  });
  const targets: Partial<Record<SuiteId, number>> = { "simpp-pq": 5, "simpp-2009": 25 };
  return line(chosen.id, "handshake, both sides", value, targets[chosen.id]);
}

/**
 * A message of 1 KB, sealed and opened, from XML to XML, both databases in memory: one that goes on
 * in the sender's chain, and one that answers, which brings a new ratchet key.
 */
async function chat(id: SuiteId): Promise<BenchLine[]> {
  const directory = new MemoryDirectory();
  const alice = await person("alice@example.org", directory, [id]);
  const bob = await person("bob@example.org", directory, [id]);
  try {
    for (let n = 0; n < 2; n++) {
      await deliver(alice, bob, "hello");
      await deliver(bob, alice, "hello");
    }
    const text = "x".repeat(CHAT);
    const further = await median(400, () => deliver(alice, bob, text));
    let turn = 0;
    const answer = await median(200, () => {
      const [from, to] = turn++ % 2 === 0 ? [bob, alice] : [alice, bob];
      return deliver(from, to, text);
    });
    return [
      line(id, "1 KB chat, seal + open", further, 1),
      line(id, "1 KB chat with a new ratchet key", answer),
    ];
  } finally {
    alice.close();
    bob.close();
  }
}

function body(text: string) {
  return [el("body", { xmlns: "jabber:client" }, text)];
}

async function deliver(from: TestPerson, to: TestPerson, text: string): Promise<void> {
  const { parts } = await from.simpp.seal(to.jid, body(text));
  if (await to.simpp.open(from.jid, parts[0]!.element) === null) throw new Error("not opened");
}

/** A frame of 30 KB, sealed and opened, beside the tool's speed with the same cipher. */
async function frames(chosen: Suite): Promise<BenchLine[]> {
  const media = suiteById(chosen.sframe);
  if (media === undefined || chosen.id === "simpp-modern") return []; // the media of simpp-pq
  const weak = chosen.id === "simpp-2009";
  const cipher = weak ? "aes-128-cbc-hmac-sha256" : "aes-256-gcm";
  const key = systemRandom(64);
  const frame = systemRandom(FRAME);
  const sender = await SFrameSender.create(media, 0, key);
  const seal = await median(1000, () => sender.seal(frame));
  const receiver = new SFrameReceiver();
  await receiver.addKey(0, media, key);
  const sealed: Awaited<ReturnType<typeof sender.seal>>[] = [];
  for (let n = 0; n < 1400; n++) sealed.push(await sender.seal(frame));
  const open = await median(1000, () => receiver.open(sealed.pop()!));
  const target = weak ? 0.3 : 0.2;
  const lines = [
    line(chosen.id, "30 KB frame, seal", seal, target),
    line(chosen.id, "30 KB frame, open", open, target),
  ];
  const peer = await opensslSpeed(cipher, FRAME);
  if (peer === undefined) return lines;
  const tool = { ...line(chosen.id, "30 KB frame, seal", round(peer)), peer: `openssl ${cipher}` };
  const ratio = {
    ...line(chosen.id, "30 KB frame, seal / openssl", round(seal / peer)),
    unit: "×",
  };
  return [...lines, tool, ratio];
}

/** One message to a hundred devices: the first, which opens a session with each, and the later. */
async function hundred(id: SuiteId): Promise<BenchLine[]> {
  const directory = new MemoryDirectory();
  const alice = await person("alice@example.org", directory, [id]);
  const all: TestPerson[] = [alice];
  try {
    for (let one = 0; one < PEOPLE; one++) all.push(...await devices(`p${one}@example.org`));
    const jids = [...new Set(all.slice(1).map(({ jid }) => jid))];
    const text = body("x".repeat(CHAT));
    const send = async () => {
      for (const jid of jids) await alice.simpp.seal(jid, text);
    };
    const begin = performance.now();
    await send();
    const first = round(performance.now() - begin);
    for (const device of all.slice(1)) {
      const { parts } = await alice.simpp.seal(device.jid, text, { device: device.simpp.device });
      await device.simpp.open(alice.jid, parts[0]!.element);
      await deliver(device, alice, "here");
    }
    const later = await median(60, send);
    return [
      line(id, "to 100 devices, first", first),
      line(id, "to 100 devices", later, 25),
    ];
  } finally {
    for (const { close } of all) close();
  }

  async function devices(jid: string): Promise<TestPerson[]> {
    const owner = await person(jid, directory, [id]);
    const others: TestPerson[] = [];
    while (others.length < DEVICES - 1) {
      const other = await person(jid, directory, [id]);
      await link(owner, other);
      others.push(other);
    }
    await Promise.all(others.map(({ simpp }) => simpp.refresh(jid)));
    return [owner, ...others];
  }
}

function line(id: SuiteId, metric: string, value: number, target?: number): BenchLine {
  const verdict = target === undefined ? {} : atMost(target, value);
  return { bench: "crypto", case: id, metric, value, unit: "ms", ...verdict };
}
