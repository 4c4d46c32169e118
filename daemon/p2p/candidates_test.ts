import assert from "node:assert/strict";
import { canonicalHost, MAX_CANDIDATES, parseCandidates } from "./candidates.ts";
import { at } from "./link_for_tests.ts";

Deno.test("parseCandidates() keeps good addresses, best first, each once", () => {
  const parsed = parseCandidates([
    at(4000),
    { host: "192.0.2.7", port: 4000, kind: "host", priority: 9 },
    { host: "FD00:0:0::2", port: 4001, kind: "host", priority: 8 },
    { host: "192.0.2.7", port: 4000, kind: "host", priority: 3 },
  ]);
  assert.deepEqual(parsed, [
    { host: "192.0.2.7", port: 4000, kind: "host", priority: 9 },
    { host: "fd00::2", port: 4001, kind: "host", priority: 8 },
    { host: "127.0.0.1", port: 4000, kind: "loopback", priority: 0 },
  ]);
});

Deno.test("parseCandidates() leaves out what is no unicast address", () => {
  const good = at(4000);
  const bad = [
    null,
    7,
    "127.0.0.1:4000",
    {},
    ...[
      "example.org",
      "127.1",
      "0x7f.1",
      "0.0.0.0",
      "224.0.0.1",
      "255.255.255.255",
      "::",
      "ff02::1",
    ]
      .map((host) => ({ ...good, host })),
    ...["fe80::1", "fe80::1%eth0", "::ffff:127.0.0.1", "1".repeat(200), 5]
      .map((host) => ({ ...good, host })),
    ...[0, -1, 65_536, 1.5, NaN, "4000"].map((port) => ({ ...good, port })),
    ...[-1, 65_536, Infinity, null].map((priority) => ({ ...good, priority })),
    { ...good, kind: "prflx" },
  ];
  for (const entry of bad) assert.deepEqual(parseCandidates([entry]), [], JSON.stringify(entry));
});

Deno.test("parseCandidates() takes sixteen at most and refuses what is no list", () => {
  const many = Array.from({ length: 1_000 }, (_, i) => at(1_000 + i));
  assert.equal(parseCandidates(many).length, MAX_CANDIDATES);
  for (const value of [undefined, null, {}, "x"]) {
    assert.throws(() => parseCandidates(value), { code: "bad-candidates" });
  }
});

Deno.test("a loopback address is loopback whatever the peer calls it", () => {
  const [candidate] = parseCandidates([{ ...at(4000), kind: "host" }]);
  assert.equal(candidate!.kind, "loopback");
  assert.equal(canonicalHost("0:0:0:0:0:0:0:1"), "::1");
});
