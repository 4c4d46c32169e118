import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { systemRandom } from "../crypto/mod.ts";
import { longTransaction, openDatabase } from "./database.ts";
import { KeyMaterial } from "./key_material.ts";
import { LogCutter } from "./log_cutter.ts";
import { MIGRATIONS } from "./schema.ts";
import { Vault } from "./vault.ts";

Deno.test("spent prekeys and old ratchet states soon stand in no file any more", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-log-" });
  const path = join(folder, "simppd.db");
  const db = openDatabase(path, MIGRATIONS);
  const cutter = new LogCutter(db, 10);
  try {
    const keys = new KeyMaterial(db, new Vault(systemRandom(32), systemRandom));
    const sealed = (table: string) => {
      const row = db.prepare(`SELECT sealed FROM ${table}`).get()!;
      return Buffer.from(row.sealed as Uint8Array);
    };
    const inFiles = (needle: Buffer) =>
      [path, `${path}-wal`].some((file) => Buffer.from(Deno.readFileSync(file)).includes(needle));
    const logCut = async () => {
      for (const end = Date.now() + 5_000; Deno.statSync(`${path}-wal`).size > 0;) {
        assert.ok(Date.now() < end, "the log is cut within 5 s");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const session = { session: "ab", jid: "bob@example.test", device: "00", active: true };
    keys.putSession({ ...session, state: systemRandom(2000) }, 1, 4);
    const halves = { public: systemRandom(32), secret: systemRandom(32) };
    keys.addOneTime({ kind: 1, id: 7, created: 1, ...halves });
    const spent = [sealed("sessions"), sealed("one_time_prekeys")];
    await logCut();
    assert.ok(spent.every(inFiles));

    keys.putSession({ ...session, state: systemRandom(2000) }, 2, 4);
    keys.dropOneTime(7);
    const standing = sealed("sessions");
    await logCut();
    assert.deepEqual(spent.map(inFiles), [false, false]);
    assert.ok(inFiles(standing));

    // A transaction that lasts holds it up, and is not disturbed.
    await longTransaction(db, async () => {
      keys.putSession({ ...session, state: systemRandom(2000) }, 3, 4);
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    await logCut();
    assert.equal(inFiles(standing), false);
  } finally {
    cutter.close();
    db.close();
    await Deno.remove(folder, { recursive: true });
  }
});
