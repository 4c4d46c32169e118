import assert from "node:assert/strict";
import { utf8 } from "../base/mod.ts";
import { suite, SUITE_IDS, suiteByCode } from "../crypto/mod.ts";
import { registerSuite, SFrameSender, suiteById } from "../sframe/mod.ts";
import * as door from "./mod.ts";
import { indexOf } from "./loot.ts";
import { NULL_SUITE } from "./null_call.ts";

const root = new URL("../../", import.meta.url);

/** TypeScript of the program itself, by path. */
function* sources(folder: string): Generator<[path: string, source: string]> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, root))) {
    const path = folder + name;
    if (isDirectory) yield* sources(`${path}/`);
    else if (/\.tsx?$/.test(name) && !/_test\.tsx?$/.test(name)) {
      yield [path, Deno.readTextFileSync(new URL(path, root))];
    }
  }
}

Deno.test("the null suite has no number that a suite could be asked for by", async () => {
  assert.equal(suiteById(NULL_SUITE.id), undefined);
  assert.throws(() => registerSuite(NULL_SUITE), { code: "bad-suite" });
  assert.equal(suiteByCode(NULL_SUITE.id), undefined);
  for (const id of SUITE_IDS) assert.notEqual(suite(id).sframe, NULL_SUITE.id);
  const text = utf8("a picture in clear, long enough to be told from chance");
  let found = 0;
  for (let id = 0; id <= 0xffff; id++) {
    const known = suiteById(id);
    if (known === undefined) continue;
    found++;
    const sender = await SFrameSender.create(known, 0, new Uint8Array(32).fill(id));
    assert.equal(indexOf(await sender.seal(text), text), -1, `${known.name} seals`);
  }
  assert.ok(found >= 6, "there are suites to be asked for");
  const sender = await SFrameSender.create(NULL_SUITE, 0, new Uint8Array(16));
  assert.ok(indexOf(await sender.seal(text), text) >= 0, "the null suite would show");
});

Deno.test("nothing but the lab's own sniffing reaches the null suite", () => {
  assert.equal(Object.values(door).includes(NULL_SUITE as never), false);
  assert.equal("clearCall" in door, false);
  const [reach, lab]: string[][] = [[], []];
  for (const [path, source] of [...sources("daemon/"), ...sources("ui/")]) {
    if (/from "[^"]*null_call\.ts"|import\("[^"]*null_call\.ts"/.test(source)) reach!.push(path);
    if (/"(\.\.\/)+lab\//.test(source)) lab!.push(path);
  }
  assert.deepEqual(reach, ["daemon/lab/sniff.ts"]);
  assert.deepEqual(lab!.toSorted(), ["daemon/cli/lab.ts", "daemon/cli/lab_text.ts"]);
});
