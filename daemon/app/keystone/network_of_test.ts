import assert from "node:assert/strict";
import { networkOf } from "./network_of.ts";

Deno.test("an IPv6 address counts by its first 64 bits, however it is written", () => {
  assert.equal(networkOf("192.0.2.7"), "192.0.2.7");
  assert.equal(networkOf("::ffff:192.0.2.7"), "192.0.2.7");
  assert.equal(networkOf("2001:db8:1:2::7"), "2001:db8:1:2::/64");
  assert.equal(networkOf("2001:DB8:1:2:aaaa:bbbb:cccc:dddd"), "2001:db8:1:2::/64");
  assert.equal(networkOf("2001:0db8:0001:0002:0:0:0:1"), "2001:db8:1:2::/64");
  assert.equal(networkOf("fd00::1"), networkOf("fd00::2:3:4:5"));
  assert.equal(networkOf("fe80::1%lo"), "fe80:0:0:0::/64");
  assert.notEqual(networkOf("2001:db8:1:2::7"), networkOf("2001:db8:1:3::7"));
});
