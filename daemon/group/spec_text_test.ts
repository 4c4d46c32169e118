import assert from "node:assert/strict";
import fc from "fast-check";
import { ed25519, systemRandom } from "../crypto/mod.ts";
import { toHex } from "../base/mod.ts";
import { DATA_SUITE_IDS } from "./data_suites.ts";
import {
  parseSpecification,
  printSpecification,
  SpecificationError,
  type SpecificationFault,
  specificationHash,
} from "./spec_text.ts";
import { METHODS, ROLES, type Specification, STRATEGIES } from "./specification.ts";

const KEY = ed25519.generate(systemRandom).public;
const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => toHex(bytes));
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
const jid = fc.tuple(word, word).map(([local, domain]) => `${local}@${domain}.example`);
const role = fc.constantFrom(...ROLES);
const ms = (most: number) => fc.oneof(fc.constant(0), fc.integer({ min: 10_000, max: most }));
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 })
  .map((text) => text.replace(/\p{C}/gu, "x").trim() || "x").filter((text) => text.length <= 100);

const specification: fc.Arbitrary<Specification> = fc.record({
  name,
  group: hex(16),
  room: jid,
  keyServer: fc.record({
    jid,
    device: fc.option(hex(8)),
    key: fc.constant(KEY),
  }),
  degree: fc.integer({ min: 2, max: 64 }),
  shape: fc.constantFrom("tree" as const, "star" as const),
  strategy: fc.constantFrom(...STRATEGIES),
  batchInterval: ms(3_600_000),
  renewInterval: ms(31 * 86_400_000),
  suites: fc.uniqueArray(fc.constantFrom(...DATA_SUITE_IDS), { minLength: 1 }),
  access: fc.uniqueArray(
    fc.oneof(
      fc.constant({ kind: "invited" as const }),
      fc.record({ kind: fc.constant("jid" as const), jid }),
      fc.record({ kind: fc.constant("account" as const), fingerprint: hex(32) }),
      fc.record({ kind: fc.constant("domain" as const), domain: word }),
    ),
    { minLength: 1, maxLength: 5, selector: (access) => JSON.stringify(access) },
  ),
  owners: fc.uniqueArray(fc.record({ jid, fingerprint: hex(32) }), {
    minLength: 1,
    maxLength: 3,
    selector: (owner) => owner.jid,
  }),
  send: role,
  files: role,
  display: role,
  historyDays: fc.option(fc.integer({ min: 1, max: 3650 })),
  registrars: fc.uniqueArray(
    fc.record({ name: word, method: fc.constantFrom(...METHODS) }).map(({ name, method }) => ({
      name,
      key: KEY,
      method,
      address: method === "simpp" ? "registrar.example" : "https://registrar.example/login",
    })),
    { maxLength: 2, selector: ({ name }) => name },
  ),
});

/** The text of some specification, its lines changed. */
function textWith(change: (lines: string[]) => string[]): string {
  const [sample] = fc.sample(specification, { numRuns: 1, seed: 7 });
  return change(printSpecification(sample!).trimEnd().split("\n")).join("\n");
}
function faults(text: string): readonly SpecificationFault[] {
  try {
    parseSpecification(text);
  } catch (error) {
    assert.ok(error instanceof SpecificationError);
    return error.faults;
  }
  return [];
}

Deno.test("what is printed is read back the same, and has one text and hash", () => {
  fc.assert(fc.property(specification, (s) => {
    const text = printSpecification(s);
    const again = parseSpecification(text);
    assert.deepEqual(again, structuredClone(s));
    assert.equal(printSpecification(again), text);
    assert.deepEqual(specificationHash(again), specificationHash(s));
  }));
});

Deno.test("comments, empty lines, spaces and CRLF change nothing", () => {
  const text = textWith((lines) => lines);
  const loose = "# about us\r\n\r\n" + text.replaceAll("\n", "  \r\n\n# x\n");
  assert.equal(printSpecification(parseSpecification(loose)).trimEnd(), text);
});

Deno.test("nonsense is refused with its line and what was expected", () => {
  const replaced = (key: string, value: string) =>
    textWith((lines) =>
      lines.map((line) => line.startsWith(`${key} =`) ? `${key} = ${value}` : line)
    );
  const bad: [string, string, RegExp][] = [
    ["degree", "1", /2 to 64/],
    ["degree", "4.0", /whole number/],
    ["degree", "0x4", /whole number/],
    ["shape", "ring", /tree \| star/],
    ["strategy", "none", /user \| key \| group/],
    ["batch", "2 h", /from 0 to 1 h/],
    ["renew", "1 s", /10 s/],
    ["renew", "-5 m", /a time such as/],
    ["suites", "aes-256-gcm, aes-256-gcm", /each suite once/],
    ["suites", "", /aes-256-gcm/],
    ["send", "everybody", /owner \| admin/],
    ["history", "own 0 d", /1 to 3650/],
    ["room", "rooms.example.org", /an address/],
    ["room", "a@b/c", /an address/],
    ["group", "XYZ", /32 hex digits/],
    ["key-server", "keys.example.org", /a key of 64 hex digits/],
    ["key-server", `keys.example.org ${"00".repeat(32)}`, /usable Ed25519 key/],
    ["name", "x".repeat(101), /1 to 100/],
  ];
  for (const [key, value, expected] of bad) {
    const text = replaced(key, value);
    const [fault, ...others] = faults(text);
    assert.ok(fault !== undefined, `${key} = ${value}`);
    assert.deepEqual(others, [], `${key} = ${value}`);
    assert.equal(fault.line, text.split("\n").findIndex((each) => each.startsWith(`${key} =`)) + 1);
    assert.match(fault.message, expected, `${key} = ${value}`);
  }
});

Deno.test("unknown, repeated and missing keys, another head and too long texts are refused", () => {
  assert.match(faults(textWith((l) => [...l, "colour = red"]))[0]!.message, /"colour" is no key/);
  assert.match(faults(textWith((l) => [...l, "degree = 4"]))[0]!.message, /at most one line/);
  assert.match(
    faults(textWith((l) => [...l, l.find((each) => each.startsWith("owner"))!]))[0]!.message,
    /stands there twice/,
  );
  assert.match(
    faults(textWith((l) => l.filter((each) => !each.startsWith("room")))).map(({ message }) =>
      message
    ).join(),
    /"room = …" was expected/,
  );
  assert.match(
    faults(textWith(([, ...l]) => ["simppd group specification 2", ...l]))[0]!.message,
    /1/,
  );
  assert.equal(faults("").length > 0, true);
  assert.match(faults(`#${"x".repeat(40_000)}`)[0]!.message, /32 KiB/);
});

Deno.test("whatever the bytes, parsing ends with a specification or its faults", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
    faults(text);
    faults(`simppd group specification 1\n${text}`);
  }));
});
