/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { linksIn } from "./links.ts";

const links = (body: string) =>
  linksIn(body).filter(({ href }) => href !== null).map(({ text, href }) => [text, href]);

Deno.test("linksIn() finds https URLs without what ends the sentence", () => {
  const same = (url: string) => [url, url];
  assert.deepEqual(links("see https://a.example/x?y=1#z."), [same("https://a.example/x?y=1#z")]);
  assert.deepEqual(links("(https://a.example/x_(y)), then"), [same("https://a.example/x_(y)")]);
  assert.deepEqual(links("HTTPS://A.example"), [["HTTPS://A.example", "https://a.example/"]]);
  assert.deepEqual(links("http://a.example javascript:alert(1) xmpp:a@b https://"), []);
});

Deno.test("linksIn() shows the host that is opened, and links none behind a name", () => {
  for (
    const [written, shown] of [
      ["https://b\u0430nk.example/x", "https://xn--bnk-6cd.example/x"],
      ["https://0x7f.1/", "https://127.0.0.1/"],
      ["https:////evil.example/", "https://evil.example/"],
      ["https://ex%61mple.org/", "https://example.org/"],
    ] as const
  ) assert.deepEqual(links(written), [[shown, shown]]);
  assert.deepEqual(links("https://bank.example@evil.example/ https://:x@evil.example/"), []);
  assert.deepEqual(links("https://a.example/\u202egpj.exe").map(([text]) => text), [
    "https://a.example/",
  ]);
});

Deno.test("linksIn() loses no word, and every link is https to the host it shows", () => {
  const part = fc.oneof(
    fc.string(),
    fc.webUrl({ validSchemes: ["https"] }),
    fc.constant("@https://"),
  );
  fc.assert(fc.property(fc.array(part), (all) => {
    const body = all.join("");
    const parts = linksIn(body);
    if (parts.every(({ href }) => href === null)) {
      assert.equal(parts.map((p) => p.text).join(""), body);
    }
    for (const { text, href } of parts) {
      if (href === null) continue;
      assert.equal(new URL(href).protocol, "https:");
      assert.equal(new URL(text).host, new URL(href).host);
    }
  }));
});
