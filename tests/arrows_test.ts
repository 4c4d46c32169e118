import assert from "node:assert/strict";
import { faults, lengthFault, LEVELS, levelsOf, MOST_LINES, sight } from "./arrows.ts";

const root = new URL("../", import.meta.url);

/** Paths of all TypeScript of the project, from its root. */
function* sources(folder = ""): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(folder || ".", root))) {
    const path = folder + entry.name;
    if (entry.isDirectory) {
      if (entry.name === "dist" || entry.name === "node_modules" || entry.name === ".git") continue;
      yield* sources(`${path}/`);
    } else if (/\.tsx?$/.test(entry.name)) {
      yield path;
    }
  }
}

const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

Deno.test("every import goes through a door, and downwards", () => {
  const wrong = [...sources()].flatMap((path) => faults(path, read(path)));
  assert.deepEqual(wrong, []);
});

Deno.test("every room has a door", () => {
  const paths = new Set(sources());
  const missing = Object.keys(LEVELS).filter((room) => !paths.has(`daemon/${room}/mod.ts`));
  assert.deepEqual(missing, []);
});

Deno.test("no file is longer than one can take in", () => {
  const wrong = [...sources()].flatMap((path) => lengthFault(path, read(path)) ?? []);
  assert.deepEqual(wrong, []);
});

Deno.test("the levels are those of docs/architecture.md", () => {
  assert.deepEqual(levelsOf(read("docs/architecture.md")), LEVELS);
});

/** One fault is expected, holding `words`. */
function refuses(path: string, source: string, words: string) {
  const found = faults(path, source);
  assert.equal(found.length, 1, `${path}: ${source}\n${found.join("\n")}`);
  assert.ok(found[0]!.includes(words), found.join());
}
function allows(path: string, source: string) {
  assert.deepEqual(faults(path, source), []);
}

Deno.test("faults() refuses an arrow that points upwards, however it is written", () => {
  for (
    const source of [
      `import { App } from "../app/mod.ts";`,
      `import type { App } from "../app/mod.ts";`,
      `import "../app/mod.ts";`,
      `export * from "../app/mod.ts";`,
      `export { App } from "../app/mod.ts";`,
      `const app = await import("../app/mod.ts");`,
      `let app: import("../app/mod.ts").App;`,
      `const quote = /["']/; const text = \`\${await import("../app/mod.ts")}\`;`,
    ]
  ) refuses("daemon/store/a.ts", source, "app (level 7) is above store (level 3)");
});

Deno.test("faults() is not deceived by comments and strings", () => {
  allows("daemon/store/a.ts", `// import "../app/mod.ts"\n/* import "../app/mod.ts" */`);
  allows("daemon/store/a.ts", `const s = 'import "../app/mod.ts"' + \`import "../app/mod.ts"\`;`);
  allows("daemon/crypto/a.ts", `/** As Deno does. */ const s = "Deno.open";`);
});

Deno.test("faults() refuses sideways arrows, but to tests", () => {
  const source = `import { sniff } from "../server/mod.ts";`;
  refuses("daemon/xmpp/client/a.ts", source, "of one level");
  allows("daemon/xmpp/client/a_test.ts", source);
  refuses("daemon/xmpp/client/a_test.ts", `import "../../call/mod.ts";`, "is above");
});

Deno.test("faults() refuses back doors", () => {
  refuses("daemon/store/a.ts", `import "../base/wire.ts";`, "the door of base is its mod.ts");
  refuses("daemon/store/a_test.ts", `import "../base/wire.ts";`, "the door of base");
  refuses("main.ts", `import "./daemon/cli/verbs.ts";`, "the door of cli");
  allows("daemon/store/a.ts", `import "../base/mod.ts"; import "./deep/b.ts"; import "./c.ts";`);
  allows("daemon/store/deep/b.ts", `import "../c.ts"; import "../../base/mod.ts";`);
  allows("main.ts", `import "./daemon/cli/mod.ts"; import "./daemon/xmpp/server/mod.ts";`);
});

Deno.test("faults() refuses what lies outside the daemon", () => {
  refuses("daemon/app/a.ts", `import "../../tests/vectors/x.ts";`, "outside the daemon");
  refuses("daemon/app/a.ts", `import "../../ui/dist/index.html";`, "outside the daemon");
  refuses("daemon/attic/a.ts", "", "lies in no room");
  allows("daemon/app/a_test.ts", `import "../../tests/vectors/x.ts";`);
  allows("daemon/http/a.ts", `import page from "../../ui/dist/index.html" with { type: "text" };`);
});

Deno.test("faults() keeps what is there for tests away from the program", () => {
  refuses("daemon/call/a.ts", `import { bed } from "./testbed.ts";`, "there for tests");
  refuses("daemon/call/a.ts", `import "./deep/testing.ts";`, "there for tests");
  allows("daemon/call/a_test.ts", `import { bed } from "./testbed.ts";`);
  allows("daemon/call/testing.ts", `import "./testbed.ts"; import "../../scripts/peers/p.ts";`);
  refuses("daemon/call/testing.ts", `import "../http/mod.ts";`, "is above");
});

Deno.test("faults() keeps the pure rooms pure", () => {
  for (const room of ["base", "crypto", "sframe"]) {
    refuses(`daemon/${room}/a.ts`, `const conn = Deno.open("x");`, "is pure");
    refuses(`daemon/${room}/a.ts`, `globalThis.Deno;`, "is pure");
    refuses(`daemon/${room}/a.ts`, `import net from "node:net";`, "is pure");
    allows(`daemon/${room}/a.ts`, `import { createHash } from "node:crypto";`);
    allows(`daemon/${room}/a_test.ts`, `Deno.test("x", () => {});`);
  }
  refuses("daemon/crypto/a.ts", `const at = Date.now();`, "uses Date");
  allows("daemon/base/a.ts", `const at = performance.now();`);
});

Deno.test("faults() lets the dashboard see the view types and nothing else of the daemon", () => {
  allows("ui/app.tsx", `import type { CallView } from "../daemon/views/mod.ts";`);
  allows("ui/app.tsx", `import { h } from "preact"; import "./call.tsx"; const x = <p>Deno</p>;`);
  refuses("ui/app.tsx", `import { CallView } from "../daemon/views/mod.ts";`, "only the types");
  refuses("ui/app.tsx", `import type { AppApi } from "../daemon/app/api.ts";`, "only the types");
  refuses("ui/app.tsx", `import { utf8 } from "../daemon/base/mod.ts";`, "only the types");
});

Deno.test("faults() refuses a door with something behind it", () => {
  refuses("daemon/base/mod.ts", `export * from "./a.ts"; export const x = 1;`, "re-export");
  allows("daemon/base/mod.ts", `/** Ground. @module */ export * from "./a.ts";`);
});

Deno.test("sight() names a computed import as such", () => {
  assert.deepEqual(sight("a.ts", "await import(name);").imports, [
    { specifier: "(computed)", type: false },
  ]);
});

Deno.test("lengthFault() counts lines, and lets tests, tables and vectors be", () => {
  const long = "x;\n".repeat(MOST_LINES + 1);
  assert.match(lengthFault("daemon/app/a.ts", long)!, /has 501 lines/);
  assert.equal(lengthFault("daemon/app/a.ts", "x;\n".repeat(MOST_LINES)), undefined);
  for (const path of ["daemon/app/a_test.ts", "daemon/app/a_table.ts", "tests/vectors/a.ts"]) {
    assert.equal(lengthFault(path, long), undefined);
  }
});

Deno.test("levelsOf() reads rooms and levels out of a table", () => {
  assert.deepEqual(levelsOf("| level | rooms |\n| --- | --- |\n| 2 | `a`, `b/c` (not d) |\n"), {
    "a": 2,
    "b/c": 2,
  });
});
