import assert from "node:assert/strict";
import { assemble } from "./pack.ts";
import { ENGINE_FLAGS, RIGHTS } from "./start.ts";

/** A runtime that only says who it is and what it was called with, a line each. */
const SPEAKING = '#!/bin/sh\necho $$\nfor word in "$@"; do printf \'%s\\n\' "$word"; done\n';

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A packed file in a folder of its own, with the speaking runtime in it. */
async function packed(work: (at: { folder: string; file: string }) => Promise<void>) {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "simppd-pack-" }));
  try {
    const file = `${folder}/simppd`;
    const bytes = await assemble({
      runtime: utf8(SPEAKING),
      program: utf8(`export default "${crypto.getRandomValues(new Uint8Array(300)).toHex()}";\n`),
      version: "1.2.3",
      target: "test",
    });
    await Deno.writeFile(file, bytes, { mode: 0o755 });
    await work({ folder, file });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function start(file: string, args: string[], env: Record<string, string> = {}) {
  const folder = file.slice(0, file.lastIndexOf("/"));
  const child = new Deno.Command(file, {
    args,
    cwd: folder,
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", HOME: folder, ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { code, stdout, stderr } = await child.output();
  const [pid, ...words] = new TextDecoder().decode(stdout).trimEnd().split("\n");
  const value = (flag: string) =>
    words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
  return {
    code,
    /** Did the runtime take the place of the shell, so that signals reach it? */
    replaced: Number(pid) === child.pid,
    words,
    value,
    error: new TextDecoder().decode(stderr),
  };
}

/** The one cache folder below `folder`. */
function cacheOf(folder: string): string {
  const base = `${folder}/.cache/simppd`;
  return `${base}/${[...Deno.readDirSync(base)][0]!.name}`;
}

const unix = { ignore: Deno.build.os === "windows" };

Deno.test("a packed file starts its runtime in its own place, words untouched", unix, async () => {
  await packed(async ({ file }) => {
    for (const round of ["first", "second"]) {
      const run = await start(file, ["call", "a  b", "", "*", "--json"]);
      assert.equal(run.code, 0, run.error);
      assert.ok(run.replaced, round);
      assert.deepEqual(run.words.slice(-5), ["call", "a  b", "", "*", "--json"]);
      assert.ok(run.words.includes("--no-prompt"));
      assert.ok(run.words.includes(ENGINE_FLAGS));
    }
  });
});

Deno.test("a packed file grants its state directory and little more", unix, async () => {
  await packed(async ({ folder, file }) => {
    const plain = await start(file, ["run"]);
    assert.equal(plain.value("--allow-write"), `${folder}/.local/state/simppd`);
    const xdg = await start(file, ["run"], { XDG_STATE_HOME: "/elsewhere" });
    assert.equal(xdg.value("--allow-write"), "/elsewhere/simppd");
    const relative = await start(file, ["run"], { XDG_STATE_HOME: "elsewhere" });
    assert.equal(relative.value("--allow-write"), plain.value("--allow-write"));
    const named = await start(file, ["run", "--json", "--state", "s 1", "--port", "0"]);
    assert.equal(named.value("--allow-write"), `${folder}/s 1`);
    const program = `${cacheOf(folder)}/simppd.js`;
    assert.equal(named.value("--allow-read"), `${program},${folder}/s 1`);
    assert.equal(named.value("--allow-env"), RIGHTS.env.join(","));
    assert.equal(named.value("--allow-sys"), RIGHTS.sys.join(","));
    const backup = await start(file, ["backup", "--state", "s 1", "a file", "--no-server"]);
    const granted = `${folder}/s 1,${folder}/a file,${folder}/a file.part`;
    assert.equal(backup.value("--allow-write"), granted);
    assert.equal(backup.value("--allow-read"), `${program},${granted}`);
    const copy = await start(file, ["server", "backup", "--data", "d", "a file"]);
    const copied = `${folder}/d,${folder}/a file,${folder}/a file.part`;
    assert.equal(copy.value("--allow-write"), copied);
    const server = await start(file, [
      ...["server", "run", "--data=d", "--certificate", "c", "--key=/k", "--database", "@db"],
      ...["--component", "a.test=@s", "--turn=t.test:1=@t", "--limit", "rooms=1", "--domain", "x"],
    ]);
    assert.equal(server.value("--allow-write"), `${folder}/d`);
    const read = ["d", "c", "/k", "db", "s", "t"].map((path) =>
      path.startsWith("/") ? path : `${folder}/${path}`
    );
    assert.equal(server.value("--allow-read"), [program, ...read].join(","));
    const database = { SIMPPD_DATABASE: "@db" };
    const environment = await start(file, ["server", "run", "--data", "d"], database);
    assert.equal(environment.value("--allow-read"), `${program},${folder}/d,${folder}/db`);
    assert.ok(!named.words.includes("--allow-all") && !named.words.includes("-A"));
  });
});

Deno.test("a packed file may start only programs of the list that are here", unix, async () => {
  await packed(async ({ folder, file }) => {
    await Deno.mkdir(`${folder}/bin`);
    const bare = await start(file, ["run"], { PATH: `${folder}/bin:/usr/bin:/bin` });
    const before = bare.value("--allow-run")?.split(",") ?? [];
    await Deno.writeTextFile(`${folder}/bin/open`, "#!/bin/sh\n", { mode: 0o755 });
    const more = await start(file, ["run"], { PATH: `${folder}/bin:/usr/bin:/bin` });
    const after = more.value("--allow-run")!.split(",");
    assert.deepEqual(after.toSorted(), [...new Set([...before, "open"])].toSorted());
    assert.ok(after.every((name) => RIGHTS.run.includes(name)));
  });
});

Deno.test(
  "a packed file may read what is shown, and run the viewer that is named",
  unix,
  async () => {
    await packed(async ({ folder, file }) => {
      const shown = await start(file, ["display", "--group", "g@x", "a b.png", "--json"]);
      assert.ok(shown.value("--allow-read")!.endsWith(`,${folder}/a b.png`));
      assert.ok(!shown.value("--allow-write")!.includes("a b.png"));
      const history = await start(file, ["display", "history"]);
      assert.ok(!history.value("--allow-read")!.includes("history"));
      const viewer = await start(file, ["run", "--display-command", "/bin/cat"]);
      assert.ok(viewer.value("--allow-run")!.split(",").includes("/bin/cat"));
      const other = await start(file, ["call", "--display-command=/bin/cat"]);
      assert.ok(!(other.value("--allow-run") ?? "").split(",").includes("/bin/cat"));
      const absent = await start(file, ["run", "--display-command", "no-such-viewer"]);
      assert.match(absent.error, /no-such-viewer is not on the PATH/);
      const two = await start(file, ["run", "--display-command=cat,sh"]);
      assert.match(two.error, /comma/);
    });
  },
);

Deno.test("a packed file may read what is sent, and write where one saves", unix, async () => {
  await packed(async ({ folder, file }) => {
    const sent = await start(file, ["file", "send", "--ways", "upload", "a@x", "b c", "/d"]);
    assert.ok(
      sent.value("--allow-read")!.endsWith(`,${folder}/b c,/d`),
      sent.value("--allow-read")!,
    );
    assert.ok(!sent.value("--allow-write")!.includes("b c"));
    const got = await start(file, ["file", "get", "00ff", "there", "--json"]);
    assert.ok(got.value("--allow-write")!.includes(`,${folder}/there,`));
    const here = await start(file, ["file", "get", "00ff"]);
    assert.ok(here.value("--allow-write")!.includes(`,${folder},`));
    const listed = await start(file, ["file", "list", "server"]);
    assert.ok(!listed.value("--allow-write")!.includes(folder + ","), "nothing but the state");
  });
});

Deno.test("a packed file refuses a path that Deno would read as two", unix, async () => {
  await packed(async ({ file }) => {
    const run = await start(file, ["run", "--state", "a,/etc"]);
    assert.equal(run.code, 1);
    assert.match(run.error, /path with a comma/);
    const key = await start(file, ["server", "run", "--key", "a,/etc"]);
    assert.match(key.error, /path with a comma/);
  });
});

Deno.test("a packed file that was cut or changed starts nothing", unix, async () => {
  await packed(async ({ file }) => {
    const whole = await Deno.readFile(file);
    const changed = whole.slice();
    changed[changed.length - 60]! ^= 1;
    for (const bytes of [changed, whole.subarray(0, whole.length - 40)]) {
      await Deno.writeFile(file, bytes);
      const run = await start(file, ["run"]);
      assert.equal(run.code, 1);
      assert.deepEqual(run.words, []);
      assert.match(run.error, /is damaged/);
    }
  });
});

Deno.test("a packed file mends what was damaged in its cache", unix, async () => {
  await packed(async ({ folder, file }) => {
    await start(file, ["run"]);
    for (const name of ["deno", "simppd.js"]) {
      const path = `${cacheOf(folder)}/${name}`;
      const right = await Deno.readTextFile(path);
      await Deno.remove(path);
      await Deno.writeTextFile(path, "wrong", { mode: 0o700 });
      const run = await start(file, ["run"]);
      assert.equal(run.code, 0, run.error);
      assert.equal(await Deno.readTextFile(path), right);
    }
  });
});

Deno.test("a packed file does not trust a cache that others could have filled", unix, async () => {
  await packed(async ({ folder, file }) => {
    const base = `${folder}/.cache/simppd`;
    await Deno.mkdir(base, { recursive: true });
    await Deno.chmod(base, 0o777);
    const open = await start(file, ["run"]);
    assert.equal(open.code, 1);
    assert.match(open.error, /open to other users/);

    await Deno.rename(base, `${folder}/planted`);
    await Deno.chmod(`${folder}/planted`, 0o700);
    await Deno.symlink(`${folder}/planted`, base);
    const linked = await start(file, ["run"]);
    assert.equal(linked.code, 1);
    assert.match(linked.error, /not a folder of yours/);
  });
});

Deno.test("packed files that start at one moment do not disturb each other", unix, async () => {
  await packed(async ({ file }) => {
    const runs = await Promise.all(Array.from({ length: 4 }, () => start(file, ["run"])));
    assert.deepEqual(runs.map((run) => run.error), ["", "", "", ""]);
    assert.deepEqual(runs.map((run) => run.code), [0, 0, 0, 0]);
  });
});
