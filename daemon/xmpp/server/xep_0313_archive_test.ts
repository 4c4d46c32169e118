import assert from "node:assert/strict";
import { dataForm, el, type Element, NS, pageRequest, readPageResult } from "../core/mod.ts";
import { DOMAIN, type TestClient, withServer } from "./testing.ts";

const say = (to: string, text: string, type = "chat", ...more: Element[]) =>
  el("message", { to, type, id: text }, el("body", {}, text), ...more);

interface Query {
  with?: string;
  start?: string;
  end?: string;
  max?: number;
  after?: string;
  before?: string;
}

/** Asks one's own archive. @returns the bodies, the ids, and the end */
async function ask(who: TestClient, query: Query = {}, to?: string) {
  const { max, after, before, ...fields } = query;
  const form = dataForm(
    "submit",
    NS.archive,
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, { type: "text-single", value }]),
    ),
  );
  const set = pageRequest({ max, after, before });
  const id = `q${Math.random()}`;
  const got: Element[] = [];
  who.send(el(
    "iq",
    { type: "set", id, to },
    el("query", { xmlns: NS.archive, queryid: id }, form, set),
  ));
  const answer = await who.until((stanza) => {
    const result = stanza.getChild("result", NS.archive);
    if (result?.attrs.queryid === id && !got.includes(result)) got.push(result);
    return stanza.is("iq") && stanza.attrs.id === id;
  });
  const fin = answer.getChild("fin", NS.archive);
  return {
    answer,
    bodies: got.map((result) =>
      result.getChild("forwarded", NS.forward)!.getChild("message", NS.client)!.getChildText("body")
    ),
    ids: got.map(({ attrs }) => attrs.id!),
    complete: fin?.attrs.complete === "true",
    page: fin === undefined ? undefined : readPageResult(fin),
  };
}

Deno.test("both sides find a chat in their archives, by ids the receiver saw, and nobody else does", () =>
  withServer(async ({ online }) => {
    const anna = await online("anna");
    const bert = await online("bert");
    const eve = await online("eve");
    anna.send(say(`bert@${DOMAIN}`, "one"));
    anna.send(say(bert.jid, "two"));
    anna.send(say(`bert@${DOMAIN}`, "gone", "chat", el("no-store", { xmlns: NS.hints })));
    anna.send(say(`bert@${DOMAIN}`, "headline", "headline"));
    const one = await bert.until((stanza) => stanza.getChildText("body") === "one");
    const stamped = one.getChild("stanza-id", NS.stanzaIds)!;
    assert.equal(stamped.attrs.by, `bert@${DOMAIN}`);
    await bert.until((stanza) => stanza.getChildText("body") === "headline");
    const his = await ask(bert);
    assert.deepEqual(his.bodies, ["one", "two"]);
    assert.equal(his.ids[0], stamped.attrs.id);
    assert.ok(his.complete);
    assert.equal(his.page?.count, 2);
    assert.deepEqual((await ask(anna)).bodies, ["one", "two"]);
    assert.deepEqual((await ask(eve)).bodies, []);
    const { answer } = await ask(eve, {}, `bert@${DOMAIN}`);
    assert.equal(answer.attrs.type, "error");
  }));

Deno.test("pages run forwards and backwards, by peer and by time, and say when they end", () =>
  withServer(async ({ online }) => {
    const anna = await online("anna");
    await online("bert");
    await online("cleo");
    const texts = Array.from({ length: 25 }, (_, i) => `text ${i}`);
    for (const text of texts) anna.send(say(`bert@${DOMAIN}`, text));
    anna.send(say(`cleo@${DOMAIN}`, "to Cleo"));
    const all: (string | null)[] = [];
    let after: string | undefined;
    for (let complete = false; !complete;) {
      const page = await ask(anna, {
        with: `bert@${DOMAIN}`,
        max: 10,
        ...(after === undefined ? {} : { after }),
      });
      all.push(...page.bodies);
      assert.equal(page.page?.count, 25);
      after = page.page?.last;
      complete = page.complete;
    }
    assert.deepEqual(all, texts);
    const last = await ask(anna, { with: `bert@${DOMAIN}`, max: 10, before: "" });
    assert.deepEqual(last.bodies, texts.slice(15));
    const before = await ask(anna, { with: `bert@${DOMAIN}`, max: 100, before: last.ids[0]! });
    assert.deepEqual(before.bodies, texts.slice(0, 15));
    assert.ok(before.complete);
    assert.deepEqual((await ask(anna, { with: `cleo@${DOMAIN}` })).bodies, ["to Cleo"]);
    assert.deepEqual((await ask(anna, { start: "2999-01-01T00:00:00Z" })).bodies, []);
    assert.equal((await ask(anna, { end: "2999-01-01T00:00:00Z" })).bodies.length, 26);
    assert.equal((await ask(anna, { max: 0 })).page?.count, 26);
    for (const wrong of [{ after: "1" }, { start: "yesterday" }, { with: "@" }]) {
      assert.equal((await ask(anna, wrong)).answer.attrs.type, "error");
    }
  }));

Deno.test("a forged stanza-id of this server is taken off, others' stay", () =>
  withServer(async ({ online }) => {
    const anna = await online("anna");
    const bert = await online("bert");
    const forged = (by: string) => el("stanza-id", { xmlns: NS.stanzaIds, by, id: "1" });
    anna.send(say(bert.jid, "x", "chat", forged(`bert@${DOMAIN}`), forged("elsewhere.example")));
    const got = await bert.until((stanza) => stanza.getChildText("body") === "x");
    assert.deepEqual(
      got.getChildren("stanza-id", NS.stanzaIds).map(({ attrs }) => attrs.by).sort(),
      [`bert@${DOMAIN}`, "elsewhere.example"],
    );
    assert.ok(
      got.getChildren("stanza-id").every(({ attrs }) =>
        attrs.by === "elsewhere.example" || attrs.id !== "1"
      ),
    );
  }));

Deno.test("preferences decide what is archived, and an archive goes with its account", () =>
  withServer(async ({ server, online }) => {
    const anna = await online("anna");
    const bert = await online("bert");
    const never = el("never", {}, el("jid", {}, `bert@${DOMAIN}`));
    const prefs = el("prefs", { xmlns: NS.archive, default: "always" }, el("always"), never);
    const answer = await anna.request("set", prefs);
    assert.match(answer.toString(), /bert@/);
    anna.send(say(bert.jid, "unkept"));
    await bert.until((stanza) => stanza.getChildText("body") === "unkept");
    assert.deepEqual((await ask(anna)).bodies, []);
    assert.deepEqual((await ask(bert)).bodies, ["unkept"]);
    server.storage.accounts.remove("bert");
    server.hooks.removed.run("bert");
    const filter = {
      owner: `bert@${DOMAIN}`,
      peer: "",
      resource: "",
      after: -1,
      before: 2 ** 53 - 1,
    };
    assert.equal(server.storage.archive.count(filter), 0);
  }));

Deno.test("an archive keeps within its room, the oldest go, and the clock may jump back", () =>
  withServer(async ({ server, online }) => {
    const anna = await online("anna");
    const bert = await online("bert");
    for (let i = 0; i < 60; i++) anna.send(say(bert.jid, String(i)));
    const { bodies } = await ask(anna, { max: 100 });
    assert.ok(bodies.length <= 50 && bodies.length >= 40, String(bodies.length));
    assert.equal(bodies.at(-1), "59");
    const { archive } = server.storage;
    const now = archive.nextId(Date.now());
    assert.ok(archive.nextId(Date.now() - 86_400_000) > now);
  }, { archiveMessages: 50 }));

Deno.test("carbons: other resources that want them see both directions, once, and no others", () =>
  withServer(async ({ online }) => {
    const desk = await online("anna", "desk");
    const phone = await online("anna", "phone");
    const quiet = await online("anna", "quiet");
    const bert = await online("bert");
    for (const client of [desk, phone]) {
      await client.request("set", el("enable", { xmlns: NS.carbons }));
    }
    desk.send(say(bert.jid, "from the desk"));
    bert.send(say(desk.jid, "to the desk"));
    bert.send(say(desk.jid, "private", "chat", el("private", { xmlns: NS.carbons })));
    bert.send(say(`anna@${DOMAIN}`, "to all"));
    const seen: string[] = [];
    await phone.until((stanza) => {
      for (const direction of ["sent", "received"]) {
        const carbon = stanza.getChild(direction, NS.carbons);
        const message = carbon?.getChild("forwarded", NS.forward)?.getChild("message", NS.client);
        if (message === undefined) continue;
        assert.equal(stanza.attrs.from, `anna@${DOMAIN}`);
        const line = `${direction} ${message.getChildText("body")}`;
        if (!seen.includes(line)) seen.push(line);
      }
      return stanza.getChildText("body") === "to all";
    });
    assert.deepEqual(seen, ["sent from the desk", "received to the desk"]);
    await quiet.until((stanza) => {
      assert.equal(stanza.toString().includes(NS.carbons), false);
      return stanza.getChildText("body") === "to all";
    });
    await phone.request("set", el("disable", { xmlns: NS.carbons }));
    bert.send(say(desk.jid, "no copy any more"));
    bert.send(say(phone.jid, "end"));
    await phone.until((stanza) => {
      assert.equal(stanza.toString().includes("no copy any more"), false);
      return stanza.getChildText("body") === "end";
    });
  }));

Deno.test("of one resource the messages are found, and not counted", () =>
  withServer(async ({ online }) => {
    const anna = await online("anna");
    const [desk, phone] = [await online("bert", "desk"), await online("bert", "phone")];
    for (const [from, text] of [[desk, "one"], [phone, "two"], [desk, "three"]] as const) {
      from.send(say(`anna@${DOMAIN}`, text));
      await from.settle();
    }
    const found = await ask(anna, { with: desk.jid });
    assert.deepEqual(found.bodies, ["one", "three"]);
    assert.equal(found.page!.count, undefined);
    assert.equal((await ask(anna, { with: `bert@${DOMAIN}` })).page!.count, 3);
  }));
