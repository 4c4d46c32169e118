import assert from "node:assert/strict";
import { Storage } from "./storage.ts";
import { onDatabases } from "./testing.ts";

const NO_KEYS = { credentials: [], loginKeys: [] };
const hash = (n: number) => new Uint8Array(32).fill(n);

Deno.test("uploads: slots, files and what they take up, on every database", () =>
  onDatabases(async (database) => {
    const storage = new Storage(await database.create(), { messages: 10, bytes: 1_000 });
    try {
      for (const name of ["anna", "bert"]) storage.accounts.create(name, NO_KEYS, 1);
      const { uploads } = storage;
      const slot = (n: number, account: string, size: number, since: number) =>
        uploads.addSlot(hash(n), account, {
          secret_hash: hash(100 + n),
          file: `file${n}`,
          name: "Grüße.png",
          type: "image/png",
          size,
          since,
        });
      slot(1, "anna", 10, 1_000);
      slot(2, "anna", 20, 2_000);
      slot(3, "bert", 40, 3_000);
      assert.deepEqual({ ...uploads.taken("anna") }, { files: 2, bytes: 30 });
      assert.deepEqual({ ...uploads.taken() }, { files: 3, bytes: 70 });
      assert.deepEqual({ ...uploads.slots("anna") }, { open: 2, oldest: 1_000 });
      assert.deepEqual({ ...uploads.taken("nobody") }, { files: 0, bytes: 0 });
      assert.deepEqual({ ...uploads.slots("nobody") }, { open: 0, oldest: null });

      assert.equal(uploads.complete(hash(1), 5_000), false);
      assert.equal(uploads.claim(hash(1)), true);
      assert.equal(uploads.claim(hash(1)), false);
      assert.equal(uploads.get(hash(1))!.state, "receiving");
      // What is on its way does not run out.
      assert.deepEqual(uploads.removeOld(1_500, 0), []);
      assert.equal(uploads.complete(hash(1), 5_000), true);
      const { file, name, size, state, since, secret_hash } = uploads.get(hash(1))!;
      assert.deepEqual(
        [file, name, size, state, since],
        ["file1", "Grüße.png", 10, "stored", 5_000],
      );
      assert.deepEqual(new Uint8Array(secret_hash), hash(101));
      assert.equal(uploads.promised(), 60);
      assert.deepEqual(uploads.kept(), { uploads: 1, uploadBytes: 10 });
      assert.equal(uploads.oldest("anna"), 2_000);

      assert.equal(uploads.claim(hash(2)), true);
      uploads.release(hash(2));
      assert.deepEqual(uploads.removeOld(2_500, 5_000), ["file2"]);
      assert.deepEqual(uploads.removeOld(0, 5_001), ["file1"]);

      slot(4, "anna", 1, 1);
      assert.equal(uploads.claim(hash(3)), true);
      storage.accounts.remove("anna");
      assert.deepEqual(uploads.begin(), new Set(["file3"]));
      assert.equal(uploads.get(hash(3))!.state, "slot");
      assert.equal(uploads.get(hash(4)), undefined);
      assert.deepEqual(uploads.removeOf("bert"), ["file3"]);
    } finally {
      storage.close();
    }
  }));
