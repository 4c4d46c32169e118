import assert from "node:assert/strict";
import { toBase64, utf8 } from "../../base/mod.ts";
import { el, type Element, Jid, NS } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { Hooks } from "./hooks.ts";
import { avatarHash, Avatars, avatarType, MOST_AVATAR_BYTES } from "./xep_0084_avatar.ts";
import type { Pep, PepItem, PepListener } from "./xep_0163_pep.ts";

const JULIET = "juliet@example.org";
const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);

/** Pictures of somebody whose server and node say what the test wants. */
function served(items: PepItem[], vcard?: Element) {
  let listener: PepListener = () => {};
  const hooks = new Hooks();
  const client = {
    hooks,
    iq: () => Promise.resolve(el("iq", {}, vcard)),
  } as unknown as XmppClient;
  const pep = {
    fetch: () => Promise.resolve(items),
    onEvent: (_: string, heard: PepListener) => listener = heard,
  } as unknown as Pep;
  const avatars = new Avatars(client, pep);
  const seen: (string | null)[] = [];
  avatars.changed.on(({ hash }) => seen.push(hash));
  return {
    avatars,
    seen,
    announce: (payload: Element) => listener(Jid.parse(JULIET), [{ id: "1", payload }], []),
    presence: (stanza: Element) => hooks.dispatch(stanza),
  };
}

const data = (bytes: Uint8Array, id: string): PepItem => ({
  id,
  payload: el("data", { xmlns: NS.avatarData }, toBase64(bytes)),
});
const info = (attrs: Record<string, string>) =>
  el("metadata", { xmlns: NS.avatarMetadata }, el("info", attrs));
const presence = (photo: string) =>
  el(
    "presence",
    { from: `${JULIET}/phone` },
    el("x", { xmlns: NS.vcardUpdate }, el("photo", {}, photo)),
  );

Deno.test("a picture is taken only as what it is: right hash, small, of a kind that is shown", async () => {
  const hash = avatarHash(PNG);
  assert.equal((await served([data(PNG, hash)]).avatars.fetch(JULIET, hash))?.type, "image/png");
  const other = avatarHash(utf8("other"));
  assert.equal(await served([data(PNG, other)]).avatars.fetch(JULIET, other), undefined);
  for (const bytes of [utf8("<svg onload='x()'/>"), utf8("%PDF-1.7"), new Uint8Array(0)]) {
    const its = avatarHash(bytes);
    assert.equal(await served([data(bytes, its)]).avatars.fetch(JULIET, its), undefined);
  }
  const large = new Uint8Array(MOST_AVATAR_BYTES + 9);
  large.set(PNG);
  const its = avatarHash(large);
  assert.equal(await served([data(large, its)]).avatars.fetch(JULIET, its), undefined);
  const nonsense = { id: hash, payload: el("data", { xmlns: NS.avatarData }, "§$%&") };
  assert.equal(await served([nonsense]).avatars.fetch(JULIET, hash), undefined);
});

Deno.test("who publishes nothing has the picture of their vCard", async () => {
  const hash = avatarHash(PNG);
  const photo = el("PHOTO", {}, el("BINVAL", {}, toBase64(PNG)));
  const { avatars, seen, presence: see, announce } = served(
    [],
    el("vCard", { xmlns: NS.vcard }, photo),
  );
  assert.equal((await avatars.fetch(JULIET, hash))?.data.length, PNG.length);
  see(presence(hash));
  see(presence("not a hash"));
  see(presence(""));
  assert.deepEqual(seen, [hash, null]);
  // Once published, presence says nothing of it any more; one to be fetched elsewhere is none.
  announce(info({ id: hash, bytes: "11", type: "image/png" }));
  announce(info({ id: hash, url: "https://elsewhere.example/x.png" }));
  see(presence("a".repeat(40)));
  assert.deepEqual(seen, [hash, null, hash, null]);
});

Deno.test("avatarType() goes by the first bytes", () => {
  assert.equal(avatarType(new Uint8Array([0xff, 0xd8, 0xff, 0xe0])), "image/jpeg");
  assert.equal(avatarType(utf8("GIF89a")), "image/gif");
  assert.equal(avatarType(utf8("RIFF....WEBPVP8 ")), "image/webp");
  assert.equal(avatarType(utf8("<html>")), undefined);
});
