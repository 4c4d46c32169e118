import assert from "node:assert/strict";
import { type Bytes, SimppdError } from "../../base/mod.ts";
import { Jid, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { LinkedClient } from "./testing_linked.ts";
import { type IbbOptions, InBandBytestreams } from "./xep_0047_ibb.ts";

const A = Jid.parse("a@example.org/one");
const B = Jid.parse("b@example.org/two");

function pair() {
  const [a, b] = [new LinkedClient(A), new LinkedClient(B)];
  a.other = b;
  b.other = a;
  const from = new InBandBytestreams(a as unknown as XmppClient);
  const to = new InBandBytestreams(b as unknown as XmppClient);
  const opened = async (options: IbbOptions = {}) => {
    const coming = to.expect(A, "s", options.idleMs ? { idleMs: options.idleMs } : {});
    const sending = await from.openTo(B, { sid: "s", ...options });
    return { sending, receiving: await coming };
  };
  return { a, b, from, to, opened };
}

const refusedWith = (condition: string) => (error: unknown) =>
  error instanceof StanzaError && error.condition === condition;
const code = (expected: string) => (error: unknown) =>
  error instanceof SimppdError && error.code === expected;

async function all(stream: AsyncIterable<Bytes>): Promise<Uint8Array> {
  const blocks: Bytes[] = [];
  for await (const block of stream) blocks.push(block);
  return new Uint8Array(await new Blob(blocks).arrayBuffer());
}

Deno.test("bytes come in order, several blocks on their way at a time, both ways", async () => {
  for (const stanza of ["iq", "message"] as const) {
    const { a, from, to, opened } = pair();
    const { sending, receiving } = await opened({ stanza, blockSize: 1_024, window: 6 });
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const came = all(receiving);
    await sending.write(bytes);
    await receiving.write(bytes.subarray(0, 5_000));
    assert.equal((await sending.read())?.length, 1_024);
    await sending.close();
    assert.deepEqual(await came, bytes);
    if (stanza === "iq") assert.ok(a.most > 1 && a.most <= 6, `${a.most} at a time`);
    assert.deepEqual([from.open, to.open], [0, 0]);
  }
});

Deno.test("the sequence number begins anew after 65535", async () => {
  const { sending, receiving } = await pair().opened({ stanza: "message", window: 16 });
  let sum = 0;
  const reading = (async () => {
    for await (const block of receiving) sum += block[0]!;
  })();
  const one = Uint8Array.of(1);
  for (let i = 0; i < 65_600; i++) await sending.write(one);
  await sending.close();
  await reading;
  assert.equal(sum, 65_600);
});

Deno.test("openTo() halves the block size for as long as it is too much", async () => {
  const { from, to } = pair();
  const coming = to.expect(A, "s", { maxBlockSize: 5_000 });
  const stream = await from.openTo(B, { sid: "s", blockSize: 32_768 });
  assert.equal(stream.terms.blockSize, 4_096);
  await stream.close();
  assert.equal(await (await coming).read(), null);
});

Deno.test("a stream that is not expected, or is malformed, is refused", async () => {
  const { a, from, to } = pair();
  await assert.rejects(from.openTo(B), refusedWith("not-acceptable"));
  const stop = new AbortController();
  const waiting = assert.rejects(to.expect(A, "s", { signal: stop.signal }), /enough/);
  for (const size of ["0", "65536", "x", "-1"]) {
    const attrs = { sid: "s", "block-size": size };
    await assert.rejects(a.say("open", attrs), refusedWith("bad-request"));
  }
  await assert.rejects(a.say("data", { sid: "s", seq: "0" }), refusedWith("item-not-found"));
  await assert.rejects(a.say("close", { sid: "s" }), refusedWith("item-not-found"));
  stop.abort(new Error("enough"));
  await waiting;
  await assert.rejects(to.expect(A, "s", { timeoutMs: 1 }), code("timeout"));
});

Deno.test("a block out of turn, too large or no base64 ends the stream", async () => {
  const wrong: [string, string, string][] = [
    ["1", "AAAA", "unexpected-request"],
    ["00", "AAAA", "unexpected-request"],
    ["0", "A".repeat(4_000), "bad-request"],
    ["0", "AAA", "bad-request"],
    ["0", "A*AA", "bad-request"],
  ];
  for (const [seq, text, condition] of wrong) {
    const { a, to, opened } = pair();
    const { sending, receiving } = await opened({ blockSize: 1_024 });
    await assert.rejects(a.say("data", { sid: "s", seq }, text), refusedWith(condition));
    await assert.rejects(receiving.read(), code("bad-stream"));
    await assert.rejects(sending.write(Uint8Array.of(1)), code("stream-closed"));
    assert.equal(to.open, 0);
  }
});

Deno.test("who does not read holds the sender back, and a sender that goes on is cut off", async () => {
  const { a, opened } = pair();
  const { sending, receiving } = await opened({ blockSize: 65_535 });
  const bytes = new Uint8Array(3_000_000);
  const written = sending.write(bytes);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(a.waiting > 0);
  let length = 0;
  while (length < bytes.length) length += (await receiving.read())!.length;
  await written;
  await sending.close();

  const flood = pair();
  const streams = await flood.opened({ blockSize: 65_535, stanza: "message" });
  streams.sending.write(new Uint8Array(6_000_000)).catch(() => {});
  await assert.rejects(async () => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (flood.to.open === 0) await streams.receiving.read();
    }
  }, code("bad-stream"));
});

Deno.test("silence ends a stream; so does the end of the session", async () => {
  const { opened } = pair();
  const { sending, receiving } = await opened({ idleMs: 20 });
  await assert.rejects(receiving.read(), code("timeout"));
  await assert.rejects(
    async () => {
      for (;;) await sending.write(Uint8Array.of(1));
    },
    (error) => error instanceof SimppdError,
  );

  const { b, opened: again } = pair();
  const session = new AbortController();
  await b.hooks.runOnline(b as unknown as XmppClient, session.signal);
  const streams = await again();
  session.abort();
  await assert.rejects(streams.receiving.read(), code("not-online"));
  streams.sending.abort();
});
