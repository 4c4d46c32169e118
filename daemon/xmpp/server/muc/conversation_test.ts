import assert from "node:assert/strict";
import { el, errorReply, NS } from "../../core/mod.ts";
import { conditionOf, DOMAIN, PASSWORD, until, withServer, withSqliteServer } from "../testing.ts";
import { ManagedClient } from "../testing_managed.ts";
import { administer, codesOf, enter, gather, heard, itemOf, OPEN, roomOf, say } from "./testing.ts";

Deno.test("a message comes to all under the nick, with ids of the room, none of them forged", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    const room = roomOf("den");
    say(
      bert!,
      "den",
      `<&> "ä👋🏽"`,
      el("stanza-id", { xmlns: NS.stanzaIds, id: "forged", by: room }),
      el("stanza-id", { xmlns: NS.stanzaIds, id: "else", by: "example.org" }),
      el("occupant-id", { xmlns: NS.occupantId, id: "forged" }),
      el("stanza-id", { xmlns: NS.stanzaIds, id: "forged", by: anna!.jid.split("/")[0] }),
      ...[room, `${room}/bert`, room.toUpperCase(), DOMAIN.toUpperCase(), "@", undefined].map(
        (from) => el("delay", { xmlns: NS.delay, from, stamp: "2001-01-01T00:00:00Z" }),
      ),
      el("x", { xmlns: NS.mucUser }, el("status", { code: "307" })),
      el("own", { xmlns: "urn:example" }, el("deeper", { a: "'" })),
    );
    const [one, two] = [
      await heard(anna!, `<&> "ä👋🏽"`),
      await heard(bert!, `<&> "ä👋🏽"`),
    ];
    assert.deepEqual(
      [one.attrs.from, one.attrs.to, one.attrs.type, one.attrs.id, two.attrs.to],
      [`${room}/bert`, anna!.jid, "groupchat", `<&> "ä👋🏽"`, bert!.jid],
    );
    const ids = one.getChildren("stanza-id").map(({ attrs }) => [attrs.by, attrs.id]);
    assert.deepEqual(ids[0], ["example.org", "else"]);
    assert.equal(ids[1]![0], room);
    assert.notEqual(ids[1]![1], "forged");
    assert.equal(two.getChildren("stanza-id")[1]!.attrs.id, ids[1]![1]);
    const occupant = one.getChildren("occupant-id");
    assert.equal(occupant.length, 1);
    assert.notEqual(occupant[0]!.attrs.id, "forged");
    assert.equal(one.getChild("delay"), undefined);
    assert.deepEqual(codesOf(one), []);
    assert.equal(one.getChild("own", "urn:example")!.getChild("deeper")!.attrs.a, "'");
  }));

Deno.test("an occupant id is the same for an account, and another in another room", () =>
  withServer(async (bed) => {
    const [, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    await gather(bed, "nook", OPEN, "carl");
    const idOf = async (name: string, nick: string) =>
      (await enter(bert!, name, nick)).getChild("occupant-id")!.attrs.id;
    const first = await idOf("den", "bert");
    assert.equal(await idOf("den", "Robert"), first);
    assert.notEqual(await idOf("nook", "bert"), first);
  }));

Deno.test("who is outside, or has no voice, says nothing", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(
      bed,
      "den",
      { ...OPEN, moderatedroom: "1" },
      "anna",
      "bert",
    );
    const eve = await bed.login("eve");
    const refused = async (client: typeof eve) => {
      say(client, "den", "hey");
      return conditionOf(await client.until(({ attrs }) => attrs.type === "error"));
    };
    assert.equal(await refused(eve), "not-acceptable");
    assert.equal(await refused(bert!), "forbidden");
    const voice = (allow?: string) =>
      el(
        "x",
        { xmlns: NS.dataForms, type: "submit" },
        el("field", { var: "FORM_TYPE" }, el("value", {}, NS.mucRequest)),
        el("field", { var: "muc#role" }, el("value", {}, "participant")),
        el("field", { var: "muc#roomnick" }, el("value", {}, "bert")),
        allow === undefined
          ? undefined
          : el("field", { var: "muc#request_allow" }, el("value", {}, allow)),
      );
    bert!.send(el("message", { to: roomOf("den") }, voice("true")));
    assert.equal(
      conditionOf(await bert!.until(({ attrs }) => attrs.type === "error")),
      "forbidden",
    );
    bert!.send(el("message", { to: roomOf("den") }, voice()));
    const asked = await anna!.until((stanza) => stanza.getChild("x", NS.dataForms) !== undefined);
    assert.match(asked.toString(), /muc#request_allow/);
    anna!.send(el("message", { to: roomOf("den") }, voice("true")));
    const granted = await bert!.presence(undefined, `${roomOf("den")}/bert`);
    assert.equal(itemOf(granted).attrs.role, "participant");
    say(bert!, "den", "at last");
    await heard(anna!, "at last");
  }));

Deno.test("the subject is for participants or moderators, as the room is set up", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    const propose = (who: typeof anna, text: string) =>
      who!.send(el("message", { to: roomOf("den"), type: "groupchat" }, el("subject", {}, text)));
    propose(bert, "tea");
    const isSubject = (text: string) => (stanza: ReturnType<typeof el>) =>
      stanza.getChildText("subject") === text;
    await anna!.until(isSubject("tea"));
    await administer(anna!, "den", { nick: "bert", role: "visitor" });
    propose(bert, "coffee");
    assert.equal(
      conditionOf(await bert!.until(({ attrs }) => attrs.type === "error")),
      "forbidden",
    );
    propose(anna, "x".repeat(1001));
    assert.equal(
      conditionOf(await anna!.until(({ attrs }) => attrs.type === "error")),
      "policy-violation",
    );
    // With a body it is a message like any other.
    say(anna!, "den", "hello", el("subject", {}, "coffee"));
    await heard(bert!, "hello");
    await enter(bert!, "den", "bert");
    await bert!.until(isSubject("tea"));
  }));

Deno.test("private messages go to all sessions of one occupant alone, if the room has them", () =>
  withServer(async (bed) => {
    const [anna, bert, carl] = await gather(bed, "den", OPEN, "anna", "bert", "carl");
    const tablet = await bed.login("bert", "tablet");
    await enter(tablet, "den", "bert");
    const whisper = (to: string, type = "chat") =>
      anna!.send(
        el("message", { to: `${roomOf("den")}/${to}`, type, id: "w" }, el("body", {}, "psst")),
      );
    const error = async () =>
      conditionOf(
        await anna!.until(({ name, attrs }) => name === "message" && attrs.type === "error"),
      );
    whisper("bert");
    for (const each of [bert!, tablet]) {
      const got = await heard(each, "psst");
      assert.deepEqual([got.attrs.from, got.attrs.type], [`${roomOf("den")}/anna`, "chat"]);
      assert.ok(got.getChild("x", NS.mucUser));
    }
    whisper("nobody");
    assert.equal(await error(), "item-not-found");
    whisper("bert", "groupchat");
    assert.equal(await error(), "bad-request");
    assert.ok(!(await carl!.settle()).some((each) => each.getChildText("body") === "psst"));
    const eve = await bed.login("eve");
    eve.send(el("message", { to: `${roomOf("den")}/bert`, type: "chat" }, el("body", {}, "psst")));
    assert.equal(conditionOf(await eve.message()), "not-acceptable");
  }));

Deno.test("a nick changes with 303, not to one that somebody has", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    const rename = (nick: string) =>
      bert!.send(el("presence", { to: `${roomOf("den")}/${nick}` }, el("status", {}, "new")));
    rename("anna");
    assert.equal(conditionOf(await bert!.presence("error")), "conflict");
    rename("Robert");
    const gone = await anna!.presence("unavailable", `${roomOf("den")}/bert`);
    assert.deepEqual([codesOf(gone), itemOf(gone).attrs.nick], [[303], "Robert"]);
    const back = await anna!.presence(undefined, `${roomOf("den")}/Robert`);
    assert.equal(back.getChildText("status"), "new");
    assert.deepEqual(codesOf(await bert!.presence("unavailable")), [110, 303]);
    // The same nick in other letters is one's own still.
    await bert!.settle();
    rename("ROBERT");
    await anna!.presence(undefined, `${roomOf("den")}/ROBERT`);
    // One of two sessions takes another nick: the other stays.
    const tablet = await bed.login("bert", "tablet");
    await enter(tablet, "den", "ROBERT");
    tablet.send(el("presence", { to: `${roomOf("den")}/tab` }));
    assert.deepEqual(codesOf(await tablet.presence("unavailable")), [110, 303]);
    await anna!.presence(undefined, `${roomOf("den")}/tab`);
    say(anna!, "den", "both?");
    for (const each of [bert!, tablet]) await heard(each, "both?");
    tablet.send(el("presence", { to: `${roomOf("den")}/ROBERT` }));
    await tablet.presence(undefined, `${roomOf("den")}/ROBERT`);
    say(anna!, "den", "one?");
    for (const each of [bert!, tablet]) await heard(each, "one?");
  }));

Deno.test("who vanishes or cannot be reached leaves, with last words if there are some", () =>
  withServer(async (bed) => {
    const [anna, bert, carl, dora] = await gather(bed, "den", OPEN, "anna", "bert", "carl", "dora");
    bert!.close();
    await anna!.presence("unavailable", `${roomOf("den")}/bert`);
    const bye = el("status", {}, `bye ${"x".repeat(2000)}`);
    carl!.send(el("presence", { to: `${roomOf("den")}/carl`, type: "unavailable" }, bye));
    const gone = await anna!.presence("unavailable", `${roomOf("den")}/carl`);
    assert.equal(gone.getChildText("status")!.length, 1000);
    assert.equal(itemOf(gone).attrs.role, "none");
    say(anna!, "den", "hello");
    const got = await heard(dora!, "hello");
    dora!.send(errorReply(got, "cancel", "policy-violation"));
    await dora!.settle();
    say(anna!, "den", "again");
    await heard(dora!, "again");
    dora!.send(errorReply(got, "cancel", "recipient-unavailable"));
    const lost = await anna!.presence("unavailable", `${roomOf("den")}/dora`);
    assert.deepEqual(codesOf(lost), [333]);
  }));

Deno.test("whom one blocks is not heard in a room either", () =>
  withServer(async (bed) => {
    const [anna, bert, carl] = await gather(bed, "den", OPEN, "anna", "bert", "carl");
    const item = el("item", { jid: `${roomOf("den")}/bert` });
    await anna!.request("set", el("block", { xmlns: NS.blocking }, item));
    say(bert!, "den", "from bert");
    say(carl!, "den", "from carl");
    await heard(carl!, "from carl");
    await heard(anna!, "from carl");
    assert.ok(!(await anna!.settle()).some((each) => each.getChildText("body") === "from bert"));
  }));

Deno.test("one whose connection is cut stays, and hears what was said when it comes back", () =>
  withSqliteServer(async (bed) => {
    const [anna] = await gather(bed, "den", OPEN, "anna");
    await bed.server.createAccount("bert", PASSWORD);
    const bert = new ManagedClient(bed.server.port, "bert");
    await bert.start();
    bert.send(el("presence", { to: `${roomOf("den")}/bert` }, el("x", { xmlns: NS.muc })));
    await anna!.presence(undefined, `${roomOf("den")}/bert`);
    await bert.settle();
    await bert.cut();
    await until(() => bed.server.sessions.of("bert")[0]?.outlet === undefined);
    for (const text of ["one", "two"]) say(anna!, "den", text);
    await heard(anna!, "two");
    assert.ok(!(await anna!.settle()).some(({ attrs }) => attrs.type === "unavailable"));
    await bert.resume();
    await bert.settle();
    assert.deepEqual(bert.bodies, ["one", "two"]);
    await bert.cut();
  }));

Deno.test("a service is an occupant like others", () =>
  withServer(async (bed) => {
    const [anna] = await gather(bed, "den", OPEN, "anna");
    const got: ReturnType<typeof el>[] = [];
    const bot = `bot.${DOMAIN}`;
    bed.server.services.add(bot, { name: "Bot", receive: (stanza) => void got.push(stanza) });
    const send = (
      name: string,
      attrs: Record<string, string>,
      ...inside: ReturnType<typeof el>[]
    ) =>
      bed.server.deliver(
        el(name, { xmlns: NS.client, from: bot, to: roomOf("den"), ...attrs }, ...inside),
      );
    send("presence", { to: `${roomOf("den")}/Bot` }, el("x", { xmlns: NS.muc }));
    await anna!.presence(undefined, `${roomOf("den")}/Bot`);
    say(anna!, "den", "hello");
    await heard(anna!, "hello");
    assert.ok(
      got.some((stanza) => stanza.getChildText("body") === "hello" && stanza.attrs.to === bot),
    );
    send("message", { type: "groupchat" }, el("body", {}, "beep"));
    assert.equal((await heard(anna!, "beep")).attrs.from, `${roomOf("den")}/Bot`);
  }));
