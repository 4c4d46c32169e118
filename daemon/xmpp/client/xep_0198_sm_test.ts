import assert from "node:assert/strict";
import fc from "fast-check";
import { el, Jid } from "../core/mod.ts";
import { Session } from "./session.ts";
import { preferred, StreamManagement } from "./xep_0198_sm.ts";

const NS = "urn:xmpp:sm:3";
const enabled = (attrs: Record<string, string> = {}) =>
  el("enabled", { xmlns: NS, id: "one", resume: "true", ...attrs });
const message = (n: number) => el("message", { id: String(n) });

Deno.test("what is confirmed leaves the queue, oldest first, and nothing else does", () => {
  const step = fc.oneof(
    fc.record({ send: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ confirm: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.constant("cut" as const),
  );
  // Near the end of 32 bits, so that counters wrap within a run.
  const start = fc.integer({ min: 2 ** 32 - 40, max: 2 ** 32 - 1 });
  fc.assert(fc.property(start, fc.array(step, { maxLength: 40 }), (start, steps) => {
    const management = new StreamManagement(enabled(), start);
    let sent = 0;
    let confirmed = 0;
    for (const step of steps) {
      if (step === "cut") management.cut();
      else if ("send" in step) {
        for (let i = 0; i < step.send; i++) management.sent(message(sent++), 10);
      } else {
        confirmed += Math.floor(step.confirm * (sent - confirmed));
        management.acknowledged(String((start + confirmed) % 2 ** 32));
      }
      const left = management.unacknowledged.map(({ attrs }) => Number(attrs.id));
      assert.deepEqual(left, Array.from({ length: sent - confirmed }, (_, i) => confirmed + i));
    }
    assert.equal(management.end(new Error("over")).length, sent - confirmed);
  }));
});

Deno.test("an impossible acknowledgement is refused, and the stream cannot be resumed after", () => {
  for (const h of ["4", "2", "4294967295", "4294967296", "-1", "", "3.0", "0x3", undefined]) {
    const management = new StreamManagement(enabled());
    for (let i = 0; i < 3; i++) management.sent(message(i), 10);
    management.acknowledged("3");
    assert.throws(() => management.acknowledged(h), { code: "stream-undefined-condition" }, h);
    assert.equal(management.resume(), undefined);
  }
});

Deno.test("what was handled is counted modulo 2^32", () => {
  const management = new StreamManagement(enabled(), 2 ** 32 - 2);
  const said = () => management.answer().attrs.h;
  assert.equal(said(), "4294967294");
  management.handled();
  assert.equal(said(), "4294967295");
  management.handled();
  assert.equal(said(), "0");
  assert.deepEqual(management.resume()?.attrs, { xmlns: NS, h: "0", previd: "one" });
});

Deno.test("confirmed() waits for what was sent before, over a cut, and fails when all is over", async () => {
  const management = new StreamManagement(enabled());
  await management.confirmed();
  management.sent(message(0), 10);
  const first = management.confirmed();
  management.sent(message(1), 10);
  const second = management.confirmed();
  management.cut();
  management.acknowledged("1");
  await first;
  const refused = assert.rejects(second, /over/);
  management.end(new Error("over"));
  await refused;
});

Deno.test("the queue is bounded in stanzas and in characters", () => {
  const many = new StreamManagement(enabled());
  for (let i = 0; i < 1_000; i++) {
    many.checkRoom();
    many.sent(message(i), 1);
  }
  assert.throws(() => many.checkRoom(), { code: "send-queue-full" });
  many.acknowledged("1");
  many.checkRoom();
  const large = new StreamManagement(enabled());
  large.sent(message(0), 2_097_152);
  assert.throws(() => large.checkRoom(), { code: "send-queue-full" });
});

Deno.test("an acknowledgement is asked for now and then, once for the same", () => {
  const management = new StreamManagement(enabled());
  assert.equal(management.ask(), undefined);
  for (let i = 0; i < 9; i++) management.sent(message(i), 1);
  assert.equal(management.shouldAsk, false);
  management.sent(message(9), 1);
  assert.equal(management.shouldAsk, true);
  assert.ok(management.ask()?.is("r", NS));
  assert.equal(management.ask(), undefined);
  assert.equal(management.awaitsAnswer, true);
  management.cut();
  assert.ok(management.ask()?.is("r", NS), "a cut connection answers nothing");
});

Deno.test("how long and where to resume is taken from the server within bounds", () => {
  const of = (attrs: Record<string, string>) => new StreamManagement(enabled(attrs));
  assert.equal(of({ max: "30" }).resumeMs, 30_000);
  assert.equal(of({ max: "999999999" }).resumeMs, 3_600_000);
  assert.equal(of({ max: "soon" }).resumeMs, 300_000);
  assert.equal(of({ resume: "false" }).resume(), undefined);
  assert.equal(of({ id: "" }).resume(), undefined);
  assert.equal(of({ id: "x".repeat(5000) }).resume(), undefined);

  const last = { host: "a.example", port: 5223, tls: "direct" } as const;
  const place = (location: string) => preferred(of({ location }), last);
  assert.deepEqual(place("b.example:5000"), { host: "b.example", port: 5000, tls: "direct" });
  assert.deepEqual(place("b.example"), { host: "b.example", port: 5223, tls: "direct" });
  assert.deepEqual(place("[2001:db8::1]:5000"), { host: "2001:db8::1", port: 5000, tls: "direct" });
  for (
    const bad of ["", "b.example:0", "b.example:99999", "http://b.example", "b example", "[::1"]
  ) {
    assert.equal(place(bad), undefined, bad);
  }
  const webSocket = { host: "a.example", port: 443, tls: "websocket", path: "/ws" } as const;
  assert.equal(preferred(of({ location: "b.example:5000" }), webSocket), undefined);
});

Deno.test("what is of no namespace ends the stream: the server may count it, and we would not", () => {
  const session = new Session(Jid.parse("me@server.test/here"), new StreamManagement(enabled()));
  for (const xmlns of [undefined, ""]) {
    assert.throws(() => session.take(el("message", { xmlns })), {
      code: "stream-invalid-namespace",
    });
  }
  session.end();
});
