import assert from "node:assert/strict";
import fc from "fast-check";
import { SimppdError, toBase64Url } from "../base/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import { type Invitation, readInvitation, writeInvitation } from "./invitation.ts";

const invitation = {
  domain: "0123456789.simppd.internal",
  inviter: Jid.parse("alice@0123456789.simppd.internal"),
  name: "Alice; Ü=b & co",
  hosts: [{ host: "192.0.2.7", port: 5223 }, { host: "2001:db8::1", port: 5223 }],
  pin: toBase64Url(new Uint8Array(32).fill(1)),
  fingerprint: "02".repeat(32),
  token: toBase64Url(new Uint8Array(16).fill(3)),
} satisfies Invitation;
/** Of who runs the server, and of one whose keys it does not know. */
const { inviter, fingerprint, name: _, ...others } = invitation;
const all: Invitation[] = [invitation, { ...others, inviter: undefined }, { ...others, inviter }];

const refused = (error: unknown) => error instanceof SimppdError && error.code === "bad-invitation";

Deno.test("readInvitation() reads what writeInvitation() wrote", () => {
  for (const each of all) {
    const read = readInvitation(` ${writeInvitation(each)}\n`);
    assert.equal(read.inviter?.toString(), each.inviter?.toString());
    assert.deepEqual({ ...read, inviter: null }, { ...each, inviter: null });
  }
  assert.equal(readInvitation(writeInvitation(invitation)).fingerprint, fingerprint);
});

Deno.test("readInvitation() refuses a link that was cut anywhere", () => {
  for (const link of all.map(writeInvitation)) {
    for (let length = 0; length < link.length; length++) {
      assert.throws(() => readInvitation(link.slice(0, length)), refused, link.slice(0, length));
    }
  }
});

Deno.test("readInvitation() answers nonsense with bad-invitation and nothing else", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    const made = [`xmpp:${a}?roster;${b}`, `xmpp:${a}?register;${b}`];
    for (const link of [a, ...made, writeInvitation(invitation).replace("=", a)]) {
      try {
        readInvitation(link);
      } catch (error) {
        assert.ok(refused(error), String(error));
      }
    }
  }));
});
