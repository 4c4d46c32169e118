import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { type Bytes, SimppdError, utf8 } from "../base/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { type Disk, disk } from "./disk.ts";
import { type Keyring, systemKeyring } from "./keyring.ts";
import { type KeySurroundings, type NewKeeper, SealingKey } from "./sealing_key.ts";
import { StateHold } from "./state_directory.ts";

const PASSPHRASE = "correct horse battery";
const OTHER = "staple and another one";
/** The cheapest that is allowed. */
const cost = { logN: 15, r: 8, p: 1 };
/** In scrypt's place where passphrases are not the point. */
const derive = (passphrase: string) => Promise.resolve(sha256(utf8(passphrase)));

const refused = (code: string) => (error: unknown) =>
  error instanceof SimppdError && error.code === code;

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-key-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A keyring in memory. */
function memoryKeyring(): Keyring & { items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    store: (item, secret) => Promise.resolve(void items.set(item, secret)),
    lookup: (item) => Promise.resolve(items.get(item) ?? ""),
    clear: (item) => Promise.resolve(void items.delete(item)),
  };
}

class Crash extends Error {}

/** The disk of a machine that dies at its `left`-th write, in the middle of it when `torn`. */
function dyingDisk(left: number, torn: boolean): Disk {
  const step = async (half: () => Promise<void>, whole: () => Promise<void>) => {
    if (left-- > 0) return await whole();
    if (torn) await half();
    left = 0;
    throw new Crash();
  };
  const nothing = () => Promise.resolve();
  return {
    ...disk,
    write: (path, bytes) =>
      step(() => disk.write(path, bytes.subarray(0, 7)), () => disk.write(path, bytes)),
    rename: (from, to) => step(nothing, () => disk.rename(from, to)),
    remove: (path) => step(nothing, () => disk.remove(path)),
  };
}

/** Opens the key as the next start would, with whichever passphrase fits. */
async function masterOf(folder: string, surroundings: KeySurroundings): Promise<Bytes> {
  const key = await SealingKey.find(folder, surroundings);
  if (key.keeper !== "passphrase") return await key.open();
  try {
    return await key.open(PASSPHRASE);
  } catch (error) {
    if (!refused("wrong-passphrase")(error)) throw error;
    return await key.open(OTHER);
  }
}

/** Does any file of the folder hold these bytes? */
async function holds(folder: string, bytes: Bytes): Promise<boolean> {
  for await (const { name } of Deno.readDir(folder)) {
    const content = Buffer.from(await Deno.readFile(join(folder, name)));
    if (content.includes(bytes)) return true;
  }
  return false;
}

Deno.test("a passphrase wraps the same master key and takes the plain one away", () =>
  inFolder(async (folder) => {
    const key = await SealingKey.find(folder, { cost });
    const master = await key.open();
    assert.equal(await holds(folder, master), true);
    await key.change({ keeper: "passphrase", passphrase: PASSPHRASE }, "name");
    assert.equal(await holds(folder, master), false);
    assert.equal((await Deno.stat(join(folder, "key.json"))).mode! & 0o777, 0o600);

    const again = await SealingKey.find(folder, { cost });
    assert.deepEqual([again.keeper, again.name], ["passphrase", "name"]);
    await assert.rejects(again.open(), refused("locked"));
    await assert.rejects(again.open("correct horse batterY"), refused("wrong-passphrase"));
    // Written with a ligature and in full width: NFKC makes them one.
    assert.deepEqual(await again.open("correct horse ｂattery"), master);

    const change = { keeper: "passphrase", passphrase: OTHER } as const;
    await assert.rejects(again.change(change, "name", "no"), refused("wrong-passphrase"));
    await assert.rejects(
      again.change({ keeper: "passphrase", passphrase: "short" }, "name", PASSPHRASE),
      refused("bad-passphrase"),
    );
    await again.change(change, "name", PASSPHRASE);
    const third = await SealingKey.find(folder, { cost });
    await assert.rejects(third.open(PASSPHRASE), refused("wrong-passphrase"));
    assert.deepEqual(await third.open(OTHER), master);
    await third.change({ keeper: "file" }, "name", OTHER);
    assert.deepEqual(await (await SealingKey.find(folder)).open(), master);
  }));

Deno.test("wrong passphrases must wait, longer each time, and a right one ends that", () =>
  inFolder(async (folder) => {
    let now = 0;
    const surroundings = { derive, now: () => now };
    const first = await SealingKey.find(folder, surroundings);
    await first.change({ keeper: "passphrase", passphrase: PASSPHRASE }, "name");
    const key = await SealingKey.find(folder, surroundings);
    for (let tries = 0; tries < 3; tries++) {
      await assert.rejects(key.open("wrong"), refused("wrong-passphrase"));
    }
    await assert.rejects(key.open(PASSPHRASE), refused("too-many-attempts"));
    now += 1_000;
    await Promise.all([
      assert.rejects(key.open("wrong"), refused("wrong-passphrase")),
      assert.rejects(key.open(PASSPHRASE), refused("too-many-attempts")),
    ]);
    now += 1_999;
    await assert.rejects(key.open(PASSPHRASE), refused("too-many-attempts"));
    now += 1;
    await key.open(PASSPHRASE);
  }));

Deno.test("a crash at any step of any change leaves a key that opens, and no plain copy of it", async () => {
  const passphrase: NewKeeper = { keeper: "passphrase", passphrase: PASSPHRASE };
  const changes: [NewKeeper, NewKeeper][] = [
    [{ keeper: "file" }, passphrase],
    [passphrase, { keeper: "passphrase", passphrase: OTHER }],
    [passphrase, { keeper: "file" }],
    [{ keeper: "file" }, { keeper: "keyring" }],
    [{ keeper: "keyring" }, { keeper: "file" }],
    [{ keeper: "keyring" }, { keeper: "keyring" }],
  ];
  for (const [from, to] of changes) {
    for (const torn of [false, true]) {
      for (let steps = 0, crashed = true; crashed; steps++) {
        await inFolder(async (folder) => {
          const keyring = memoryKeyring();
          const first = await SealingKey.find(folder, { derive, keyring });
          const master = await first.open();
          if (from.keeper !== "file") await first.change(from, "name");
          const dying = { derive, keyring, disk: dyingDisk(steps, torn) };
          crashed = await SealingKey.find(folder, dying)
            .then(async (key) => {
              await key.open(PASSPHRASE);
              await key.change(to, "name", PASSPHRASE);
            })
            .then(() => false, (error) => {
              if (error instanceof Crash) return true;
              throw error;
            });
          const where = `${from.keeper} to ${to.keeper}, torn ${torn}, step ${steps}`;
          assert.deepEqual(await masterOf(folder, { derive, keyring }), master, where);
          const { keeper } = await SealingKey.find(folder, { derive, keyring });
          assert.equal(await holds(folder, master), keeper === "file", where);
          assert.ok(steps < 12, where);
        });
      }
    }
  }
});

Deno.test("a changed key.json is refused, whatever was changed in it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "key.json");
    const first = await SealingKey.find(folder, { cost });
    await first.change({ keeper: "passphrase", passphrase: PASSPHRASE }, "name");
    const good = await Deno.readTextFile(path);
    const forged = [
      good.slice(0, 40),
      good.replace('"version": 1', '"version": 2'),
      good.replace('"logN": 15', '"logN": 3'),
      good.replace('"logN": 15', '"logN": 30'),
      good.replace('"name": "name"', '"name": "../x"'),
    ];
    for (const text of forged) {
      assert.notEqual(text, good);
      await Deno.writeTextFile(path, text);
      await assert.rejects(SealingKey.find(folder, { cost }), refused("key-damaged"));
    }
    for (
      const text of [good.replace('"p": 1', '"p": 2'), good.replace('"name": "n', '"name": "m')]
    ) {
      await Deno.writeTextFile(path, text);
      const key = await SealingKey.find(folder, { cost });
      await assert.rejects(key.open(PASSPHRASE), refused("wrong-passphrase"));
    }
  }));

Deno.test("a database without its key is refused rather than given a new one", () =>
  inFolder(async (folder) => {
    (await (await StateHold.take(folder)).open()).close();
    await Deno.remove(join(folder, "key"));
    await assert.rejects(StateHold.take(folder), refused("key-missing"));
  }));

Deno.test("the system's tool gets secrets through standard input alone", () =>
  inFolder(async (folder) => {
    const program = join(folder, "secret-tool");
    // Stands in for secret-tool: one file an item, and a log of all arguments.
    await Deno.writeTextFile(
      program,
      `#!/bin/sh
echo "$@" >> ${folder}/log
for last; do :; done
case $1 in
  store) cat > ${folder}/item-$last ;;
  lookup) test -f ${folder}/item-$last && cat ${folder}/item-$last ;;
  clear) rm ${folder}/item-$last ;;
esac
`,
      { mode: 0o700 },
    );
    const keyring = systemKeyring("linux", program);
    const first = await SealingKey.find(folder, { keyring });
    const master = await first.open();
    await first.change({ keeper: "keyring" }, "name");
    const second = await SealingKey.find(folder, { keyring });
    assert.equal(second.keeper, "keyring");
    assert.deepEqual(await second.open(), master);
    const [item] = [...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("item-"));
    const secret = await Deno.readTextFile(join(folder, item!.name));
    assert.equal((await Deno.readTextFile(join(folder, "log"))).includes(secret), false);

    await Deno.rename(join(folder, item!.name), join(folder, "elsewhere"));
    const lost = await SealingKey.find(folder, { keyring });
    await assert.rejects(lost.open(), refused("keyring-empty"));
    await Deno.rename(join(folder, "elsewhere"), join(folder, item!.name));
    await second.change({ keeper: "file" }, "name");
    assert.deepEqual(await (await SealingKey.find(folder)).open(), master);
    await assert.rejects(Deno.stat(join(folder, item!.name)), Deno.errors.NotFound);
  }));

Deno.test("without the system's tool the keyring is a plain error and nothing changes", () =>
  inFolder(async (folder) => {
    const keyring = systemKeyring("linux", join(folder, "absent"));
    const key = await SealingKey.find(folder, { keyring });
    await assert.rejects(key.change({ keeper: "keyring" }, "name"), refused("no-keyring"));
    assert.equal((await SealingKey.find(folder)).keeper, "file");
    const windows = await SealingKey.find(folder, { keyring: systemKeyring("windows") });
    await assert.rejects(windows.change({ keeper: "keyring" }, "name"), refused("no-keyring"));
  }));

Deno.test("lock() waits for a change that runs; the key it gives on is whole", async () => {
  const folder = await Deno.makeTempDir({ prefix: "simppd-key-" });
  try {
    const key = await SealingKey.find(folder, { derive });
    const master = await key.open();
    const name = "0123456789abcdef";
    await key.change({ keeper: "passphrase", passphrase: "a good passphrase" }, name);
    const changing = key.change({ keeper: "file" }, name, "a good passphrase");
    await Promise.all([changing, key.lock()]);
    assert.deepEqual(await Deno.readFile(join(folder, "key")), master);
    assert.deepEqual(await (await SealingKey.find(folder, { derive })).open(), master);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
