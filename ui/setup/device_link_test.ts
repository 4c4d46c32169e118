/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { fakeStatus } from "../testing/fake_state.ts";
import { readDeviceLink, writeDeviceLink } from "./device_link.ts";

Deno.test("a device link says where the account is, and nothing more", () => {
  const account = { ...fakeStatus().account!, nick: "Anna & Bé=la" };
  const link = writeDeviceLink(account);
  assert.deepEqual(readDeviceLink(`  ${link}\n`), {
    jid: account.jid,
    nick: "Anna & Bé=la",
    server: "192.168.1.20:5223,127.0.0.1:5223",
    pin: account.pin!,
  });
  assert(!link.includes(account.fingerprint));
  const found = { ...account, hosts: [], pin: null };
  assert.deepEqual(readDeviceLink(writeDeviceLink(found)), { jid: found.jid, nick: found.nick });
});

Deno.test("what is no device link is none", () => {
  for (
    const text of ["", "xmpp:a@b?roster", "simppd:device?", "simppd:device?jid=x", "x".repeat(9)]
  ) {
    assert.equal(readDeviceLink(text), undefined, text);
  }
  assert.equal(readDeviceLink(`simppd:device?jid=a@b&nick=${"x".repeat(2000)}`), undefined);
  assert.deepEqual(readDeviceLink("simppd:device?jid=a@b"), { jid: "a@b", nick: "a" });
});
