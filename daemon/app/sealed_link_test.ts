import assert from "node:assert/strict";
import { el, type Element, Jid, serialise } from "../xmpp/core/mod.ts";
import type { Simpp } from "../simpp/mod.ts";
import type { XmppClient } from "../xmpp/client/mod.ts";
import { SealedLink } from "./sealed_link.ts";

const NS = "urn:simpp:2";

/** A link whose end-to-end layer gives `devices` packets of `size` characters; what it sends. */
function linkOf(devices: number, size: number, confirm: () => Promise<void>) {
  const sent: Element[] = [];
  const packets = Array.from(
    { length: devices },
    (_, n) => el("for", { did: n.toString(16).padStart(16, "0") }, "A".repeat(size)),
  );
  const element = el("simpp", { xmlns: NS, sid: "0".repeat(16) }, ...packets);
  const simpp = {
    seal: () => Promise.resolve({ suite: "simpp-pq", parts: [{ to: "bob@x", element }] }),
  };
  const client = {
    state: "online",
    jid: Jid.parse("alice@x"),
    hooks: { message: () => () => {} },
    send: (stanza: Element) => void sent.push(stanza),
    confirm,
  };
  const link = new SealedLink(simpp as unknown as Simpp);
  link.attach(client as unknown as XmppClient);
  return { link, sent };
}

Deno.test("send() spreads many devices over stanzas that a server takes", async () => {
  const { link, sent } = linkOf(32, 41_000, () => Promise.resolve());
  await link.send("bob@x", [], { store: true });
  assert.ok(sent.length > 1);
  for (const stanza of sent) assert.ok(serialise(stanza).length < 262_144);
  const all = sent.flatMap((stanza) => stanza.getChild("simpp", NS)!.getChildren("for"));
  assert.deepEqual(all.map(({ attrs }) => Number.parseInt(attrs.did!, 16)), [...Array(32).keys()]);
});

Deno.test("send() says not-confirmed when the connection ends right after", async () => {
  const { link, sent } = linkOf(1, 100, () => Promise.reject(new Error("gone")));
  await assert.rejects(link.send("bob@x", [], { store: true }), { code: "not-confirmed" });
  assert.equal(sent.length, 1);
});

Deno.test("what comes from who is blocked is not even opened", () => {
  const opened: string[] = [];
  const simpp = { open: (from: string) => (opened.push(from), Promise.resolve(null)) };
  const link = new SealedLink(simpp as unknown as Simpp, (jid) => jid === "mallory@x");
  let take = (_: Element): boolean => false;
  const client = {
    hooks: { message: (hook: typeof take) => (take = hook, () => {}) },
  };
  link.attach(client as unknown as XmppClient);
  for (const from of ["mallory@x/home", "bob@x/home"]) {
    assert.equal(take(el("message", { from }, el("simpp", { xmlns: NS, sid: "0" }))), true);
  }
  assert.deepEqual(opened, ["bob@x"]);
});
