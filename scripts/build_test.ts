import assert from "node:assert/strict";
import { squeezeCss } from "./build.ts";

Deno.test("squeezeCss() keeps the spaces that mean something", () => {
  const css = "/* why */\n.a .b {\n  width: calc(100% - 2px);\n  margin: 0 1px;\n}\n";
  assert.equal(squeezeCss(css), ".a .b{width: calc(100% - 2px);margin: 0 1px}");
});
