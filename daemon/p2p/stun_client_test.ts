import assert from "node:assert/strict";
import { type Bytes, fromUtf8, utf8 } from "../base/mod.ts";
import { random } from "./link_for_tests.ts";
import {
  decodeStun,
  encodeStun,
  StunAttribute,
  StunClass,
  type StunMessage,
  StunMethod,
  verifyStun,
} from "./stun.ts";
import { StunClient } from "./stun_client.ts";
import { longTermKey } from "./stun_credentials.ts";
import { challenge, CREDENTIALS, KEY, refusal, success } from "./turn_server_for_tests.ts";

const NEVER = new AbortController().signal;

/** A client whose requests are answered by `answer`, after they left. */
function client(answer: (request: StunMessage, count: number) => Bytes[], rto = 50) {
  const requests: StunMessage[] = [];
  const one: StunClient = new StunClient({
    credentials: CREDENTIALS,
    rto,
    send: (bytes) => {
      const request = decodeStun(bytes)!;
      requests.push(request);
      for (const each of answer(request, requests.length)) {
        queueMicrotask(() => one.receive(each));
      }
    },
  });
  return { one, requests };
}

Deno.test("a request nobody answers is sent seven times, then given up", async () => {
  const { one, requests } = client(() => [], 1);
  await assert.rejects(one.request(StunMethod.binding, () => [], NEVER), {
    code: "stun-no-answer",
  });
  assert.equal(requests.length, 7);
  assert.equal(new Set(requests.map(({ transaction }) => transaction.toHex())).size, 1);
});

Deno.test("an answer to another transaction, or that is no answer, counts for nothing", async () => {
  const { one, requests } = client((request, count) => {
    const { method, bytes } = request;
    const other = { ...request, transaction: random(12) };
    const forged = [
      success(other, [], null),
      refusal(other, 500),
      new Uint8Array(bytes),
      encodeStun({ ...request, class: StunClass.indication }, []),
      new Uint8Array(random(1_400)),
      new Uint8Array(0),
    ];
    return count < 3 ? forged : [success({ ...request, method }, [], null)];
  }, 1);
  await one.request(StunMethod.binding, () => [], NEVER);
  assert.equal(requests.length, 3);
});

Deno.test("once a name was shown, only who knows the password answers", async () => {
  const marked = (value: number) => [[0x8022, Uint8Array.of(value)]] as [number, Uint8Array][];
  const { one } = client((request) => {
    if (!verifyStun(request, KEY)) return [refusal(request, 401, ...challenge("n"))];
    return [
      success(request, marked(1), null),
      success(request, marked(2), { key: utf8("guess"), sha256: false }),
      success(request, marked(3), { ...KEY, sha256: true }),
      refusal(request, 486),
      success(request, marked(4)),
    ];
  });
  const answer = await one.request(StunMethod.allocate, () => [], NEVER);
  assert.deepEqual([...answer.attributes.get(0x8022)!], [4]);
});

Deno.test("nonces that go stale without end are given up", async () => {
  const { one, requests } = client((request, count) => [
    refusal(request, count === 1 ? 401 : 438, ...challenge(`nonce ${count}`)),
  ]);
  await assert.rejects(one.request(StunMethod.allocate, () => [], NEVER), {
    code: "stun-refused",
  });
  assert.equal(requests.length, 4);
});

Deno.test("a stale nonce is replaced, and the new one stays", async () => {
  let stale = true;
  const { one, requests } = client((request) => {
    if (!verifyStun(request, KEY)) return [refusal(request, 401, ...challenge("old"))];
    const answer = stale ? refusal(request, 438, ...challenge("new")) : success(request, []);
    stale = false;
    return [answer];
  });
  await one.request(StunMethod.allocate, () => [], NEVER);
  await one.request(StunMethod.refresh, () => [], NEVER);
  const nonces = requests.map(({ attributes }) => attributes.get(StunAttribute.nonce))
    .map((nonce) => nonce === undefined ? "" : fromUtf8(nonce));
  assert.deepEqual(nonces, ["", "old", "new", "new"]);
});

Deno.test("a wrong password is not tried again, nor a challenge without realm or of 4 KB", async () => {
  for (
    const [attributes, tries] of [
      [challenge("nonce"), 2],
      [[[StunAttribute.nonce, utf8("alone")]], 1],
      [[[StunAttribute.realm, utf8("alone")]], 1],
      [challenge("n".repeat(764)), 1],
    ] as const
  ) {
    const { one, requests } = client((it) => [refusal(it, 401, ...attributes)]);
    await assert.rejects(one.request(StunMethod.allocate, () => [], NEVER), { status: 401 });
    assert.equal(requests.length, tries);
  }
});

Deno.test("SHA-256 is taken where it is offered, and a nonce that lost its offer is refused", async () => {
  const sha256 = { key: longTermKey(CREDENTIALS, "turn.test", true), sha256: true };
  const offer = [0x8002, Uint8Array.of(0, 1, 0, 0, 0, 2, 0, 0)] as const;
  const nonce = "obMatJos2gAAA" + "further";
  const { one, requests } = client((request) =>
    verifyStun(request, sha256)
      ? [success(request, [], sha256)]
      : [refusal(request, 401, ...challenge(nonce), offer)]
  );
  await one.request(StunMethod.allocate, () => [], NEVER);
  const { attributes, integrity } = requests[1]!;
  assert.deepEqual(attributes.get(StunAttribute.passwordAlgorithms), offer[1]);
  assert.deepEqual([...attributes.get(StunAttribute.passwordAlgorithm)!], [0, 2, 0, 0]);
  assert.deepEqual([...integrity.keys()], [StunAttribute.messageIntegritySha256]);

  const down = client((request) => [refusal(request, 401, ...challenge(nonce))]);
  await assert.rejects(down.one.request(StunMethod.allocate, () => [], NEVER), { status: 401 });
  assert.equal(down.requests.length, 1);
});

Deno.test("another server that an answer names is not asked", async () => {
  const { one, requests } = client((request) => [
    refusal(request, 300, [0x8023, Uint8Array.of(0, 1, 0, 80, 192, 0, 2, 1)]),
  ]);
  await assert.rejects(one.request(StunMethod.allocate, () => [], NEVER), { status: 300 });
  assert.equal(requests.length, 1);
});

Deno.test("a success with what must be understood and is not is none", async () => {
  const { one } = client((request) => [success(request, [[0x7ffe, random(4)]], null)]);
  await assert.rejects(one.request(StunMethod.binding, () => [], NEVER), { code: "stun-refused" });
});

Deno.test("an aborted request ends at once, and requests that wait are bounded", async () => {
  const { one } = client(() => []);
  const stop = new AbortController();
  const many = Array.from(
    { length: 60 },
    () => one.request(StunMethod.binding, () => [], stop.signal),
  );
  const outcomes = Promise.allSettled(many);
  stop.abort(new Error("enough"));
  const reasons = (await outcomes).map((it) => it.status === "rejected" ? it.reason.message : "");
  assert.equal(reasons.filter((reason) => reason === "enough").length, 48);
  assert.equal(reasons.filter((reason) => /Too many/.test(reason)).length, 12);
  await assert.rejects(one.request(StunMethod.binding, () => [], stop.signal), /enough/);
});
