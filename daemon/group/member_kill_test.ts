import assert from "node:assert/strict";
import { join } from "node:path";
import { fromHex, toHex } from "../base/mod.ts";
import { ed25519, systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import { sealData } from "./data_message.ts";
import { dataSuite } from "./data_suites.ts";
import { memberOf } from "./roster.ts";
import { SqliteMemberStore } from "./sqlite_member_store.ts";

const GROUP = "ab".repeat(16);
const INCARNATION = "12".repeat(16);

/** Runs the process until it has said `lines` lines, then kills it at once. */
async function run(args: string[], lines: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", import.meta.resolve("./testing_member_process.ts"), ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "", killed = false;
  for await (const chunk of child.stdout) {
    text += new TextDecoder().decode(chunk);
    if (!killed && text.split("\n").length > lines) {
      killed = true;
      child.kill("SIGKILL");
    }
  }
  await child.status;
  // What stands after the last end of line was cut by the kill.
  return text.split("\n").slice(0, -1);
}

Deno.test("a member that is killed at any moment repeats no counter and opens nothing twice", async () => {
  const folder = await Deno.makeTempDir();
  const [path, vaultKey] = [join(folder, "member.db"), systemRandom(32)];
  const [self, bob] = [ed25519.generate(systemRandom), ed25519.generate(systemRandom)];
  const account = systemRandom(32);
  const anna = memberOf("anna@example.org", self.public, account, "member");
  const other = memberOf("bob@example.org", bob.public, account, "member");
  const key = systemRandom(32);
  const db = openDatabase(path, MIGRATIONS);
  new SqliteMemberStore(db, new Vault(vaultKey, systemRandom), GROUP).addEpoch({
    incarnation: INCARNATION,
    number: 1,
    suite: "aes-256-gcm",
    send: "member",
    key,
    at: Date.now(),
  }, [anna, other]);
  db.close();
  const messages = Array.from({ length: 20 }, (_, counter) =>
    toHex(sealData(
      dataSuite("aes-256-gcm"),
      key,
      {
        group: fromHex(GROUP),
        incarnation: fromHex(INCARNATION),
        epoch: 1,
        device: fromHex(other.device),
        counter,
        salt: systemRandom(16),
      },
      new Uint8Array(),
      (label, bytes) => ed25519.sign(bob.secret, label, bytes),
    )));
  const lines: string[] = [];
  for (const until of [5, 20, 70, 130]) {
    lines.push(
      ...await run([path, toHex(vaultKey), toHex(self.secret), GROUP, ...messages], until),
    );
  }
  const sealed = lines.filter((line) => line.startsWith("sealed"));
  assert.ok(sealed.length > 150, String(sealed.length));
  assert.equal(new Set(lines).size, lines.length, "every line comes once");
  assert.ok(lines.filter((line) => line.startsWith("opened")).length <= 20);
  await Deno.remove(folder, { recursive: true });
});
