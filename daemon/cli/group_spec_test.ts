import assert from "node:assert/strict";
import { parseSpecification } from "../group/mod.ts";
import { main } from "./command_line.ts";
import { groupSpec } from "./group_spec.ts";
import type { Invocation } from "./verb.ts";

const KEY = "8a".repeat(32);
const OWNER = `anna@example.org ${"5b".repeat(32)}`;
const SET = [
  "name = Lab",
  "room = lab@rooms.example.org",
  `key-server = anna@example.org/0123456789abcdef ${KEY}`,
  `owner = ${OWNER}`,
];

function invoke(words: string[], set: string[] = [], rest = "") {
  const io = {
    out() {},
    err() {},
    secret: () => Promise.resolve(""),
    rest: () => Promise.resolve(rest),
  };
  const options = set.length === 0 ? {} : { set };
  const invocation: Invocation = { words, options, json: false, state: "/", io };
  return groupSpec(invocation, words);
}

Deno.test("group spec new writes a valid file, check and show read it, new never writes over it", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/lab.spec`;
  await invoke(["new", file], [...SET, "degree = 8", "batch = 500 ms"]);
  const specification = parseSpecification(await Deno.readTextFile(file));
  assert.equal(specification.degree, 8);
  assert.equal(specification.batchInterval, 500);
  assert.match(specification.group, /^[0-9a-f]{32}$/);
  assert.match((await invoke(["check", file])).text, /is valid/);
  const shown = await invoke(["show", file]);
  assert.match(shown.text, /tree of degree 8, rekeyed group-oriented, every 0.5 s/);
  assert.match(shown.text, /anna@example.org, device 0123456789abcdef, which can read it/);
  await assert.rejects(invoke(["new", file], SET), { code: "file-exists" });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("group spec check names every line that is wrong", async () => {
  const text = ["simppd group specification 1", "degree = 99", "suites = rot13", "name ="].join(
    "\n",
  );
  await assert.rejects(invoke(["check", "-"], [], text), (error: Error) => {
    assert.match(
      error.message,
      /Line 2: degree: a whole number from 2 to 64 was expected, not "99"/,
    );
    assert.match(error.message, /Line 3: suites: .* was expected, not "rot13"/);
    assert.match(error.message, /Line 4: name: /);
    assert.match(error.message, /A line "owner = …" was expected/);
    return true;
  });
});

Deno.test("group spec check shows each fault on a line of its own, and nothing that a terminal obeys", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "simppd group specification 1\ndegree = \u001b[31m9\nname =\n");
  const err: string[] = [];
  const code = await main(["group", "spec", "check", file], {
    out() {},
    err: (line) => void err.push(line),
    secret: () => Promise.resolve(""),
    rest: () => Promise.resolve(""),
  });
  await Deno.remove(file);
  assert.equal(code, 1);
  const lines = err.join("\n").split("\n");
  assert.match(lines[0]!, /^error: .*/);
  assert.ok(lines.some((line) => /Line 2: degree: /.test(line)));
  assert.ok(lines.some((line) => /^Line 3: name: /.test(line)));
  assert.equal(lines.join().includes("\\u{a}"), false);
  assert.equal(lines.join().includes("\u001b"), false);
});

Deno.test("group spec says what it does not take", async () => {
  await assert.rejects(invoke(["check", "-"], ["name = x"]), { name: "UsageError" });
  await assert.rejects(invoke(["burn", "x"]), { name: "UsageError" });
  await assert.rejects(invoke(["new", "-"], ["name = a\nowner = b"]), { name: "UsageError" });
  await assert.rejects(invoke(["show", "/nowhere/at/all"]), { code: "bad-file" });
});
