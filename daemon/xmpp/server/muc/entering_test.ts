import assert from "node:assert/strict";
import { el, NS } from "../../core/mod.ts";
import { conditionOf, DOMAIN, withServer } from "../testing.ts";
import {
  administer,
  codesOf,
  configuration,
  enter,
  gather,
  heard,
  itemOf,
  make,
  OPEN,
  roomOf,
  say,
} from "./testing.ts";

Deno.test("a new room is locked to others until its owner has configured it", () =>
  withServer(async ({ login }) => {
    const [anna, bert] = [await login("anna"), await login("bert")];
    const own = await enter(anna, "den", "Anna");
    assert.deepEqual(codesOf(own), [100, 110, 170, 201]);
    assert.deepEqual(
      [itemOf(own).attrs.affiliation, itemOf(own).attrs.role, itemOf(own).attrs.jid],
      ["owner", "moderator", anna.jid],
    );
    assert.equal(conditionOf(await enter(bert, "den", "Bert")), "item-not-found");
    assert.equal(
      conditionOf(await bert.request("set", configuration(OPEN), roomOf("den"))),
      "item-not-found",
    );
    assert.equal(
      (await anna.request("set", configuration(OPEN), roomOf("den"))).attrs.type,
      "result",
    );
    assert.deepEqual(codesOf(await enter(bert, "den", "Bert")), [100, 110, 170]);
    const seen = await anna.presence(undefined, `${roomOf("den")}/Bert`);
    assert.equal(itemOf(seen).attrs.jid, bert.jid);
    assert.match(seen.getChild("occupant-id", NS.occupantId)!.attrs.id!, /^[\w-]{43}$/);
  }));

Deno.test("who cancels the form of a new room has none", () =>
  withServer(async ({ login }) => {
    const anna = await login("anna");
    await enter(anna, "den", "Anna");
    const cancel = el("x", { xmlns: NS.dataForms, type: "cancel" });
    await anna.request("set", el("query", { xmlns: NS.mucOwner }, cancel), roomOf("den"));
    const gone = await anna.presence("unavailable", `${roomOf("den")}/Anna`);
    assert.ok(gone.getChild("x", NS.mucUser)!.getChild("destroy"));
    const info = await anna.request("get", el("query", { xmlns: NS.discoInfo }), roomOf("den"));
    assert.equal(conditionOf(info), "item-not-found");
  }));

Deno.test("entering is refused as XEP-0045 section 7.2 says", () =>
  withServer(async ({ login }) => {
    const [anna, bert, carl] = [await login("anna"), await login("bert"), await login("carl")];
    await make(anna, "den", {}, "Anna");
    const why = async (nick = "Bert", ...inX: Parameters<typeof enter>[3][]) =>
      conditionOf(await enter(bert, "den", nick, ...inX));
    assert.equal(await why(), "registration-required");
    await administer(anna, "den", { jid: `bert@${DOMAIN}`, affiliation: "outcast" });
    assert.equal(await why(), "forbidden");
    await administer(anna, "den", { jid: `bert@${DOMAIN}`, affiliation: "member" });
    await anna.request("set", configuration({ roomsecret: "sesame" }), roomOf("den"));
    assert.equal(await why(), "not-authorized");
    assert.equal(await why("Bert", el("password", {}, "sesam")), "not-authorized");
    const password = el("password", {}, "sesame");
    assert.equal(await why("Anna", password), "conflict");
    // Nor one that only looks like hers.
    assert.equal(await why("ANNA", password), "conflict");
    assert.equal(await why("Ａnna", password), "conflict");
    for (const nick of ["\u0410nna", "\u0391nn\u0430"]) {
      assert.equal(await why(nick, password), "conflict", nick);
    }
    const hidden = "\u00AD\u034F\u3164\u{E0041}\uFE0F\u2800\u180E\u200D";
    for (const each of hidden) {
      assert.equal(await why(`Anna${each}`, password), "not-acceptable", encodeURIComponent(each));
    }
    assert.equal(await why("x".repeat(65), password), "not-acceptable");
    assert.equal(await why("Be\u202Ert", password), "not-acceptable");
    bert.send(el("presence", { to: roomOf("den") }, el("x", { xmlns: NS.muc })));
    assert.equal(
      conditionOf(await bert.until((stanza) => stanza.attrs.type === "error")),
      "jid-malformed",
    );
    await anna.request("set", configuration({ maxusers: "1" }), roomOf("den"));
    const full = await enter(bert, "den", "Bert", password);
    assert.equal(conditionOf(full), "service-unavailable");
    assert.equal(full.getChild("error")!.attrs.type, "wait");
    await administer(anna, "den", { jid: `carl@${DOMAIN}`, affiliation: "admin" });
    assert.deepEqual(codesOf(await enter(carl, "den", "Carl", password)), [100, 110, 170]);
    // Presence of who is not inside and does not ask to be: it learns that.
    bert.send(el("presence", { to: `${roomOf("den")}/Bert` }));
    assert.equal(
      conditionOf(await bert.until((stanza) => stanza.attrs.type === "error")),
      "item-not-found",
    );
  }));

Deno.test("in a semi-anonymous room only moderators see addresses", () =>
  withServer(async (bed) => {
    const [anna, bert, carl] = await gather(
      bed,
      "den",
      { ...OPEN, whois: "moderators" },
      "anna",
      "bert",
      "carl",
    );
    bert!.send(el("presence", { to: `${roomOf("den")}/bert` }, el("show", {}, "away")));
    const from = `${roomOf("den")}/bert`;
    const [forAnna, forCarl, own] = [
      await anna!.presence(undefined, from),
      await carl!.presence(undefined, from),
      await bert!.presence(undefined, from),
    ];
    assert.equal(itemOf(forAnna).attrs.jid, bert!.jid);
    assert.equal(itemOf(forCarl).attrs.jid, undefined);
    assert.equal(itemOf(own).attrs.jid, bert!.jid);
    assert.equal(forCarl.getChildText("show"), "away");
    assert.ok(!JSON.stringify(forCarl.toString()).includes(bert!.jid));
  }));

Deno.test("who enters sees who is there, then itself, then what was said, then the subject", () =>
  withServer(async (bed) => {
    const [anna] = await gather(bed, "den", OPEN, "anna", "bert");
    for (const text of ["one", "two", "three"]) say(anna!, "den", text);
    anna!.send(el("message", { to: roomOf("den"), type: "groupchat" }, el("subject", {}, "tea")));
    await anna!.settle();
    const carl = await bed.login("carl");
    carl.send(
      el(
        "presence",
        { to: `${roomOf("den")}/carl` },
        el("x", { xmlns: NS.muc }, el("history", { maxstanzas: "2" })),
      ),
    );
    const came = (await carl.settle()).filter(({ attrs }) => attrs.from!.startsWith(roomOf("den")));
    assert.deepEqual(
      came.map((each) =>
        each.getChildText("body") ?? each.getChildText("subject") ?? each.attrs.from
      ),
      [
        `${roomOf("den")}/anna`,
        `${roomOf("den")}/bert`,
        `${roomOf("den")}/carl`,
        "two",
        "three",
        "tea",
      ],
    );
    const delay = came[3]!.getChild("delay", NS.delay)!;
    assert.equal(delay.attrs.from, roomOf("den"));
    assert.ok(came[3]!.getChild("stanza-id", NS.stanzaIds));

    const dora = await bed.login("dora");
    const texts = async (history: Record<string, string>) => {
      await enter(dora, "den", "dora", el("history", history));
      const said = (await dora.settle()).flatMap((each) => each.getChildText("body") ?? []);
      dora.send(el("presence", { to: `${roomOf("den")}/dora`, type: "unavailable" }));
      return said;
    };
    assert.deepEqual(await texts({ maxchars: "0" }), []);
    assert.deepEqual(await texts({ since: new Date(Date.now() + 60_000).toISOString() }), []);
    assert.deepEqual(await texts({ seconds: "3600" }), ["one", "two", "three"]);
    assert.deepEqual(await texts({ maxstanzas: "nonsense" }), ["one", "two", "three"]);
  }));

Deno.test("several sessions of one account share a nick; each hears all, one goodbye is enough", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    const tablet = await bed.login("bert", "tablet");
    await enter(tablet, "den", "bert");
    assert.equal(
      itemOf(await anna!.presence(undefined, `${roomOf("den")}/bert`)).attrs.jid,
      tablet.jid,
    );
    say(anna!, "den", "hello");
    for (const each of [bert!, tablet]) await heard(each, "hello");
    await bert!.settle();
    tablet.send(el("presence", { to: `${roomOf("den")}/bert`, type: "unavailable" }));
    assert.deepEqual(codesOf(await tablet.presence("unavailable")), [110]);
    // The others see the session that is left.
    assert.equal(
      itemOf(await anna!.presence(undefined, `${roomOf("den")}/bert`)).attrs.jid,
      bert!.jid,
    );
    say(bert!, "den", "still here");
    await heard(anna!, "still here");
    assert.ok(!(await anna!.settle()).some(({ attrs }) => attrs.type === "unavailable"));
    bert!.close();
    await anna!.presence("unavailable", `${roomOf("den")}/bert`);
  }));

Deno.test("only accounts of the server make rooms, and no more than they may", () =>
  withServer(async ({ login, server }) => {
    const anna = await login("anna");
    await make(anna, "one");
    await make(anna, "two");
    assert.equal(conditionOf(await enter(anna, "three", "Anna")), "resource-constraint");
    const bert = await login("bert");
    await make(bert, "three");
    assert.equal(conditionOf(await enter(bert, "four", "Bert")), "resource-constraint");
    const got: string[] = [];
    server.services.add(`bot.${DOMAIN}`, {
      name: "Bot",
      receive: (stanza) => void got.push(conditionOf(stanza)),
    });
    server.deliver(
      el(
        "presence",
        { xmlns: NS.client, from: `bot.${DOMAIN}`, to: `${roomOf("five")}/Bot` },
        el("x", { xmlns: NS.muc }),
      ),
    );
    assert.deepEqual(got, ["not-allowed"]);
  }, { rooms: 3, roomsPerAccount: 2 }));

Deno.test("refused entries leave no trace that counts against the session", () =>
  withServer(async ({ login }) => {
    const [anna, bert] = [await login("anna"), await login("bert")];
    await make(anna, "den", {}, "Anna");
    for (let i = 0; i < 8; i++) {
      assert.equal(conditionOf(await enter(bert, "den", `Bert${i}`)), "registration-required");
    }
    for (let i = 0; i < 8; i++) {
      anna.send(el("presence", { to: `${roomOf("den")}/Anna${i}` }));
      await anna.presence(undefined, `${roomOf("den")}/Anna${i}`);
    }
    await make(bert, "nook", {}, "Bert");
  }, { directedPresences: 3 }));
