import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { MessageView } from "../views/mod.ts";
import { compact } from "./forgetting.ts";
import { KeyMaterial } from "./key_material.ts";
import { Messages } from "./messages.ts";
import { StateDirectory } from "./state_directory.ts";

function message(contact: string, id: string): MessageView {
  const shape = { mine: false, at: 1, kind: "chat", delivery: null, problem: null } as const;
  return {
    ...shape,
    id,
    contact,
    body: "x".repeat(300),
    suite: "simpp-pq",
    edited: false,
    link: "https://x.test/",
  };
}

/** How often each text stands in the database's files, byte for byte. */
async function found(folder: string, ...texts: string[]): Promise<number[]> {
  const files = ["simppd.db", "simppd.db-wal", "simppd.db-shm"];
  const all = Buffer.concat(
    await Promise.all(files.map((name) => Deno.readFile(join(folder, name)))),
  );
  return texts.map((text) => {
    let count = 0;
    for (let at = all.indexOf(text); at >= 0; at = all.indexOf(text, at + 1)) count++;
    return count;
  });
}

// With the rights a packed simppd has: ATTACH, and with it VACUUM, are closed to it.
const permissions = { read: true, write: true } as const;

Deno.test("what was forgotten stands in no file any more", { permissions }, async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-forget-" });
  const state = await StateDirectory.open(folder);
  try {
    const messages = new Messages(state.db, state.vault);
    const keys = new KeyMaterial(state.db, state.vault);
    for (let at = 0; at < 400; at++) {
      messages.add(message("forgotten@example.test", `gone-marker-${at}`), false);
      messages.add(message("kept@example.test", `kept-marker-${at}`), false);
    }
    const list = new TextEncoder().encode("a list");
    const trust = { state: "verified", account: list, number: 1, list, offered: null } as const;
    keys.setTrust({ jid: "forgotten@example.test", ...trust });
    keys.setBundleCounter("forgotten@example.test", "00112233445566aa", 7);
    const session = { session: "session-marker", jid: "forgotten@example.test", active: true };
    keys.putSession({ ...session, device: "00112233445566aa", state: list }, 1, 5);
    const markers = ["gone-marker", "forgotten@example", "session-marker"];
    const all = [...markers, "00112233445566aa"];
    assert.ok((await found(folder, ...all)).every((count) => count > 0));

    messages.forget("forgotten@example.test");
    keys.forget("forgotten@example.test");
    compact(state.db);
    assert.deepEqual(await found(folder, ...all), [0, 0, 0, 0]);
    assert.equal(messages.page("kept@example.test", 500).length, 400);
    assert.ok((await found(folder, "kept-marker"))[0]! > 0);
  } finally {
    state.close();
    await Deno.remove(folder, { recursive: true });
  }
});
