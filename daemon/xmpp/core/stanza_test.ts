import assert from "node:assert/strict";
import {
  el,
  errorReply,
  escapeText,
  iqResult,
  LIMITS_BEFORE_AUTH,
  newId,
  NS,
  parseElement,
  serialise,
  StanzaError,
  StreamError,
} from "./mod.ts";

Deno.test("serialise() escapes, and refuses what XML cannot carry", () => {
  const element = el("a", { b: "<'\"&\n", c: undefined }, "x<y\r", el("d"), undefined);
  assert.equal(
    serialise(element),
    `<a b="&lt;&apos;&quot;&amp;&#xA;">x&lt;y&#xD;<d/></a>`,
  );
  for (const bad of ["\x00", "\x0b", "\ufffe", "\ud800"]) {
    assert.throws(() => escapeText(bad), { code: "bad-xml" });
    assert.throws(() => serialise(el("a", { b: bad })), { code: "bad-xml" });
  }
  for (const name of ["", "a b", "a><b", "1a", "a:b:c"]) {
    assert.throws(() => serialise(el(name)), { code: "bad-xml" }, name);
    assert.throws(() => serialise(el("a", { [name]: "" })), { code: "bad-xml" }, name);
  }
  let deep = el("a");
  for (let i = 0; i < 100; i++) deep = el("a", {}, deep);
  assert.throws(() => serialise(deep), { code: "bad-xml" });
});

Deno.test("errorReply() and iqResult() go back to the sender", () => {
  const iq = el("iq", { from: "a@b/c", to: "d@e", id: "1", type: "get" });
  const error = errorReply(iq, "cancel", "item-not-found", "gone");
  assert.deepEqual(error.attrs, { from: "d@e", to: "a@b/c", id: "1", type: "error" });
  const read = StanzaError.fromElement(parseElement(serialise(error), LIMITS_BEFORE_AUTH));
  assert.equal(read.condition, "item-not-found");
  assert.equal(read.type, "cancel");
  assert.equal(read.text, "gone");
  assert.equal(
    serialise(iqResult(iq, el("x"))),
    `<iq type="result" id="1" from="d@e" to="a@b/c"><x/></iq>`,
  );
});

Deno.test("StreamError and StanzaError read what is strange without failing", () => {
  const error = parseElement(serialise(new StreamError("conflict", "t").toElement()), {
    ...LIMITS_BEFORE_AUTH,
  });
  assert.equal(StreamError.fromElement(error).code, "stream-conflict");
  assert.equal(StanzaError.fromElement(el("iq")).condition, "undefined-condition");
  const specific = el(
    "iq",
    {},
    el(
      "error",
      { type: "x" },
      el("conflict", { xmlns: NS.stanzas }),
      el("precondition-not-met", { xmlns: NS.pubsubErrors }),
    ),
  );
  assert.equal(StanzaError.fromElement(specific).application, "precondition-not-met");
  assert.equal(StanzaError.fromElement(specific).type, "cancel");
});

Deno.test("newId() does not repeat itself", () => {
  assert.equal(new Set(Array.from({ length: 1000 }, newId)).size, 1000);
});
