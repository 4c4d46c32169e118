import assert from "node:assert/strict";
import { SIMPP_NS } from "../../simpp/mod.ts";
import { el, type Element, Jid } from "../../xmpp/core/mod.ts";
import { ComponentLink } from "./component_link.ts";

/** A link whose SIMPP notes who is opened, and knows who is forgotten. */
function link() {
  let hear = (_: Element) => false;
  const opened: string[] = [], forgotten: string[] = [];
  const trusted = new Set<string>();
  const simpp = {
    events: { on: () => {} },
    trust: { get: (jid: string) => trusted.has(jid) ? {} : undefined },
    open: (jid: string) => {
      opened.push(jid);
      if (!jid.startsWith("real")) return Promise.reject(new RangeError("garbage"));
      trusted.add(jid);
      return Promise.resolve({ from: jid, device: "", envelope: { content: [] } });
    },
    forget: (jid: string) => forgotten.push(jid),
  };
  const component = {
    domain: Jid.parse("keys.example.org"),
    hooks: { message: (hook: typeof hear) => hear = hook },
  };
  new ComponentLink(component as never, simpp as never, () => {});
  const say = async (from: string) => {
    hear(el("message", { from, to: "keys.example.org" }, el("simpp", { xmlns: SIMPP_NS })));
    await Promise.resolve();
  };
  return { say, opened, forgotten };
}

Deno.test("garbage of invented addresses locks newcomers of no other domain out", async () => {
  const { say, opened, forgotten } = link();
  for (let at = 0; at < 8_000; at++) await say(`x${at}@d${at % 20}.evil.example`);
  const tried = opened.length;
  assert.equal(tried, 6_000, "all foreign domains together");
  await say("real@example.org");
  assert.equal(opened.at(-1), "real@example.org");
  for (let at = 0; at < 20; at++) await say("loud@example.org");
  assert.equal(opened.length, tried + 1 + 12, "of one person");
  assert.deepEqual(forgotten, []);
});

Deno.test("of one domain so many newcomers are remembered a minute, garbage not counted", async () => {
  const { say, forgotten } = link();
  for (let at = 0; at < 290; at++) await say(`x${at}@one.example`);
  for (let at = 0; at < 301; at++) await say(`real${at}@one.example`);
  await say("real@two.example");
  await new Promise((done) => setTimeout(done, 0));
  assert.deepEqual(forgotten, ["real300@one.example"]);
});
