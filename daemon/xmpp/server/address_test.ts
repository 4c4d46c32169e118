import assert from "node:assert/strict";
import { addressOf } from "./address.ts";

Deno.test("addressOf() takes IPv4 as it is, and a network of IPv6 as one", () => {
  const same: [string, ...string[]][] = [
    ["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "::FFFF:192.0.2.1"],
    ["2001:db8:1:2::/64", "2001:db8:1:2::1", "2001:0db8:0001:0002:a:b:c:d", "2001:DB8:1:2:3::"],
    ["2001:db8:0:0::/64", "2001:db8::1", "2001:db8:0:0:1::"],
    ["fe80:0:0:0::/64", "fe80::1%eth0", "fe80::2"],
    ["0:0:0:0::/64", "::1", "::"],
    ["", ""],
  ];
  for (const [one, ...written] of same) {
    for (const address of written) assert.equal(addressOf(address), one, address);
  }
  assert.equal(addressOf(undefined), "");
  assert.notEqual(addressOf("2001:db8:1:3::1"), addressOf("2001:db8:1:2::1"));
});
