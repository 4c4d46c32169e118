import assert from "node:assert/strict";
import vectors from "../../tests/vectors/call_keys.json" with { type: "json" };
import { fromHex, toHex } from "../base/mod.ts";
import { DEFAULT_POLICY, suite, type SuiteId, systemRandom } from "../crypto/mod.ts";
import { LIMITS_AFTER_AUTH, parseElement } from "../xmpp/core/mod.ts";
import { decodeSignal } from "./codec.ts";
import { Acceptance, answer, type Side } from "./handshake.ts";
import { callKeys, callSecret } from "./keys.ts";
import type { Accept, Propose, Reply } from "./signal.ts";
import { makeTag } from "./tag.ts";
import { transcriptForm } from "./transcript.ts";

const caller = { jid: "alice@example.org", device: "a1", fingerprint: "aa" };
const callee = { jid: "bob@example.org", device: "b1", fingerprint: "bb" };

function sideOf(name: string): Side {
  return { tag: makeTag(name, systemRandom), candidates: [], time: 5 };
}

const propose: Propose = {
  kind: "propose",
  id: "0".repeat(32),
  time: 1,
  suites: [1, 2],
  codecs: [1],
};

Deno.test("the keys of a call are those of the vectors", () => {
  for (const vector of vectors.calls) {
    const read = (text: string) => decodeSignal(parseElement(text, LIMITS_AFTER_AUTH));
    const propose = read(vector.messages.propose) as Propose;
    const accept = read(vector.messages.accept) as Accept;
    const reply = read(vector.messages.reply) as Reply;
    const forms = {
      propose: transcriptForm(propose),
      accept: transcriptForm(accept),
      reply: transcriptForm(reply),
    };
    for (const kind of ["propose", "accept", "reply"] as const) {
      assert.equal(toHex(forms[kind]), vector.forms[kind]);
    }
    const chosen = suite(vector.suite as SuiteId);
    const dh = fromHex(vector.dh);
    const kem = vector.kem === null ? null : fromHex(vector.kem);
    const secret = callSecret({ suite: chosen, dh, kem, ...forms });
    assert.equal(toHex(secret), vector.call_secret);
    const { caller, callee } = vector;
    const context = { suite: chosen, caller, callee, callerTag: reply.tag, calleeTag: accept.tag };
    for (const role of ["caller", "callee"] as const) {
      const keys = callKeys(secret, role, context);
      const peer = role === "caller" ? "callee" : "caller";
      assert.equal(toHex(keys.path.send), vector.path[role]);
      assert.equal(toHex(keys.path.receive), vector.path[peer]);
      assert.equal(toHex(keys.media.send), vector.media[role]);
      assert.equal(toHex(keys.media.receive), vector.media[peer]);
    }
  }
});

async function agree(suites: number[], spoil: (accept: Accept) => Accept = (it) => it) {
  const offer = { ...propose, suites };
  const acceptance = await Acceptance.make(offer, sideOf("b"), systemRandom, DEFAULT_POLICY);
  const parties = { caller, callee };
  const seen = spoil(acceptance.accept);
  const { reply, keys } = await answer(offer, seen, sideOf("a"), parties, systemRandom);
  return { acceptance, reply, keys, theirs: await acceptance.keys(reply, parties) };
}

Deno.test("both sides get the same keys, each direction its own, in every suite", async () => {
  for (const suites of [[1, 2], [2]]) {
    const { keys, theirs, acceptance } = await agree(suites);
    assert.equal(acceptance.accept.kem === null, suites.length === 1);
    assert.deepEqual(keys.path.send, theirs.path.receive);
    assert.deepEqual(keys.path.receive, theirs.path.send);
    assert.deepEqual(keys.media.send, theirs.media.receive);
    assert.deepEqual(keys.media.receive, theirs.media.send);
    const all = [keys.path.send, keys.path.receive, keys.media.send, keys.media.receive];
    assert.equal(new Set(all.map(toHex)).size, 4);
  }
});

Deno.test("a changed tag changes the media keys only; anything else changes all keys", async () => {
  const tag = await agree([1, 2], (accept) => ({ ...accept, tag: sideOf("x").tag }));
  assert.deepEqual(tag.keys.path.send, tag.theirs.path.receive);
  assert.notDeepEqual(tag.keys.media.send, tag.theirs.media.receive);
  assert.notDeepEqual(tag.keys.media.receive, tag.theirs.media.send);
  const changes: ((accept: Accept) => Accept)[] = [
    (accept) => ({ ...accept, time: 6 }),
    (accept) => ({
      ...accept,
      candidates: [{ kind: "host", host: "192.0.2.1", port: 1, priority: 0 }],
    }),
  ];
  for (const change of changes) {
    const { keys, theirs } = await agree([1, 2], change);
    assert.notDeepEqual(keys.path.send, theirs.path.receive);
    assert.notDeepEqual(keys.media.send, theirs.media.receive);
  }
});

Deno.test("media keys are bound to both identities", async () => {
  const acceptance = await Acceptance.make(propose, sideOf("b"), systemRandom, DEFAULT_POLICY);
  const { reply, keys } = await answer(
    propose,
    acceptance.accept,
    sideOf("a"),
    { caller, callee },
    systemRandom,
  );
  for (
    const parties of [
      { caller: { ...caller, fingerprint: "ac" }, callee },
      { caller, callee: { ...callee, device: "b2" } },
      { caller: callee, callee: caller },
    ]
  ) {
    const theirs = await acceptance.keys(reply, parties);
    assert.deepEqual(keys.path.send, theirs.path.receive);
    assert.notDeepEqual(keys.media.send, theirs.media.receive);
  }
});

Deno.test("an acceptance must name what was proposed", async () => {
  const weaker = await Acceptance.make(
    { ...propose, suites: [2] },
    sideOf("b"),
    systemRandom,
    DEFAULT_POLICY,
  );
  const offer = { ...propose, suites: [1] };
  const parties = { caller, callee };
  await assert.rejects(answer(offer, weaker.accept, sideOf("a"), parties, systemRandom), {
    code: "no-common-suite",
  });
  const stripped = { ...weaker.accept, suite: 1 };
  await assert.rejects(answer(offer, stripped, sideOf("a"), parties, systemRandom), {
    code: "open-failed",
  });
  await assert.rejects(
    Acceptance.make({ ...propose, suites: [9] }, sideOf("b"), systemRandom, DEFAULT_POLICY),
    {
      code: "no-common-suite",
    },
  );
});
