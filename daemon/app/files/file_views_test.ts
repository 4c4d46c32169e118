import assert from "node:assert/strict";
import type { Transfer } from "../../files/mod.ts";
import { fileView } from "./file_views.ts";

const theirs: Transfer = {
  id: "11".repeat(16),
  mine: false,
  peer: "eve@here.test",
  sender: "eve@here.test",
  senderKey: null,
  state: "done",
  at: 0,
  descriptor: {
    id: "22".repeat(16),
    name: "cat.png",
    type: "image/png",
    size: 58_900,
    suite: "chacha20-poly1305",
    key: new Uint8Array(32),
    commitment: new Uint8Array(32),
    hash: new Uint8Array(32),
    sealedSize: 59_000,
    sources: [],
    width: 100,
    height: 100,
    display: false,
  },
  kept: true,
  sealed: true,
  type: "image/png",
  pixels: { width: 22_000, height: 22_000 },
  problem: null,
  file: null,
  ways: null,
  announced: true,
  keyOnRequest: false,
  asked: false,
  held: 0,
};

Deno.test("fileView() tells of another's file that is here what it is, not what was said of it", () => {
  const sizeOf = (transfer: Transfer) => {
    const { width, height } = fileView(transfer, undefined, "me@here.test");
    return [width, height];
  };
  assert.deepEqual(sizeOf(theirs), [22_000, 22_000]);
  assert.deepEqual(sizeOf({ ...theirs, pixels: null }), [null, null]);
  assert.deepEqual(sizeOf({ ...theirs, state: "offered", kept: false }), [100, 100]);
  assert.deepEqual(sizeOf({ ...theirs, mine: true, sender: "" }), [100, 100]);
});
