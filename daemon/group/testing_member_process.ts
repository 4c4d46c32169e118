/**
 * A member in a process of its own, so that a test can kill it: goes on with the epoch that its
 * database has, and prints the counter of each message it seals and of each it opens. Its arguments:
 * the database, the vault's key, the device's secret, messages to open in hex.
 * @module
 */
import { fromHex } from "../base/mod.ts";
import { ed25519, systemRandom } from "../crypto/mod.ts";
import { deviceIdOf } from "../simpp/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import { readData } from "./data_message.ts";
import { DataProcessor } from "./data_processor.ts";
import { SqliteMemberStore } from "./sqlite_member_store.ts";

const [path, vaultKey, secret, group, ...messages] = Deno.args as [string, string, string, string];
const device = ed25519.generate(() => fromHex(secret));
const db = openDatabase(path, MIGRATIONS);
const store = new SqliteMemberStore(db, new Vault(fromHex(vaultKey), systemRandom), group);
const processor = new DataProcessor({
  group,
  device: deviceIdOf(device.public),
  store,
  sign: (label, bytes) => ed25519.sign(device.secret, label, bytes),
  random: systemRandom,
  now: Date.now,
  steady: () => performance.now(),
  allows: () => true,
  historyDays: () => 30,
  missing: () => {},
  emit: () => {},
});
const incarnation = "12".repeat(16);
processor.begin(store.epoch(incarnation, 1)!, store.roster(incarnation));
const say = (...words: unknown[]) =>
  void Deno.stdout.writeSync(new TextEncoder().encode(`${words.join(" ")}\n`));
const origin = { occupant: "room", id: "1", at: 0 };
for (;;) {
  for (const hex of messages as string[]) {
    const opened = processor.open(fromHex(hex), origin);
    if (opened.type === "message") say("opened", opened.message.counter);
  }
  const { counter } = readData(processor.seal(new Uint8Array(10)));
  say("sealed", counter);
}
