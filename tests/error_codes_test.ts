import assert from "node:assert/strict";

const read = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));

Deno.test("docs/protocol.md names every error of the end-to-end layer", async () => {
  const [, union] = (await read("daemon/simpp/errors.ts")).split("SimppErrorCode =");
  const codes = [...union!.split(";")[0]!.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code!);
  assert.ok(codes.length > 10);
  const [, errors] = (await read("docs/protocol.md")).split("\n## Errors\n");
  assert.deepEqual(codes.filter((code) => !errors!.includes(`| \`${code}\``)), []);
});
