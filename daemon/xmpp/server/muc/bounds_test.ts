import assert from "node:assert/strict";
import fc from "fast-check";
import { el, type Element, NS, serialise } from "../../core/mod.ts";
import { conditionOf, DOMAIN, type TestClient, withServer } from "../testing.ts";
import {
  administer,
  configuration,
  enter,
  gather,
  heard,
  make,
  OPEN,
  roomOf,
  say,
} from "./testing.ts";

Deno.test("who says too much at once is refused for a while, and nobody else is", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    for (let i = 0; i < 20; i++) say(bert!, "den", `m${i}`);
    const came = await bert!.settle();
    const refused = came.filter(({ attrs }) => attrs.type === "error");
    assert.ok(refused.length >= 5, String(refused.length));
    assert.ok(refused.every((each) => conditionOf(each) === "resource-constraint"));
    say(anna!, "den", "calm");
    await heard(bert!, "calm");
  }, { occupantStanzaBurst: 10, occupantStanzasPerSecond: 0.1 }));

Deno.test("a room's password is guessed slowly", () =>
  withServer(async ({ server, login }) => {
    const [anna, eve] = [await login("anna"), await login("eve")];
    await make(anna, "den", { ...OPEN, roomsecret: "sesame" }, "anna");
    const guess = async (password: string) =>
      conditionOf(await enter(eve, "den", "eve", el("password", {}, password)));
    assert.equal(await guess("a"), "not-authorized");
    assert.equal(await guess("b"), "not-authorized");
    assert.equal(await guess("c"), "resource-constraint");
    // Nor does it help to wait until the room is empty.
    anna.send(el("presence", { to: `${roomOf("den")}/anna`, type: "unavailable" }));
    await anna.settle();
    assert.equal(await guess("sesame"), "resource-constraint");
    // Nor to look at so many other rooms that this one is not held any more.
    for (let i = 0; i < 105; i++) {
      const { storage } = server;
      storage.rooms.put({ ...storage.rooms.get("den")!, name: `other${i}` });
      await eve.request("get", el("query", { xmlns: NS.discoInfo }), roomOf(`other${i}`));
    }
    assert.equal(await guess("sesame"), "resource-constraint");
  }, { occupantStanzaBurst: 25, occupantStanzasPerSecond: 0.1 }));

Deno.test("who changes lists and settings of a room pays for all that the others are told", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    const people = (count: number, affiliation = "member") =>
      Array.from({ length: count }, (_, i) => ({ jid: `p${i}@${DOMAIN}`, affiliation }));
    const session = bed.server.sessions.of("anna")[0]!;
    let charged = 0;
    const charge = session.charge.bind(session);
    session.charge = (bytes) => {
      charged += bytes;
      charge(bytes);
    };
    const told = async () => {
      charged = 0;
      return (await bert!.settle()).reduce((sum, each) => sum + serialise(each).length, 0);
    };
    await told();
    assert.equal((await administer(anna!, "den", ...people(30))).attrs.type, "result");
    const paid = charged;
    const copies = await told();
    assert.ok(copies > 30 * 100 && paid > copies, `${paid} of ${copies}`);
    await anna!.request("set", configuration({ roomdesc: "new" }), roomOf("den"));
    await administer(anna!, "den", { nick: "bert", role: "visitor" });
    assert.ok(charged > (await told()), "settings and roles are paid for too");
    const many = await administer(anna!, "den", ...people(101));
    assert.equal(conditionOf(many), "policy-violation");
    await administer(anna!, "den", ...people(30, "none"));
    const another = await administer(anna!, "den", ...people(30));
    assert.equal(conditionOf(another), "resource-constraint");
  }, { occupantStanzaBurst: 50, occupantStanzasPerSecond: 0.1 }));

Deno.test("a room as a whole says no more than it may", () =>
  withServer(async (bed) => {
    const clients = await gather(bed, "den", OPEN, "anna", "bert", "carl");
    for (const [index, each] of clients.entries()) {
      for (let i = 0; i < 4; i++) say(each, "den", `m${index}${i}`);
    }
    let refused = 0;
    for (const each of clients) {
      refused += (await each.settle()).filter(({ attrs }) => attrs.type === "error").length;
    }
    assert.ok(refused >= 12 - 7, String(refused));
  }, { roomMessageBurst: 6, roomMessagesPerSecond: 0.1 }));

Deno.test("presence, lists, forms and names of a room are bounded", () =>
  withServer(async (bed) => {
    const anna = await bed.login("anna");
    await make(anna, "den", OPEN, "anna");
    const padded = el(
      "presence",
      { to: `${roomOf("den")}/anna` },
      el("status", {}, "x".repeat(600)),
    );
    anna.send(padded);
    assert.equal(conditionOf(await anna.presence("error")), "policy-violation");
    const people = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ jid: `p${i}@${DOMAIN}`, affiliation: "member" }));
    assert.equal((await administer(anna, "den", ...people(4))).attrs.type, "result");
    assert.equal(conditionOf(await administer(anna, "den", ...people(5))), "resource-constraint");
    const long = configuration({ roomdesc: "x".repeat(3000) });
    assert.equal(conditionOf(await anna.request("set", long, roomOf("den"))), "policy-violation");
    assert.equal(conditionOf(await enter(anna, "x".repeat(129), "anna")), "not-acceptable");
    const bert = await bed.login("bert");
    await enter(bert, "den", "bert");
    const carl = await bed.login("carl");
    assert.equal(conditionOf(await enter(carl, "den", "carl")), "service-unavailable");
  }, { roomPresenceBytes: 500, roomAffiliations: 5, roomFormBytes: 2000, roomOccupants: 2 }));

Deno.test("one that does not read holds nobody else up, and is not dropped", () =>
  withServer(async (bed) => {
    const [anna, bert, slow] = await gather(bed, "den", OPEN, "anna", "bert", "slow");
    slow!.stopReading();
    const text = "x".repeat(20_000);
    for (let i = 0; i < 120; i++) {
      say(anna!, "den", `${i} ${text}`);
      if (i % 20 === 19) await heard(bert!, `${i} ${text}`);
      if (i % 20 === 19) anna!.inbox.length = bert!.inbox.length = 0;
    }
    slow!.resumeReading();
    await bert!.settle();
    say(anna!, "den", "awake?");
    await heard(bert!, "awake?");
    for (let tries = 0; tries < 50; tries++) {
      say(anna!, "den", "and now?");
      if ((await slow!.settle()).some((each) => each.getChildText("body") === "and now?")) return;
    }
    assert.fail("the slow one never hears again");
  }, {
    outQueueBytes: 500_000,
    crowdedHoldMs: 100,
    occupantStanzaBurst: 10_000,
    roomMessageBurst: 10_000,
    bytesPerSecond: 1e9,
    burstBytes: 1e9,
  }));

Deno.test("a room of five hundred: all hear one message, each once", () =>
  withServer(async ({ server, login }) => {
    const anna = await login("anna");
    await make(anna, "hall", { ...OPEN, maxusers: "1000" }, "anna");
    const got = new Map<string, number>();
    const bot = `bots.${DOMAIN}`;
    server.services.add(bot, {
      name: "Bots",
      receive(stanza, _from, to) {
        if (stanza.getChildText("body") !== "hello") return;
        got.set(to.toString(), (got.get(to.toString()) ?? 0) + 1);
      },
    });
    for (let i = 0; i < 500; i++) {
      server.deliver(
        el(
          "presence",
          { xmlns: NS.client, from: `b${i}@${bot}`, to: `${roomOf("hall")}/bot ${i}` },
          el("x", { xmlns: NS.muc }),
        ),
      );
    }
    await anna.until((each) => each.attrs.from === `${roomOf("hall")}/bot 499`);
    say(anna, "hall", "hello");
    await heard(anna, "hello");
    assert.equal(got.size, 500);
    assert.ok([...got.values()].every((count) => count === 1));
  }));

const NAMESPACES = [NS.muc, NS.mucUser, NS.mucAdmin, NS.mucOwner, NS.dataForms, NS.ping, "urn:x"];
const NAMES = [
  "x",
  "query",
  "item",
  "invite",
  "decline",
  "destroy",
  "history",
  "password",
  "status",
  "subject",
  "body",
  "field",
  "value",
  "reason",
  "continue",
  "ping",
];
const TEXTS = [
  "",
  "owner",
  "admin",
  "none",
  "member",
  "outcast",
  "moderator",
  "submit",
  "cancel",
  "anna",
  "eve",
  `anna@${DOMAIN}`,
  `nobody@${DOMAIN}`,
  "@",
  "-1",
  "99999999999999999999",
  "FORM_TYPE",
  "muc#role",
  "\u{1F44B}",
];
const ATTRIBUTES = [
  "affiliation",
  "role",
  "nick",
  "jid",
  "type",
  "to",
  "var",
  "maxstanzas",
  "since",
  "node",
  "code",
];

const tree = fc.letrec<{ element: Element }>((tie) => ({
  element: fc.tuple(
    fc.constantFrom(...NAMES),
    fc.option(fc.constantFrom(...NAMESPACES), { nil: undefined }),
    fc.dictionary(fc.constantFrom(...ATTRIBUTES), fc.constantFrom(...TEXTS), { maxKeys: 4 }),
    fc.array(fc.oneof({ maxDepth: 3 }, fc.constantFrom(...TEXTS), tie("element")), {
      maxLength: 4,
    }),
  ).map(([name, xmlns, attrs, children]) => el(name, { xmlns, ...attrs }, ...children)),
})).element;

const stanza = fc.tuple(
  fc.constantFrom("message", "presence", "iq"),
  fc.constantFrom(undefined, "get", "set", "result", "error", "groupchat", "chat", "unavailable"),
  fc.constantFrom("", "/anna", "/eve", "/other"),
  fc.array(tree, { maxLength: 3 }),
).map(([name, type, resource, children]) =>
  el(name, { type, id: "f", to: roomOf("den") + resource }, ...children)
);

Deno.test("whatever a stranger and an occupant send, the room and its owner stay", () =>
  withServer(async (bed) => {
    const [anna, eve] = await gather(bed, "den", OPEN, "anna", "eve");
    const stranger = await bed.login("stranger");
    const alive = async (client: TestClient) => {
      const came = await client.settle();
      assert.ok(!came.some((each) => each.getChild("internal-server-error") !== undefined));
      assert.ok(
        !came.some((each) => each.getChild("error")?.getChild("internal-server-error")),
        came.map(String).join("\n"),
      );
    };
    await fc.assert(
      fc.asyncProperty(fc.array(stanza, { minLength: 20, maxLength: 60 }), async (stanzas) => {
        for (const [index, each] of stanzas.entries()) {
          (index % 2 === 0 ? eve! : stranger).send(each);
        }
        await alive(eve!);
        await alive(stranger);
      }),
      { numRuns: 25 },
    );
    await anna!.settle();
    say(anna!, "den", "still mine");
    await heard(anna!, "still mine");
    const owners = el("query", { xmlns: NS.mucAdmin }, el("item", { affiliation: "owner" }));
    const answer = await anna!.request("get", owners, roomOf("den"));
    assert.deepEqual(
      answer.getChild("query")!.getChildren("item").map(({ attrs }) => attrs.jid),
      [`anna@${DOMAIN}`],
    );
  }, { occupantStanzaBurst: 1e6, roomMessageBurst: 1e6, bytesPerSecond: 1e9, burstBytes: 1e9 }));
