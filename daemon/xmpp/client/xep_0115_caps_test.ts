import assert from "node:assert/strict";
import { capsHash } from "./xep_0115_caps.ts";

Deno.test("capsHash() gives the XEP's own example", () => {
  const identity = { category: "client", type: "pc", name: "Exodus 0.9.1" };
  const features = [
    "http://jabber.org/protocol/muc",
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/caps",
  ];
  assert.equal(capsHash([identity], features), "QgayPKawpkPSDYmwT/WM94uAlu0=");
});
