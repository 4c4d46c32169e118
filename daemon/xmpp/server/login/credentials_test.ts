import assert from "node:assert/strict";
import { onDatabases, openStorage } from "../storage/testing.ts";
import { CredentialSource, MECHANISMS } from "./credentials.ts";

const bytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));

Deno.test("unknown names have the rounds that accounts have, in the same shares, and keep them", () =>
  onDatabases(async (database) => {
    const storage = openStorage(await database.create());
    try {
      const { accounts } = storage;
      const stored = (iterations: number) =>
        MECHANISMS.map((mechanism) => ({
          mechanism,
          salt: bytes(16),
          iterations,
          storedKey: bytes(32),
          serverKey: bytes(32),
        }));
      const source = new CredentialSource(accounts, 20_000);
      const unknown = Array.from({ length: 300 }, (_, i) => `nobody${i}`);
      const found = (of = source) => unknown.map((name) => of.find(name, "SCRAM-SHA-256"));
      const seen = (of = source) => found(of).map(({ iterations }) => iterations);
      assert.deepEqual(new Set(seen()), new Set([20_000]), "without accounts");
      for (let i = 0; i < 4; i++) {
        const credentials = stored(i < 3 ? 10_000 : 20_000);
        accounts.create(`user${i}`, { credentials, loginKeys: [] }, 1);
      }
      const before = found();
      const older = before.filter(({ iterations }) => iterations === 10_000).length;
      assert.ok(older > 195 && older < 255, `${older} of 300, 225 expected`);
      // Whatever passwords stored from now on get.
      const later = found(new CredentialSource(accounts, 50_000));
      const shown = (all: typeof before) => all.map(({ salt, iterations }) => [salt, iterations]);
      assert.deepEqual(shown(later), shown(before));
      for (const mechanism of MECHANISMS) {
        assert.equal(source.find("nobody1", mechanism).iterations, before[1]!.iterations);
      }
      accounts.setCredentials("user0", stored(20_000));
      const after = found();
      after.forEach(({ iterations, salt }, i) => {
        assert.ok(iterations >= before[i]!.iterations, "none goes back");
        const same = iterations === before[i]!.iterations;
        assert.equal(String(salt) === String(before[i]!.salt), same, "another salt with it");
      });
      assert.ok(after.some(({ iterations }, i) => iterations > before[i]!.iterations));
    } finally {
      storage.close();
    }
  }));
