import assert from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);
const TABLE = await Deno.readTextFile(new URL("docs/xmpp.md", ROOT));

/** What must be answered for, done or not. */
const NAMED = [
  ..."6120 6121 7590 7395".split(" ").map((number) => `RFC ${number}`),
  ..."0030 0115 0163 0368 0198 0388 0386 0484 0474 0280 0313 0045 0249 0402 0363 0191 0054".split(
    " ",
  ),
  ..."0084 0153 0085 0184 0308 0333 0066 0092 0199 0352 0215 0379 0445 0156 0060 0398 0114".split(
    " ",
  ),
  ..."0077 0223 0049 0048 0410 0245 0167 0353 0176 0320".split(" "),
];

/** Rows as their cells: what, client, server. */
const rows = TABLE.split("\n").filter((line) => /^\| (RFC|XEP)/.test(line))
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));

async function exists(path: string): Promise<boolean> {
  for (const folder of ["daemon/xmpp/", "daemon/", ""]) {
    const found = await Deno.stat(new URL(folder + path, ROOT)).catch(() => undefined);
    if (found?.isFile) return true;
  }
  return false;
}

Deno.test("docs/xmpp.md answers for every RFC and XEP, for client and server", () => {
  const named = rows.map(([what]) => what).join("\n");
  assert.deepEqual(NAMED.filter((name) => !named.includes(name)), []);
  for (const cells of rows) {
    const [what = ""] = cells;
    assert.equal(cells.length, 3, what);
    for (const cell of cells.slice(1)) assert.match(cell, /^(done|partly: |not)/, what);
  }
});

Deno.test("docs/xmpp.md names what does it and what shows it, and both are there", async () => {
  for (const [what, ...cells] of rows) {
    for (const cell of cells) {
      const paths = [...cell.matchAll(/`([\w/.-]+\.ts)`/g)].map(([, path]) => path!);
      if (cell.startsWith("not")) continue;
      assert.ok(paths.some((path) => path.endsWith("_test.ts")), `${what}: a test`);
      assert.ok(paths.some((path) => !path.endsWith("_test.ts")), `${what}: a file`);
    }
  }
  for (const [, path] of TABLE.matchAll(/`([\w/.-]+\.ts)`/g)) {
    assert.ok(await exists(path!), `${path} is named and not there`);
  }
});
