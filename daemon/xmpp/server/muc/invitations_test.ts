import assert from "node:assert/strict";
import { el, type Element, NS } from "../../core/mod.ts";
import { conditionOf, DOMAIN, withServer } from "../testing.ts";
import {
  administer,
  configuration,
  enter,
  gather,
  itemOf,
  list,
  make,
  OPEN,
  roomOf,
} from "./testing.ts";

const jid = (name: string) => `${name}@${DOMAIN}`;
const invite = (to: string) =>
  el(
    "message",
    { to: roomOf("den"), id: "i" },
    el("x", { xmlns: NS.mucUser }, el("invite", { to }, el("reason", {}, "come in"))),
  );

Deno.test("an invitation of an admin makes a member, carries the password, and waits for who is away", () =>
  withServer(async (bed) => {
    const anna = await bed.login("anna");
    await make(anna, "den", { roomsecret: "sesame" }, "anna");
    await (await bed.login("bert")).close();
    anna.send(invite(jid("bert")));
    await anna.settle();
    assert.deepEqual(await list(anna, "den", { affiliation: "member" }), [jid("bert")]);
    const bert = await bed.online("bert");
    const got = await bert.message();
    const x = got.getChild("x", NS.mucUser)!;
    assert.equal(got.attrs.from, roomOf("den"));
    assert.equal(x.getChild("invite")!.attrs.from, jid("anna"));
    assert.equal(x.getChild("invite")!.getChildText("reason"), "come in");
    assert.equal(x.getChildText("password"), "sesame");
    const answer = el("decline", { to: jid("anna") }, el("reason", {}, "busy"));
    bert.send(el("message", { to: roomOf("den") }, el("x", { xmlns: NS.mucUser }, answer)));
    await anna.request("get", el("query", { xmlns: NS.roster }));
    anna.send(el("presence"));
    const declined = await anna.until((each) =>
      each.getChild("x", NS.mucUser)?.getChild("decline") !== undefined
    );
    const decline = declined.getChild("x", NS.mucUser)!.getChild("decline")!;
    assert.deepEqual([decline.attrs.from, decline.getChildText("reason")], [jid("bert"), "busy"]);
  }));

Deno.test("inviting is for those whom the room lets, and of those it can", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    const eve = await bed.online("eve");
    const why = async (who: typeof eve, to: string) => {
      who.send(invite(to));
      return conditionOf(await who.until(({ attrs }) => attrs.type === "error"));
    };
    assert.equal(await why(eve, jid("anna")), "not-acceptable");
    assert.equal(await why(bert!, jid("eve")), "forbidden");
    assert.equal(await why(anna!, "eve@elsewhere.example"), "remote-server-not-found");
    assert.equal(await why(anna!, "@"), "jid-malformed");
    await administer(anna!, "den", { jid: jid("mallory"), affiliation: "outcast" });
    assert.equal(await why(anna!, jid("mallory")), "not-allowed");
    await anna!.request(
      "set",
      configuration({ allowinvites: "1", whois: "moderators" }),
      roomOf("den"),
    );
    await bert!.settle();
    bert!.send(invite(jid("eve")));
    const got = await eve.message();
    // In a room that hides addresses the inviter's is hidden too.
    const from = got.getChild("x", NS.mucUser)!.getChild("invite")!.attrs.from;
    assert.equal(from, `${roomOf("den")}/bert`);
    assert.deepEqual(await list(anna!, "den", { affiliation: "member" }), []);
    const decline = (to: string) =>
      eve.send(
        el("message", { to: roomOf("den") }, el("x", { xmlns: NS.mucUser }, el("decline", { to }))),
      );
    decline(from!);
    const x = (await bert!.message()).getChild("x", NS.mucUser)!;
    assert.equal(x.getChild("decline")!.attrs.from, jid("eve"));
    // A room carries no words to those who have nothing to do with it.
    decline(jid("victim"));
    assert.equal(conditionOf(await eve.message()), "item-not-found");
  }));

Deno.test("only who was invited declines, once; whom one blocks does not come through a room", () =>
  withServer(async (bed) => {
    const anna = await bed.online("anna");
    const [bert, eve] = [await bed.online("bert"), await bed.online("eve")];
    await make(anna, "den", { allowinvites: "1" }, "anna");
    await administer(anna, "den", { jid: jid("bert"), affiliation: "member" });
    const answers = async (who: typeof eve, child: Element) => {
      who.send(
        el("message", { to: roomOf("den"), id: "d" }, el("x", { xmlns: NS.mucUser }, child)),
      );
      return (await who.settle()).filter(({ attrs }) => attrs.type === "error").map(conditionOf);
    };
    const decline = (to: string) => el("decline", { to }, el("reason", {}, "words"));
    const block = (whom: string) => el("block", { xmlns: NS.blocking }, el("item", { jid: whom }));
    const heardOf = async (who: typeof eve) =>
      (await who.settle()).filter((each) => each.getChild("x", NS.mucUser) !== undefined)
        .map((each) => each.getChild("x", NS.mucUser)!.getChildElements()[0]!.name)
        .filter((name) => name === "invite" || name === "decline");
    // A member, an owner, an account, nobody: all the same to who was not invited.
    for (const name of ["bert", "anna", "eve", "nobody"]) {
      assert.deepEqual(await answers(eve, decline(jid(name))), ["item-not-found"]);
      assert.deepEqual(await answers(eve, decline(`${roomOf("den")}/${name}`)), ["item-not-found"]);
    }
    assert.deepEqual(await heardOf(bert), []);
    assert.deepEqual(await answers(anna, el("invite", { to: jid("eve") })), []);
    assert.deepEqual(await heardOf(eve), ["invite"]);
    assert.deepEqual(await answers(eve, decline(jid("bert"))), ["item-not-found"]);
    assert.deepEqual(await answers(eve, decline(jid("anna"))), []);
    assert.deepEqual(await heardOf(anna), ["decline"]);
    assert.deepEqual(await answers(eve, decline(jid("anna"))), ["item-not-found"]);
    await eve.request("set", block(jid("anna")));
    assert.deepEqual(await answers(anna, el("invite", { to: jid("eve") })), []);
    assert.deepEqual(await heardOf(eve), []);
    await eve.request("set", el("unblock", { xmlns: NS.blocking }));
    await answers(anna, el("invite", { to: jid("eve") }));
    await anna.request("set", block(jid("eve")));
    assert.deepEqual(await heardOf(eve), ["invite"]);
    assert.deepEqual(await answers(eve, decline(jid("anna"))), []);
    assert.deepEqual(await heardOf(anna), []);
  }));

Deno.test("one occupant asks another through the room; a room answers pings to oneself", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", { ...OPEN, whois: "moderators" }, "anna", "bert");
    const eve = await bed.login("eve");
    const room = roomOf("den");
    const ping = () => el("ping", { xmlns: NS.ping });
    assert.equal((await anna!.request("get", ping(), `${room}/anna`)).attrs.type, "result");
    assert.equal(conditionOf(await eve.request("get", ping(), `${room}/anna`)), "not-acceptable");
    assert.equal(conditionOf(await eve.request("get", ping(), `${room}/eve`)), "not-acceptable");
    assert.equal(
      conditionOf(await anna!.request("get", ping(), `${room}/nobody`)),
      "item-not-found",
    );
    const asked = bert!.request("get", el("query", { xmlns: NS.version }), `${room}/anna`);
    const request = await anna!.until((stanza) => stanza.is("iq") && stanza.attrs.type === "get");
    assert.equal(request.attrs.from, `${room}/bert`);
    const result = (id: string) =>
      el("iq", { type: "result", id, to: `${room}/bert` }, el("query", { xmlns: NS.version }));
    // Only who was asked answers.
    bert!.send(result(request.attrs.id!));
    anna!.send(el("iq", { type: "result", id: request.attrs.id, to: `${room}/bert` }));
    anna!.send(el("iq", { type: "result", id: request.attrs.id, to: room }));
    const answer = await asked;
    assert.deepEqual([answer.attrs.from, answer.attrs.type], [`${room}/anna`, "result"]);
  }));

Deno.test("a room says what it is; outside of a members-only room one learns no more", () =>
  withServer(async (bed) => {
    const anna = await bed.login("anna");
    await make(anna, "den", { roomdesc: "warm" }, "anna");
    anna.send(el("message", { to: roomOf("den"), type: "groupchat" }, el("subject", {}, "secret")));
    const eve = await bed.login("eve");
    const info = async (who: typeof eve, to: string, node?: string) =>
      (await who.request("get", el("query", { xmlns: NS.discoInfo, node }), to)).toString();
    const own = await info(anna, roomOf("den"));
    for (
      const feature of [
        "muc_membersonly",
        "muc_hidden",
        "muc_persistent",
        "muc_nonanonymous",
        "muc_unmoderated",
        "muc_unsecured",
        NS.occupantId,
        NS.stanzaIds,
        NS.mucSelfPing,
        "secret",
        "warm",
      ]
    ) assert.ok(own.includes(feature), feature);
    assert.ok(!(await info(eve, roomOf("den"))).includes("secret"));
    assert.ok((await info(eve, `rooms.${DOMAIN}`)).includes("conference"));
    assert.match(await info(eve, roomOf("den"), "x-roomuser-item"), /x-roomuser-item/);
    assert.match(await info(eve, roomOf("den"), "else"), /item-not-found/);
    const items = async (who: typeof eve, to: string) =>
      (await who.request("get", el("query", { xmlns: NS.discoItems }), to)).toString();
    assert.ok(!(await items(eve, `rooms.${DOMAIN}`)).includes("den@"));
    assert.ok((await items(anna, roomOf("den"))).includes(`${roomOf("den")}/anna`));
    assert.ok(!(await items(eve, roomOf("den"))).includes("/anna"));
    assert.ok((await items(eve, DOMAIN)).includes(`rooms.${DOMAIN}`));
    assert.equal(itemOf(await enter(anna, "den", "anna")).attrs.affiliation, "owner");
  }));
