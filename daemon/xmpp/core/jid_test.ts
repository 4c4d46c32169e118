import assert from "node:assert/strict";
import fc from "fast-check";
import { Jid } from "./mod.ts";

Deno.test("Jid.parse() takes addresses apart and normalises them", () => {
  const jid = Jid.parse("ÉLise@Example.ORG./Phone @/2");
  assert.equal(jid.toString(), "élise@example.org/Phone @/2");
  assert.deepEqual([jid.local, jid.domain, jid.resource], ["élise", "example.org", "Phone @/2"]);
  assert.equal(jid.bare().toString(), "élise@example.org");
  assert.ok(jid.bareEquals(Jid.parse("e\u0301lise@example.org/other")));
  assert.ok(!jid.equals(jid.bare()));
  assert.equal(Jid.parse("[::1]").domain, "[::1]");
  assert.equal(Jid.parse("ａｂ@a.test").local, "ab");
  assert.equal(jid.withResource("x").toString(), "élise@example.org/x");
});

Deno.test("Jid.parse() leaves plain addresses as they are, however they are reached", () => {
  const plain = (characters: string) => fc.stringMatching(new RegExp(`^[${characters}]{1,20}$`));
  const domain = fc.stringMatching(/^[a-z0-9_.-]{1,12}$/);
  const address = fc.tuple(plain("a-z0-9._=+-"), domain, plain(" -~"));
  fc.assert(fc.property(address, ([local, domain, resource]) => {
    // A wide letter takes the way that looks at every character.
    const wide = Jid.tryParse(`ａ${local}@ａ${domain}/${resource}ä`);
    const short = Jid.tryParse(`a${local}@a${domain}/${resource}`);
    assert.equal(wide?.local, short?.local);
    assert.equal(wide?.domain, short?.domain);
    assert.equal(wide?.resource, short && `${short.resource}ä`);
    if (short !== undefined && !domain.endsWith(".")) {
      assert.equal(`${short}`, `a${local}@a${domain}/${resource}`);
    }
  }));
});

Deno.test("Jid.parse() refuses what is no address", () => {
  for (
    const text of [
      "",
      "@a.test",
      "a@",
      "a@b.test/",
      "a b@c.test",
      "a'b@c.test",
      "a@b@c.test",
      "a@b..test",
      "a@-b.test",
      "a@b_.test ",
      "a@b.test/\u0007",
      "a\u200b@b.test",
      "ﬁ@b.test",
      "a@b.test/\ud800",
      "a".repeat(1024) + "@b.test",
      "a@" + "b".repeat(1024),
      "a@b.test/" + "ä".repeat(512),
    ]
  ) {
    assert.throws(() => Jid.parse(text), { code: "bad-jid" }, text);
    assert.equal(Jid.tryParse(text), undefined);
  }
});

Deno.test("Jid.parse() is stable: parsing its own text changes nothing", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (l, r) => {
    const jid = Jid.tryParse(`${l}@a.test/${r}`);
    if (jid !== undefined) assert.ok(Jid.parse(jid.toString()).equals(jid));
  }));
});
