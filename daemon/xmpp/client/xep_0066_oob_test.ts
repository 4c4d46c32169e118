import assert from "node:assert/strict";
import { el } from "../core/mod.ts";
import { outOfBand, readLink, readOutOfBand } from "./xep_0066_oob.ts";

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

Deno.test("readLink() writes any URL so that nothing in it hides, turns or passes for another", () => {
  const read = (url: string) => readLink([el("body", {}, "look"), outOfBand(url)]);
  assert.equal(read(" https://server.test/a b "), "https://server.test/a%20b");
  // Cyrillic letters that look like Latin ones.
  assert.equal(read("https://\u0440\u0430ypal.example/"), "https://xn--ypal-43d9g.example/");
  assert.equal(read("http://server.test/\u202egpj"), "http://server.test/%E2%80%AEgpj");
  assert.equal(read("javascript:alert(1)"), "javascript:alert(1)");
  for (const url of ["", "x", "//server.test/", `https://x/${"a".repeat(3_000)}`]) {
    assert.equal(read(url), undefined, url.slice(0, 20));
  }
  assert.equal(read(`https://x/${"\u00e9".repeat(1_000)}`), undefined);
  assert.equal(readLink([]), undefined);
});
