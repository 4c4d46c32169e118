import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Bytes, concat, SimppdError } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import type { StreamKind } from "../p2p/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import { DIRECT_NS, encodeDirectSignal } from "./direct_signal.ts";
import { ALICE, BOB, Network } from "./testing_direct.ts";
import type { DirectWay, DirectWayOptions } from "./way_direct.ts";
import type { OutgoingFile, Source, WantedFile } from "./ways.ts";

const MALLORY = { jid: "mallory@example.org", device: "m1" };
const NEVER = new AbortController().signal;

/** A file of random bytes that is offered to Bob, and counts what was read of it. */
function fileOf(bytes: Bytes, peer = BOB.jid): OutgoingFile & WantedFile & { taken: number } {
  return {
    id: systemRandom(16).toHex(),
    peer,
    from: ALICE.jid,
    sealedSize: bytes.length,
    hash: new Uint8Array(createHash("sha256").update(bytes).digest()),
    taken: 0,
    async *read(offset, length = Infinity) {
      const buffer = new Uint8Array(100_000);
      const end = Math.min(bytes.length, offset + length);
      for (let at = offset; at < end; at += buffer.length) {
        const piece = bytes.subarray(at, Math.min(end, at + buffer.length));
        buffer.set(piece);
        this.taken += piece.length;
        yield await Promise.resolve(buffer.subarray(0, piece.length));
      }
    },
  };
}

const MILLION = concat(
  ...Array.from({ length: 16 }, () => systemRandom(65_536)),
);

/** Alice offers, Bob fetches. */
async function meet(network: Network, bytes: Bytes, options: Partial<DirectWayOptions> = {}) {
  const alice = network.add(ALICE, options);
  const bob = network.add(BOB, options);
  const file = fileOf(bytes);
  const source = await alice.offer(file, NEVER, () => {});
  return { alice, bob, file, source };
}

async function fetched(
  way: DirectWay,
  source: Source,
  file: WantedFile,
  offset = 0,
  signal = NEVER,
): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  const sink = (bytes: Uint8Array) => Promise.resolve(void parts.push(bytes.slice()));
  await way.fetch(source, file, offset, sink, signal, () => {});
  return concat(...parts);
}

for (const kinds of [["tcp"], ["udp"], undefined] as (StreamKind[] | undefined)[]) {
  Deno.test(`a file comes from any offset on, over ${kinds ?? "what there is"}`, async () => {
    await using network = new Network();
    const options = kinds === undefined ? {} : { kinds };
    const { bob, file, source } = await meet(network, MILLION, options);
    for (const offset of [0, 1, 777_777, MILLION.length]) {
      const bytes = await fetched(bob, source, file, offset);
      assert.deepEqual(bytes, MILLION.slice(offset));
    }
  });
}

Deno.test("a fetch that was cut twenty times goes on where it stood", async () => {
  for (const kind of ["tcp", "udp"] as const) {
    await using network = new Network();
    const { bob, file, source } = await meet(network, MILLION, { kinds: [kind] });
    const out = new Uint8Array(MILLION.length);
    let at = 0;
    for (let cuts = 0; cuts < 20; cuts++) {
      const until = at + Math.floor(Math.random() * MILLION.length / 20);
      const cut = new Error("cut");
      const stop = new AbortController();
      const sink = (bytes: Uint8Array) => {
        out.set(bytes, at);
        at += bytes.length;
        if (at >= until) stop.abort(cut);
        return Promise.resolve();
      };
      if (at === MILLION.length) break;
      try {
        await bob.fetch(source, file, at, sink, stop.signal, () => {});
      } catch (error) {
        // One of the two: our own cut, or that its sender is serving the last ones still.
        assert.ok(error === cut || (error as SimppdError).code === "peer-busy", String(error));
      }
    }
    out.set(await fetched(bob, source, file, at), at);
    assert.deepEqual(new Uint8Array(createHash("sha256").update(out).digest()), file.hash);
  }
});

Deno.test("a request is refused alike for what is not offered and to whom it is not", async () => {
  await using network = new Network();
  const { alice, bob, file, source } = await meet(network, MILLION);
  const mallory = network.add(MALLORY);
  await assert.rejects(fetched(mallory, source, file), { code: "not-offered" });
  const unknown = { ...file, id: "00".repeat(16) };
  await assert.rejects(fetched(bob, source, unknown), { code: "not-offered" });
  const past = fetched(bob, source, { ...file, sealedSize: 2e9 }, MILLION.length + 1);
  await assert.rejects(past, { code: "not-offered" });
  alice.withdraw(file.id);
  await assert.rejects(fetched(bob, source, file), { code: "not-offered" });
  const rejections = network.said.filter(({ content }) => content.getName() === "reject");
  const seen = rejections.map(({ content }) => ({ ...content.attrs, id: "" }));
  assert.equal(seen.length, 4);
  assert.equal(new Set(seen.map((attrs) => JSON.stringify(attrs))).size, 1);
});

Deno.test("a fetch ends when more comes than was declared", async () => {
  for (const kind of ["tcp", "udp"] as const) {
    await using network = new Network();
    const { bob, file, source } = await meet(network, MILLION, { kinds: [kind] });
    const declared = { ...file, sealedSize: 300_000 };
    let taken = 0;
    const sink = (bytes: Uint8Array) => Promise.resolve(void (taken += bytes.length));
    await assert.rejects(bob.fetch(source, declared, 0, sink, NEVER, () => {}), {
      code: "too-much",
    });
    assert.ok(taken <= declared.sealedSize);
  }
});

Deno.test("a sender waits for a receiver whose disk does not keep up", async () => {
  for (const kind of ["tcp", "udp"] as const) {
    await using network = new Network();
    const large = new Uint8Array(48 * 1_048_576);
    const { bob, file, source } = await meet(network, large, { kinds: [kind] });
    const stop = new AbortController();
    const stuck = Promise.withResolvers<void>();
    const fetching = assert.rejects(
      bob.fetch(source, file, 0, () => stuck.promise, stop.signal, () => {}),
    );
    let before = -1;
    for (let looks = 0; before !== file.taken || file.taken === 0; looks++) {
      before = file.taken;
      assert.ok(looks < 40, "the sender goes on reading");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(file.taken < large.length / 2, `${file.taken} bytes were read`);
    stop.abort(new Error("enough"));
    stuck.resolve();
    await fetching;
  }
});

Deno.test("a fetch that is cancelled ends the sending", async () => {
  await using network = new Network();
  const { alice, bob, file, source } = await meet(network, new Uint8Array(30_000_000));
  const stop = new AbortController();
  const why = new SimppdError("cancelled", "The person cancelled it.");
  const sink = () => Promise.resolve(stop.abort(why));
  await assert.rejects(bob.fetch(source, file, 0, sink, stop.signal, () => {}), why);
  await alice.close();
  assert.ok(file.taken < file.sealedSize);
});

Deno.test("a file withdrawn while it is sent ends at the receiver", async () => {
  await using network = new Network();
  const { alice, bob, file, source } = await meet(network, new Uint8Array(60_000_000));
  const sink = () => Promise.resolve(alice.withdraw(file.id));
  await assert.rejects(bob.fetch(source, file, 0, sink, NEVER, () => {}), { code: "stream-cut" });
});

Deno.test("an answer from another device than was asked counts for nothing", async () => {
  await using network = new Network();
  const { bob, file, source } = await meet(network, MILLION, { answerMs: 300 });
  network.passes = (content) => content.getName() === "request";
  const fetching = assert.rejects(fetched(bob, source, file), { code: "timeout" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { content } = network.said.find(({ content }) => content.getName() === "accept")!;
  bob.receive(MALLORY, content);
  bob.receive({ ...ALICE, device: "a2" }, content);
  await fetching;
});

Deno.test("nothing is asked of one who is not there", async () => {
  await using network = new Network();
  const { bob, file, source } = await meet(network, MILLION, { isThere: () => false });
  assert.ok(!bob.usable(ALICE.jid));
  await assert.rejects(fetched(bob, source, file), { code: "offline" });
  assert.equal(network.said.length, 0);
});

Deno.test("requests beyond so many at once are told to come later", async () => {
  await using network = new Network();
  const { alice } = await meet(network, MILLION);
  network.passes = (content) => content.getName() !== "accept";
  for (let i = 0; i < 6; i++) {
    const file = fileOf(MILLION);
    await alice.offer(file, NEVER, () => {});
    alice.receive(
      BOB,
      encodeDirectSignal({
        name: "request",
        id: systemRandom(16).toHex(),
        file: file.id,
        offset: 0,
        key: systemRandom(32),
        addresses: [],
      }),
    );
  }
  const reasons = network.said.flatMap(({ content }) => content.attrs.reason ?? []);
  assert.deepEqual(reasons, ["busy", "busy"]);
});

Deno.test("two who sit on all places do not keep a third from a file", async () => {
  await using network = new Network();
  const alice = network.add(ALICE, { kinds: ["tcp"] });
  const bytes = new Uint8Array(60_000_000);
  const enough = new AbortController();
  const sat = ["m1@example.org", "m2@example.org"].map(async (jid) => {
    const way = network.add({ jid, device: "m" }, { kinds: ["tcp"] });
    await Promise.all(Array.from({ length: 4 }, async () => {
      const file = fileOf(bytes, jid);
      const source = await alice.offer(file, NEVER, () => {});
      const sits = Promise.withResolvers<void>();
      const ended = way.fetch(
        source,
        file,
        0,
        () => {
          sits.resolve();
          return held.promise;
        },
        enough.signal,
        () => {},
      );
      ends.push(ended.catch(() => {}));
      await sits.promise;
    }));
  });
  const held = Promise.withResolvers<void>();
  const ends: Promise<void>[] = [];
  await Promise.all(sat);
  const bob = network.add(BOB, { kinds: ["tcp"] });
  const file = fileOf(MILLION);
  const source = await alice.offer(file, NEVER, () => {});
  assert.deepEqual(await fetched(bob, source, file), MILLION);
  enough.abort(new Error("enough"));
  held.resolve();
  await Promise.all(ends);
});

Deno.test("content that is no signal is passed over", async () => {
  await using network = new Network();
  const { alice, file } = await meet(network, MILLION);
  const request = encodeDirectSignal({
    name: "request",
    id: systemRandom(16).toHex(),
    file: file.id,
    offset: 0,
    key: systemRandom(32),
    addresses: [],
  });
  for (const change of [{ id: "1" }, { offset: "-1" }, { file: "../.." }, { xmlns: "other" }]) {
    const changed = el("request", { ...request.attrs, ...change }, ...request.getChildElements());
    alice.receive(BOB, changed);
  }
  assert.equal(request.getNS(), DIRECT_NS);
  assert.equal(network.said.length, 0);
});

Deno.test("a file goes slowly while a call stands", async () => {
  await using network = new Network();
  let calling = true;
  const alice = network.add(ALICE, { isCalling: () => calling });
  const bob = network.add(BOB);
  const file = fileOf(MILLION);
  const source = await alice.offer(file, NEVER, () => {});
  const fetching = fetched(bob, source, file);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.ok(file.taken > 0 && file.taken < MILLION.length / 2, `${file.taken} bytes`);
  calling = false;
  assert.deepEqual(await fetching, MILLION);
});
