import assert from "node:assert/strict";
import { el, NS } from "../../core/mod.ts";
import { DOMAIN, withSqliteServer } from "../testing.ts";

const TO = `to='bob@${DOMAIN}' type='chat'`;
const times = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join("");

/** What grows too much when it is written again, for those who get it. */
const REFUSED: [string, string][] = [
  [
    "text to be escaped",
    `<message ${TO}><body><![CDATA[${"&".repeat(262_000)}]]></body></message>`,
  ],
  [
    "attributes to be escaped",
    `<message ${TO}><body>x</body><x xmlns='u' a="${"'".repeat(261_000)}"/></message>`,
  ],
  [
    "prefixed attributes",
    `<message ${TO}><body>x</body><x xmlns='u' ${times(49, (i) => ` xmlns:p${i}='u:${i}'`)}>` +
    `<y ${times(49, (i) => ` p${i}:a=''`)}/></x></message>`,
  ],
  [
    "so many levels that nothing could be put around it",
    `<message ${TO}><body>x</body>${"<a>".repeat(99)}${"</a>".repeat(99)}</message>`,
  ],
];

const start = `<message ${TO}><body>`;
const end = "</body></message>";
/** The most that is taken. */
const TAKEN: [string, string][] = [
  ["as long as may be", start + "x".repeat(262_144 - start.length - end.length) + end],
  ["escaped as much as may be", `${start}<![CDATA[${"&".repeat(65_000)}]]>${end}`],
  [
    "with as many attributes as may be",
    `<message ${TO}><body>x</body><x xmlns='u' ${times(49, (i) => ` xmlns:p${i}='u:${i}'`)}>` +
    `<y ${times(25, (i) => ` p${i}:a=''`)}/></x></message>`,
  ],
  [
    "as deep as may be",
    `<message ${TO}><body>x</body>${"<a>".repeat(89)}${"</a>".repeat(89)}</message>`,
  ],
  [
    "with as many children as may be",
    `<message ${TO}><body>x</body>${"<a/>".repeat(9_999)}</message>`,
  ],
];

const FAST = { bytesPerSecond: 1e9, burstBytes: 1e9 };

Deno.test("what would grow past all bounds for its receivers ends its sender's stream", async (t) => {
  await withSqliteServer(async (bed) => {
    const bob = await bed.online("bob");
    for (const [what, xml] of REFUSED) {
      await t.step(what, async () => {
        const alice = await bed.login("alice");
        await alice.write(xml);
        assert.equal(await alice.streamError(), "policy-violation");
        assert.deepEqual(await bob.settle(), []);
      });
    }
  }, FAST);
});

Deno.test("what is taken can be had by its receiver in every way there is", async (t) => {
  for (const [what, xml] of TAKEN) {
    await t.step(`a message ${what}`, () =>
      withSqliteServer(async (bed) => {
        const phone = await bed.online("bob", "phone");
        const copied = await bed.login("bob", "copied");
        await copied.request("set", el("enable", { xmlns: NS.carbons }));
        const alice = await bed.online("alice");
        await alice.request("set", el("enable", { xmlns: NS.carbons }));
        await alice.write(xml);
        assert.deepEqual(await alice.settle(), []);
        await phone.message();
        assert.ok((await copied.message()).getChild("received", NS.carbons));
        await Promise.all([phone.close(), copied.close()]);
        // Neither confirmed it, so it waits; then from the archive.
        const later = await bed.online("bob", "later");
        for (const name of ["bob", "alice"]) {
          const asking = name === "bob" ? later : alice;
          asking.send(el("iq", { type: "set", id: "all" }, el("query", { xmlns: NS.archive })));
          await asking.until((s) => s.getChild("result", NS.archive) !== undefined);
          await asking.until((s) => s.attrs.id === "all" && s.attrs.type === "result");
        }
        await later.settle();
      }, FAST));
  }
});
