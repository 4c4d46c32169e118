import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { signDeviceList } from "./device_list.ts";
import { createIdentity } from "./identity.ts";
import { acceptOffered, judge, trustedDevices } from "./trust.ts";

const JID = "bob@example.test";
const { account, device } = createIdentity(systemRandom);
const other = createIdentity(systemRandom);
const list = (number: number, devices = [device.public]) =>
  signDeviceList(account, number, devices);
const pinned = judge(JID, undefined, list(5), "directory").trust;

Deno.test("judge() pins what is seen first", () => {
  assert.equal(pinned.state, "first-use");
  assert.equal(pinned.number, 5);
});

Deno.test("judge() goes forward with a higher number and keeps the verified mark", () => {
  const verified = { ...pinned, state: "verified" as const };
  const { trust, changed } = judge(JID, verified, list(6, [other.device.public]), "message");
  assert.equal(changed, false);
  assert.equal(trust.number, 6);
  assert.equal(trust.state, "verified");
  assert.equal(trustedDevices(trust).length, 1);
});

Deno.test("judge() calls a rollback by the directory a change, an old message not", () => {
  assert.equal(judge(JID, pinned, list(4), "directory").trust.state, "changed");
  const late = judge(JID, pinned, list(4), "message");
  assert.equal(late.changed, false);
  assert.equal(late.trust, pinned);
});

Deno.test("judge() calls two lists of one number, and another account key, a change", () => {
  const two = list(5, [device.public, other.device.public]);
  assert.equal(judge(JID, pinned, two, "message").changed, true);
  const stranger = signDeviceList(other.account, 9, [other.device.public]);
  const { trust, changed } = judge(JID, pinned, stranger, "message");
  assert.equal(changed, true);
  assert.deepEqual(trust.account, pinned.account, "the pin stays until the person decides");
  assert.equal(acceptOffered(trust).state, "first-use");
  assert.deepEqual(acceptOffered(trust).account, stranger.account);
});
