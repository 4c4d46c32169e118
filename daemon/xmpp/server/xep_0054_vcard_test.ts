import assert from "node:assert/strict";
import { el, NS, serialise } from "../core/mod.ts";
import { conditionOf, withServer } from "./testing.ts";

Deno.test("the vCard is no node: it is not listed, read or published as one", () =>
  withServer(async ({ online }) => {
    const anna = await online("anna");
    await anna.request("set", el("vCard", { xmlns: NS.vcard }, el("FN", {}, "Anna")));
    const node = NS.vcard;
    for (
      const [type, namespace, action] of [
        ["set", NS.pubsub, el("publish", { node }, el("item", { id: "current" }))],
        ["set", NS.pubsub, el("retract", { node }, el("item", { id: "current" }))],
        ["set", NS.pubsub, el("create", { node })],
        ["get", NS.pubsub, el("items", { node })],
        ["get", NS.pubsubOwner, el("configure", { node })],
        ["set", NS.pubsubOwner, el("delete", { node })],
      ] as const
    ) {
      const answer = await anna.request(type, el("pubsub", { xmlns: namespace }, action));
      assert.equal(conditionOf(answer), "not-allowed", serialise(action));
    }
    const listed = await anna.request(
      "get",
      el("query", { xmlns: NS.discoItems }),
      "anna@test.simppd",
    );
    assert.doesNotMatch(serialise(listed), /vcard-temp/);
    const card = await anna.request("get", el("vCard", { xmlns: NS.vcard }));
    assert.match(serialise(card), /Anna/);
  }));

Deno.test("directed presence names the picture one has, not one somebody makes up", () =>
  withServer(async ({ online }) => {
    const [anna, bob] = [await online("anna"), await online("bob")];
    const forged = el("x", { xmlns: NS.vcardUpdate }, el("photo", {}, "a".repeat(40)));
    anna.send(el("presence", { to: bob.jid }, forged));
    const got = await bob.presence(undefined, anna.jid);
    assert.equal(got.getChild("x", NS.vcardUpdate)?.getChildText("photo"), "");
  }));
