import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import type { GroupMember } from "./group_keys.ts";
import type { StoredEpoch } from "./member_store.ts";
import { memberOf } from "./roster.ts";
import { SqliteMemberStore } from "./sqlite_member_store.ts";

const GROUP = "ab".repeat(16);
const INCARNATION = "12".repeat(16);

function open(path = ":memory:", vault = new Vault(systemRandom(32), systemRandom)) {
  const db = openDatabase(path, MIGRATIONS);
  return { db, vault, store: new SqliteMemberStore(db, vault, GROUP) };
}
const epochOf = (number: number, at = number): StoredEpoch => ({
  incarnation: INCARNATION,
  number,
  suite: "aes-256-gcm",
  send: "member",
  key: systemRandom(32),
  at,
});
const people = Array.from(
  { length: 6 },
  (_, at) => memberOf(`p${at}@example.org`, systemRandom(32), systemRandom(32), "member"),
);

Deno.test("every epoch gives back its members, in their order, whatever came before and after", () => {
  const roster = fc.shuffledSubarray(people).chain((list) =>
    fc.array(fc.constantFrom("member" as const, "admin" as const), {
      minLength: list.length,
      maxLength: list.length,
    }).map((roles) => list.map((member, at): GroupMember => ({ ...member, role: roles[at]! })))
  );
  fc.assert(
    fc.property(fc.array(roster, { minLength: 1, maxLength: 8 }), (rosters) => {
      const { db, vault, store } = open();
      for (const [at, each] of rosters.entries()) {
        store.transaction(() => store.addEpoch(epochOf(at + 1), each));
        assert.deepEqual(store.roster(INCARNATION), each);
      }
      const again = new SqliteMemberStore(db, vault, GROUP);
      assert.deepEqual(again.roster(INCARNATION), rosters.at(-1));
      for (const [at, each] of rosters.entries()) {
        for (const { device } of people) {
          const expected = each.find((member) => member.device === device);
          assert.deepEqual(again.member(INCARNATION, at + 1, device), expected);
        }
      }
      db.close();
    }),
    { numRuns: 30 },
  );
});

Deno.test("old epochs go with their keys, members and marks; the one in use stays", () => {
  const { db, store } = open();
  for (let number = 3; number <= 8; number++) {
    store.addEpoch(epochOf(number), number === 3 ? people : people.slice(0, 2));
    assert.ok(store.markOpened(INCARNATION, number, people[1]!.device, 1));
  }
  const kept = { incarnation: INCARNATION, number: 8 };
  store.dropEpochs(5, 2, kept);
  assert.deepEqual([3, 4, 5, 6, 7, 8].filter((n) => store.epoch(INCARNATION, n)), [7, 8]);
  assert.equal(store.member(INCARNATION, 3, people[5]!.device), undefined);
  assert.equal(store.firstEpoch(INCARNATION), 3);
  assert.equal(store.firstEpoch("99".repeat(16)), undefined);
  store.dropEpochs(Number.MAX_SAFE_INTEGER, 0, kept);
  assert.equal(store.epoch(INCARNATION.slice(0, 8), 8)?.number, 8);
  assert.equal(db.prepare("SELECT count(*) AS n FROM group_opened").get()!.n, 1);
  store.clear();
  assert.equal(store.epoch(INCARNATION, 8), undefined);
  db.close();
});

Deno.test("a counter is taken once, within the window behind the newest", () => {
  const { db, store } = open();
  const mark = (counter: number) => store.markOpened(INCARNATION, 1, "d", counter);
  assert.deepEqual([mark(9), mark(9), mark(3), mark(20_000)], [true, false, true, true]);
  assert.deepEqual([mark(20_000 - 8192), mark(20_000 - 8191), mark(9)], [false, true, false]);
  assert.ok(store.isFresh(INCARNATION, 2, "d", 9) && store.isFresh(INCARNATION, 1, "e", 9));
  db.close();
});

Deno.test("counters that were reserved come never again, kill or not", () => {
  const folder = Deno.makeTempDirSync();
  const { db, vault, store } = open(`${folder}/a.db`);
  const first = store.reserveCounters(64);
  db.close();
  const again = open(`${folder}/a.db`, vault);
  assert.equal(again.store.reserveCounters(64), first + 64);
  again.store.setState(Uint8Array.of(1));
  assert.equal(again.store.reserveCounters(1), first + 128);
  again.db.close();
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("keys and state lie sealed, and open in their own place alone", () => {
  const folder = Deno.makeTempDirSync();
  const { db, store } = open(`${folder}/a.db`);
  const [one, two] = [epochOf(1), epochOf(2)];
  store.addEpoch(one, people);
  store.addEpoch(two, people);
  store.setState(concat(one.key, two.key));
  const since = { incarnation: "ab".repeat(16), epoch: 3 };
  const known = { accountKey: people[0]!.accountKey, role: "admin", since } as const;
  store.addPerson("p0@example.org", known);
  assert.deepEqual(store.person("p0@example.org"), known);
  db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  const file = toHex(Deno.readFileSync(`${folder}/a.db`));
  for (const secret of [one.key, two.key, people[0]!.accountKey]) {
    assert.ok(!file.includes(toHex(secret)));
  }
  assert.deepEqual(store.epoch(INCARNATION, 2), two);
  db.exec("UPDATE group_epochs SET sealed = (SELECT sealed FROM group_epochs WHERE number = 1)");
  assert.throws(() => store.epoch(INCARNATION, 2), { code: "open-failed" });
  db.close();
  Deno.removeSync(folder, { recursive: true });
});
