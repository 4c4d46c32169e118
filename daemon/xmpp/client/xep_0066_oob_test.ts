import assert from "node:assert/strict";
import { el } from "../core/mod.ts";
import { outOfBand, readOutOfBand } from "./xep_0066_oob.ts";

Deno.test("readOutOfBand() reads what outOfBand() builds, and https URLs alone", () => {
  const url = "https://server.test/upload/a.png";
  const read = (...children: Parameters<typeof el>[2][]) =>
    readOutOfBand(el("message", {}, ...children));
  assert.deepEqual(read(outOfBand(url, "a picture")), { url, description: "a picture" });
  assert.deepEqual(read(outOfBand(url)), { url, description: "" });
  assert.equal(read(outOfBand(url, "x".repeat(900)))!.description.length, 500);
  for (
    const other of [
      "http://server.test/",
      "javascript:alert(1)",
      "",
      "x",
      `${url}${"a".repeat(3_000)}`,
    ]
  ) {
    assert.equal(read(outOfBand(other)), undefined, other);
  }
  assert.equal(read(), undefined);
  assert.equal(read(el("x", { xmlns: "jabber:x:oob" })), undefined);
});
