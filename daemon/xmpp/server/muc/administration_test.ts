import assert from "node:assert/strict";
import { el, NS } from "../../core/mod.ts";
import { conditionOf, DOMAIN, PASSWORD, TestClient, testOptions, withServer } from "../testing.ts";
import { XmppServer } from "../server.ts";
import { onDatabases } from "../storage/testing.ts";
import {
  administer,
  codesOf,
  configuration,
  enter,
  gather,
  heard,
  itemOf,
  list,
  make,
  OPEN,
  roomOf,
  say,
} from "./testing.ts";

const jid = (name: string) => `${name}@${DOMAIN}`;

Deno.test("kick, ban, voice and membership reach who they concern, with their codes", () =>
  withServer(async (bed) => {
    const [anna, bert, carl] = await gather(bed, "den", OPEN, "anna", "bert", "carl");
    const room = roomOf("den");
    const query = el(
      "query",
      { xmlns: NS.mucAdmin },
      el("item", { nick: "bert", role: "none" }, el("reason", {}, "too loud")),
    );
    assert.equal((await anna!.request("set", query, room)).attrs.type, "result");
    for (const [who, codes] of [[bert!, [110, 307]], [carl!, [307]]] as const) {
      const kicked = await who.presence("unavailable", `${room}/bert`);
      assert.deepEqual(codesOf(kicked), codes);
      assert.equal(itemOf(kicked).getChildText("reason"), "too loud");
      assert.equal(itemOf(kicked).getChild("actor")!.attrs.nick, "anna");
      assert.equal(itemOf(kicked).attrs.role, "none");
    }
    await enter(bert!, "den", "bert");
    await administer(anna!, "den", { jid: jid("bert"), affiliation: "outcast" });
    assert.deepEqual(codesOf(await bert!.presence("unavailable")), [110, 301]);
    assert.equal(conditionOf(await enter(bert!, "den", "bert")), "forbidden");
    assert.deepEqual(await list(anna!, "den", { affiliation: "outcast" }), [jid("bert")]);
    await administer(anna!, "den", { jid: jid("bert"), affiliation: "none" });
    await enter(bert!, "den", "bert");
    await bert!.settle();
    await administer(anna!, "den", { nick: "carl", affiliation: "admin" });
    assert.equal(itemOf(await bert!.presence(undefined, `${room}/carl`)).attrs.role, "moderator");
    // Somebody who is not there: the room says so.
    await administer(anna!, "den", { jid: jid("dora"), affiliation: "member" });
    const told = await bert!.until((stanza) => stanza.is("message") && !stanza.attrs.type);
    assert.deepEqual(
      [itemOf(told).attrs.jid, itemOf(told).attrs.affiliation],
      [jid("dora"), "member"],
    );
  }));

Deno.test("refused changes change nothing, neither does one of many", () =>
  withServer(async (bed) => {
    const [anna, bert, carl] = await gather(bed, "den", OPEN, "anna", "bert", "carl");
    const why = async (who: typeof anna, ...items: Record<string, string>[]) =>
      conditionOf(await administer(who!, "den", ...items));
    assert.equal(await why(bert, { nick: "carl", role: "none" }), "forbidden");
    assert.equal(await why(bert, { jid: jid("carl"), affiliation: "outcast" }), "forbidden");
    assert.equal(await why(anna, { nick: "nobody", role: "none" }), "item-not-found");
    assert.equal(await why(anna, { jid: "@", affiliation: "member" }), "jid-malformed");
    assert.equal(await why(anna, { jid: jid("carl"), affiliation: "king" }), "bad-request");
    assert.equal(
      await why(anna, { nick: "carl", affiliation: "member", role: "none" }),
      "bad-request",
    );
    assert.equal(await why(anna), "bad-request");
    assert.equal(await why(anna, { jid: jid("anna"), affiliation: "admin" }), "conflict");
    assert.equal(await why(anna, { jid: jid("anna"), affiliation: "outcast" }), "conflict");
    await administer(anna!, "den", { jid: jid("carl"), affiliation: "admin" });
    assert.equal(await why(carl, { jid: jid("anna"), affiliation: "outcast" }), "not-allowed");
    assert.equal(
      await why(
        carl,
        { jid: jid("bert"), affiliation: "outcast" },
        { jid: jid("dora"), affiliation: "owner" },
      ),
      "forbidden",
    );
    assert.deepEqual(await list(anna!, "den", { affiliation: "outcast" }), []);
    say(bert!, "den", "still here");
    await heard(anna!, "still here");
  }));

Deno.test("lists are for those whom they concern", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    assert.equal(await list(bert!, "den", { affiliation: "owner" }), "forbidden");
    assert.equal(await list(bert!, "den", { role: "participant" }), "forbidden");
    assert.deepEqual(await list(anna!, "den", { role: "participant" }, "nick"), ["bert"]);
    await administer(anna!, "den", { jid: jid("bert"), affiliation: "member" });
    await anna!.request("set", configuration({ membersonly: "1" }), roomOf("den"));
    // Members of a room that hides nobody may know each other, but not who is shut out.
    assert.deepEqual(await list(bert!, "den", { affiliation: "owner" }), [jid("anna")]);
    assert.equal(await list(bert!, "den", { affiliation: "outcast" }), "forbidden");
    const eve = await bed.login("eve");
    assert.equal(await list(eve, "den", { affiliation: "member" }), "forbidden");
  }));

Deno.test("a configuration is read, changed and announced; members-only shows others out", () =>
  withServer(async (bed) => {
    const [anna, bert, carl] = await gather(bed, "den", OPEN, "anna", "bert", "carl");
    const room = roomOf("den");
    const get = () => anna!.request("get", el("query", { xmlns: NS.mucOwner }), room);
    assert.match((await get()).toString(), /muc#roomconfig_membersonly/);
    assert.equal(
      conditionOf(await bert!.request("get", el("query", { xmlns: NS.mucOwner }), room)),
      "forbidden",
    );
    const set = (fields: Record<string, string>) =>
      anna!.request("set", configuration(fields), room);
    await set({ roomname: "The <den>", publicroom: "1" });
    const codes = async () =>
      codesOf(await bert!.until((stanza) => stanza.is("message") && codesOf(stanza).length > 0));
    assert.deepEqual(await codes(), [104]);
    await set({ whois: "moderators" });
    assert.deepEqual(await codes(), [173]);
    await set({ whois: "anyone", enablearchiving: "0" });
    assert.deepEqual(await codes(), [171, 172]);
    const info = await bert!.request("get", el("query", { xmlns: NS.discoInfo }), room);
    assert.match(info.toString(), /name="The &lt;den&gt;"/);
    assert.match(info.toString(), /muc_public/);
    const items = await bert!.request(
      "get",
      el("query", { xmlns: NS.discoItems }),
      `rooms.${DOMAIN}`,
    );
    assert.match(items.toString(), new RegExp(`jid="${room}"`));
    for (
      const wrong of [
        { maxusers: "0" },
        { maxusers: "many" },
        { membersonly: "perhaps" },
        { whois: "nobody" },
        { roomname: "x".repeat(1001) },
        { passwordprotectedroom: "1" },
      ]
    ) assert.equal(conditionOf(await set(wrong)), "not-acceptable", JSON.stringify(wrong));
    await administer(anna!, "den", { jid: jid("bert"), affiliation: "member" });
    await set({ membersonly: "1" });
    assert.deepEqual(codesOf(await carl!.presence("unavailable", `${room}/carl`)), [110, 322]);
    await administer(anna!, "den", { jid: jid("bert"), affiliation: "none" });
    assert.deepEqual(codesOf(await bert!.presence("unavailable", `${room}/bert`)), [110, 321]);
  }));

Deno.test("who owns a room may destroy it and say where to go", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    const order = el(
      "query",
      { xmlns: NS.mucOwner },
      el("destroy", { jid: roomOf("nook") }, el("reason", {}, "moved")),
    );
    assert.equal(conditionOf(await bert!.request("set", order, roomOf("den"))), "forbidden");
    await anna!.request("set", order, roomOf("den"));
    const gone = await bert!.presence("unavailable", `${roomOf("den")}/bert`);
    const destroy = gone.getChild("x", NS.mucUser)!.getChild("destroy")!;
    assert.equal(destroy.attrs.jid, roomOf("nook"));
    assert.equal(destroy.getChildText("reason"), "moved");
    assert.equal(itemOf(gone).attrs.affiliation, "none");
    assert.ok(codesOf(await enter(bert!, "den", "bert")).includes(201));
  }));

Deno.test("a room that is kept is there after a restart; others go with the last occupant", () =>
  onDatabases(async (kind) => {
    const folder = await Deno.makeTempDir();
    const options = { ...await testOptions(), database: await kind.create(folder) };
    const first = await XmppServer.start(options);
    const clients: TestClient[] = [];
    const login = async (server: XmppServer, name: string) => {
      const client = await TestClient.connect(server.port, options.certificatePem);
      clients.push(client);
      await client.login(name, PASSWORD);
      return client;
    };
    try {
      for (const name of ["anna", "bert", "eve"]) await first.createAccount(name, PASSWORD);
      const anna = await login(first, "anna");
      await make(anna, "den", { roomname: "Den" }, "anna");
      await make(anna, "tent", { persistentroom: "0" }, "anna");
      await administer(anna, "den", { jid: jid("bert"), affiliation: "admin" });
      await administer(anna, "den", { jid: jid("eve"), affiliation: "outcast" });
      anna.send(el("message", { to: roomOf("den"), type: "groupchat" }, el("subject", {}, "tea")));
      await anna.settle();
      await first.stop();
      const away = await anna.presence("unavailable", `${roomOf("den")}/anna`);
      assert.deepEqual(codesOf(away), [110, 332]);

      const second = await XmppServer.start(options);
      try {
        const [bert, eve] = [await login(second, "bert"), await login(second, "eve")];
        assert.equal(conditionOf(await enter(eve, "den", "eve")), "forbidden");
        const own = await enter(bert, "den", "bert");
        assert.deepEqual([itemOf(own).attrs.affiliation, codesOf(own)], ["admin", [100, 110, 170]]);
        const subject = await bert.until((each) => each.getChild("subject") !== undefined);
        assert.equal(subject.getChildText("subject"), "tea");
        assert.equal(subject.attrs.from, `${roomOf("den")}/anna`);
        assert.ok(subject.getChild("delay", NS.delay));
        assert.deepEqual(await list(bert, "den", { affiliation: "owner" }), [jid("anna")]);
        assert.ok(codesOf(await enter(bert, "tent", "bert")).includes(201));
      } finally {
        await second.stop();
      }
    } finally {
      await Promise.all(clients.map((client) => client.close()));
      await first.stop();
      await Deno.remove(folder, { recursive: true });
    }
  }));

Deno.test("with an account its place in rooms goes; who helped inherits, else the room ends", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    await make(anna!, "nook", OPEN, "anna");
    await enter(bert!, "nook", "bert");
    await administer(anna!, "den", { jid: jid("bert"), affiliation: "admin" });
    await bert!.settle();
    const remove = el("query", { xmlns: NS.register }, el("remove"));
    anna!.send(el("iq", { type: "set", id: "end" }, remove));
    const gone = await bert!.presence("unavailable", `${roomOf("nook")}/bert`);
    assert.ok(gone.getChild("x", NS.mucUser)!.getChild("destroy"));
    await bert!.presence("unavailable", `${roomOf("den")}/anna`);
    assert.deepEqual(await list(bert!, "den", { affiliation: "owner" }), [jid("bert")]);
    const again = await bed.login("anna");
    assert.equal(itemOf(await enter(again, "den", "anna")).attrs.affiliation, "none");
  }));
