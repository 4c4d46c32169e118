import assert from "node:assert/strict";
import { isPublicAddress, targetOf } from "./web_address.ts";

Deno.test("isPublicAddress() tells the public Internet from all that is not", () => {
  for (
    const address of ["1.1.1.1", "9.255.255.255", "172.32.0.1", "223.255.255.1", "2606:4700::1"]
  ) {
    assert.ok(isPublicAddress(address), address);
  }
  const inside = [
    ..."0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.1 169.254.169.254 172.16.0.1 172.31.255.255"
      .split(" "),
    ..."192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 2130706433 0x7f.1 192.0.2.1".split(" "),
    ..."::1 :: ::ffff:127.0.0.1 ::ffff:1.1.1.1 64:ff9b::7f00:1 fe80::1 fc00::1 fd12::1".split(" "),
    ..."ff02::1 2001:db8::1 2001::1 2002:7f00:1:: 3fff::1 fe80::1%lo 100::1 x".split(" "),
    "",
  ];
  for (const address of inside) assert.ok(!isPublicAddress(address), address);
});

const OWN = {
  domain: "own.test",
  trust: { kind: "pin", pin: "pin" },
  host: "192.168.1.7",
} as const;

Deno.test("targetOf() goes to the account's own server as the account does", async () => {
  for (const url of ["https://own.test:5443/a?b", "https://OWN.test:5443/a?b"]) {
    const { host, port, whom, trust, authority, path } = await targetOf(url, OWN);
    assert.deepEqual([host, port, whom, authority, path], [
      "192.168.1.7",
      5443,
      "own.test",
      "own.test:5443",
      "/a?b",
    ]);
    assert.equal(trust, OWN.trust);
  }
  assert.equal((await targetOf("https://192.168.1.7/", OWN)).port, 443);
});

Deno.test("targetOf() refuses what is no https, carries a login, or leads into our own network", async () => {
  const refused: [string, string][] = [
    ["http://own.test/a", "bad-url"],
    ["file:///etc/passwd", "bad-url"],
    ["https://user:secret@own.test/", "bad-url"],
    ["https://", "bad-url"],
    [`https://own.test/${"a".repeat(3_000)}`, "bad-url"],
    ["https://127.0.0.1/", "private-address"],
    ["https://2130706433/", "private-address"],
    ["https://0x7f.1/", "private-address"],
    ["https://[::1]/", "private-address"],
    ["https://[::ffff:127.0.0.1]/", "private-address"],
    ["https://192.168.1.8/", "private-address"],
    ["https://169.254.169.254/latest", "private-address"],
    ["https://localhost/", "private-address"],
  ];
  for (const [url, code] of refused) await assert.rejects(targetOf(url, OWN), { code }, url);
});
