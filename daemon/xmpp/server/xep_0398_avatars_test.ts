import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { el, type Element, NS } from "../core/mod.ts";
import { DOMAIN, type TestClient, withServer } from "./testing.ts";

const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const HASH = createHash("sha1").update(PICTURE, "base64").digest("hex");

const card = (...children: Element[]) =>
  el("vCard", { xmlns: NS.vcard }, el("FN", {}, "Anna"), ...children);
const photo = (data: string, type = "image/png") =>
  el("PHOTO", {}, el("TYPE", {}, type), el("BINVAL", {}, data));
const publish = (node: string, id: string, payload: Element) =>
  el("pubsub", { xmlns: NS.pubsub }, el("publish", { node }, el("item", { id }, payload)));

const vcardOf = async (who: TestClient, jid?: string) => {
  const answer = await who.request("get", el("vCard", { xmlns: NS.vcard }), jid);
  return answer.attrs.type === "error" ? undefined : answer.getChild("vCard", NS.vcard);
};
const hashIn = (presence: Element) =>
  presence.getChild("x", NS.vcardUpdate)?.getChildText("photo") ?? undefined;

Deno.test("a picture in the vCard is published, and presence names it", () =>
  withServer(async ({ online }) => {
    const anna = await online("anna", "desk");
    const phone = await online("anna", "phone");
    await anna.request("set", card(photo(`${PICTURE.slice(0, 40)}\n${PICTURE.slice(40)}`)));
    await phone.until((s) => s.is("presence") && s.attrs.from === anna.jid && hashIn(s) === HASH);
    const items = (node: string) =>
      anna.request("get", el("pubsub", { xmlns: NS.pubsub }, el("items", { node })));
    assert.match((await items(NS.avatarData)).toString(), new RegExp(PICTURE.slice(0, 60)));
    assert.match((await items(NS.avatarMetadata)).toString(), new RegExp(`id="${HASH}"`));
    // Taken away, it is gone in both places.
    await anna.request("set", card());
    await phone.until((s) => s.is("presence") && s.attrs.from === anna.jid && hashIn(s) === "");
    assert.doesNotMatch((await items(NS.avatarMetadata)).toString(), /<info/);
  }));

Deno.test("a published picture stands in the vCard, one whose hash is wrong does not", () =>
  withServer(async ({ online }) => {
    const anna = await online("anna");
    await anna.request(
      "set",
      publish(NS.avatarData, HASH, el("data", { xmlns: NS.avatarData }, PICTURE)),
    );
    const metadata = (id: string) =>
      publish(
        NS.avatarMetadata,
        id,
        el(
          "metadata",
          { xmlns: NS.avatarMetadata },
          el("info", { id, type: "image/png", bytes: "70" }),
        ),
      );
    await anna.request("set", metadata(HASH));
    assert.equal((await vcardOf(anna))?.getChild("PHOTO")?.getChildText("BINVAL"), PICTURE);
    await anna.request("set", metadata("0".repeat(40)));
    assert.equal((await vcardOf(anna))?.getChild("PHOTO"), undefined);
  }));

Deno.test("vCards are one's own to write, and strangers learn nothing of who has none", () =>
  withServer(async ({ online }) => {
    const anna = await online("anna");
    const eve = await online("eve");
    assert.equal((await vcardOf(anna))?.getChildElements().length, 0);
    const without = await eve.request("get", el("vCard", { xmlns: NS.vcard }), `anna@${DOMAIN}`);
    const nobody = await eve.request("get", el("vCard", { xmlns: NS.vcard }), `nobody@${DOMAIN}`);
    const condition = (stanza: Element) =>
      stanza.getChild("error")?.getChildElements()[0]?.getName();
    assert.equal(condition(without), condition(nobody));
    await anna.request("set", card());
    assert.equal((await vcardOf(eve, `anna@${DOMAIN}`))?.getChildText("FN"), "Anna");
    const forged = await eve.request("set", card(), `anna@${DOMAIN}`);
    assert.equal(condition(forged), "service-unavailable");
    const large = await anna.request("set", card(photo("A".repeat(100_000))));
    assert.equal(condition(large), "not-acceptable");
    const hidden = await eve.request(
      "get",
      el("pubsub", { xmlns: NS.pubsub }, el("items", { node: NS.vcard })),
      `anna@${DOMAIN}`,
    );
    assert.equal(hidden.attrs.type, "error");
  }));

Deno.test("a hash that a client invents is not passed on", () =>
  withServer(async ({ online }) => {
    const anna = await online("anna", "desk");
    const phone = await online("anna", "phone");
    const x = el("x", { xmlns: NS.vcardUpdate }, el("photo", {}, "f".repeat(40)));
    anna.send(el("presence", {}, x));
    const seen = await phone.until((s) =>
      s.is("presence") && s.attrs.from === anna.jid && hashIn(s) !== undefined
    );
    assert.equal(hashIn(seen), "");
  }));
