import assert from "node:assert/strict";
import { fromBase64, SimppdError, toBase64 } from "../daemon/base/mod.ts";
import { InBandBytestreams, type XmppClient } from "../daemon/xmpp/client/mod.ts";
import { LinkedClient } from "../daemon/xmpp/client/testing_linked.ts";
import { type Element, Jid, NS } from "../daemon/xmpp/core/mod.ts";
import { fileOf, randomBytes, wantedOf } from "../daemon/files/group/testing.ts";
import { IbbWay } from "../daemon/files/mod.ts";

const never = () => new AbortController().signal;
const code = (expected: string) => (error: unknown) =>
  error instanceof SimppdError && error.code === expected;

async function bedOf(size: number, meets = true) {
  const [a, b] = ["a@example.org/one", "b@example.org/two"]
    .map((jid) => new LinkedClient(Jid.parse(jid))) as [LinkedClient, LinkedClient];
  a.other = b;
  b.other = a;
  const [from, to] = [a, b].map((linked) => {
    const client = linked as unknown as XmppClient;
    const streams = new InBandBytestreams(client);
    return new IbbWay({ client, streams, mayMeet: () => meets, devices: () => [] }, 1);
  }) as [IbbWay, IbbWay];
  const bytes = randomBytes(size);
  const file = fileOf(bytes, "b@example.org");
  const source = await from.offer(file, never(), () => {});
  const got: Uint8Array<ArrayBuffer>[] = [];
  const fetch = (signal = never()) =>
    to.fetch(
      source,
      wantedOf(file, "a@example.org"),
      0,
      (piece) => Promise.resolve(void got.push(piece.slice())),
      signal,
      () => {},
    );
  const whole = async () => new Uint8Array(await new Blob(got).arrayBuffer());
  return { a, b, from, to, bytes, file, source, fetch, whole, got };
}

/** Changes the bytes of the blocks that `when` picks, by their count. */
function tampering(when: (count: number) => boolean, change: (bytes: Uint8Array) => Uint8Array) {
  let count = 0;
  return (iq: Element): Element => {
    const data = iq.getChild("data", NS.ibb);
    if (data !== undefined && when(count++)) {
      data.children = [toBase64(change(fromBase64(data.getText())))];
    }
    return iq;
  };
}

const flip = (bytes: Uint8Array) => {
  bytes[0]! ^= 1;
  return bytes;
};

Deno.test("a file comes whole, of any size about the edges of blocks", async () => {
  for (const size of [64, 8_192, 16_385, 1_000_000]) {
    const { fetch, whole, bytes } = await bedOf(size);
    await fetch();
    assert.deepEqual(await whole(), bytes);
  }
});

Deno.test("who is no contact is asked nothing, whatever address they name", async () => {
  const { a, b, fetch, got } = await bedOf(1_000, false);
  let heard = 0;
  for (const linked of [a, b]) linked.network = (iq) => (heard++, iq);
  await assert.rejects(fetch(), code("no-way"));
  assert.deepEqual([heard, got.length], [0, 0]);
});

Deno.test("blocks flipped, cut short, dropped, doubled: it goes on behind what was right", async () => {
  const changes = [flip, (bytes: Uint8Array) => bytes.subarray(1)];
  for (const change of changes) {
    const { a, fetch, whole, bytes } = await bedOf(400_000);
    a.network = tampering((count) => count % 9 === 7, change);
    await fetch();
    assert.deepEqual(await whole(), bytes);
  }
  for (const kind of ["drop", "double"]) {
    const { a, fetch, whole, bytes } = await bedOf(400_000);
    let count = 0;
    a.network = (iq) => {
      if (iq.getChild("data", NS.ibb) === undefined || count++ !== 12) return iq;
      if (kind === "drop") return undefined;
      void a.other.hooks.answer(iq);
      return iq;
    };
    await fetch();
    assert.deepEqual(await whole(), bytes);
  }
});

Deno.test("when all is altered it is given up, and nothing wrong reached the sink", async () => {
  const { a, fetch, got } = await bedOf(50_000);
  a.network = tampering((count) => count > 0, flip);
  await assert.rejects(fetch(), code("file-altered"));
  assert.equal(got.length, 0);
  const forgedList = await bedOf(50_000);
  forgedList.a.network = tampering(() => true, flip);
  await assert.rejects(forgedList.fetch(), code("file-altered"));
});

Deno.test("declined midway, the sender stops; withdrawn midway, the receiver is told", async () => {
  const { a, fetch, bytes } = await bedOf(3_000_000);
  const stop = new AbortController();
  let blocks = 0;
  a.network = (iq) => {
    if (iq.getChild("data", NS.ibb) !== undefined && ++blocks === 20) {
      stop.abort(new Error("declined"));
    }
    return iq;
  };
  await assert.rejects(fetch(stop.signal), /declined/);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(blocks < bytes.length / 16_384 / 2, `${blocks} blocks`);

  const bed = await bedOf(3_000_000);
  bed.a.network = (iq) => {
    if (iq.getChild("data", NS.ibb)?.attrs.seq === "20") bed.from.withdraw(bed.file.id);
    return iq;
  };
  await assert.rejects(bed.fetch(), code("stanza-item-not-found"));
});

Deno.test("a contact that asks for more than two streams at once waits", async () => {
  const { b, file, from } = await bedOf(200_000);
  const ask = async (sid: string) => {
    const id = sid.repeat(32);
    await from.offer({ ...file, id }, new AbortController().signal, () => {});
    return await b.request("fetch", NS.simppFiles, { id, offset: "0", sid });
  };
  const answers = await Promise.allSettled(["1", "2", "3"].map(ask));
  assert.deepEqual(answers.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected"]);
  await assert.rejects(b.request("fetch", NS.simppFiles, { id: file.id, offset: "-1", sid: "4" }));
  await new Promise((resolve) => setTimeout(resolve, 20));
});
