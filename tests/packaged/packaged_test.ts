/**
 * The executable SIMPPD_BIN names, alone in an empty folder: no Deno, no node_modules, no sources,
 * and on its PATH only what a packed file may count on.
 */
import assert from "node:assert/strict";
import { residentMegabytes } from "../bench/process_figures.ts";
import { Daemon, type Surroundings } from "../daemon.ts";

const bin = Deno.env.get("SIMPPD_BIN");
if (bin === undefined) {
  Deno.stderr.writeSync(
    new TextEncoder().encode(
      "skipped: tests/packaged/ needs SIMPPD_BIN, the path of dist/simppd\n",
    ),
  );
}
const options = { ignore: bin === undefined };

/** The tools of the base system that a packed file's header uses, and ffmpeg. */
const TOOLS = "chmod cut ffmpeg gzip head id ls mkdir mv sha256sum tail wc".split(" ");

/** An empty folder to run in, with surroundings in which there is nothing else. */
async function alone(work: (surroundings: Surroundings & { cwd: string }) => Promise<void>) {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "simppd-alone-" }));
  try {
    await Deno.mkdir(`${folder}/bin`);
    for (const tool of TOOLS) {
      const at = ["/usr/bin", "/bin", "/usr/local/bin"].find((path) => exists(`${path}/${tool}`));
      if (at !== undefined) await Deno.symlink(`${at}/${tool}`, `${folder}/bin/${tool}`);
    }
    await Deno.mkdir(`${folder}/empty`);
    await work({
      cwd: `${folder}/empty`,
      clearEnv: true,
      env: { PATH: `${folder}/bin`, HOME: folder, XDG_CACHE_HOME: `${cache}` },
    });
    assert.deepEqual([...Deno.readDirSync(`${folder}/empty`)], [], "it left something behind");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

// One cache for all tests: unpacking takes a second, and one of them sees to it.
const cache = options.ignore ? "" : Deno.makeTempDirSync({ prefix: "simppd-cache-" });
Deno.test.afterAll(() => {
  if (cache !== "") Deno.removeSync(cache, { recursive: true });
});

async function simppd(surroundings: Surroundings, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(bin!, {
    ...surroundings,
    args,
    stdin: "null",
  }).output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, error: error! };
}

Deno.test("the executable says its version", options, async () => {
  await alone(async (surroundings) => {
    const { code, out, error } = await simppd(surroundings, "version");
    assert.equal(code, 0, error);
    assert.match(out, /\b\d+\.\d+\.\d+\b/);
  });
});

Deno.test("the executable's doctor finds that it may do what it must", options, async () => {
  await alone(async (surroundings) => {
    const { out, error } = await simppd(surroundings, "doctor", "--json");
    assert.doesNotMatch(error, /NotCapable|Requires \w+ access/);
    const lines = out.trim().split("\n");
    assert.ok(lines.length > 0 && lines[0] !== "", error);
    JSON.parse(lines.length === 1 ? lines[0]! : `[${lines.join(",")}]`);
    assert.doesNotMatch(out, /NotCapable|Requires \w+ access/);
  });
});

Deno.test("the executable's daemon answers, and SIGTERM ends it", options, async () => {
  await alone(async (surroundings) => {
    const state = `${surroundings.env!.HOME}/state`;
    const daemon = await Daemon.start(state, surroundings);
    const before = await daemon.status();
    assert.equal(before.account, null);
    const carried = await daemon.ask<{ account: { nick: string } }>("POST", "/api/setup/carry", {
      nick: "alice",
      reach: "this-machine",
    });
    assert.equal(carried.account.nick, "alice");
    const page = await (await daemon.fetch("/")).text();
    assert.match(page, /<html|<!doctype/i);
    const { code, output } = await daemon.stop();
    assert.equal(code, 0, output);
    await assert.rejects(fetch(daemon.url));
    const mode = Deno.statSync(state).mode! & 0o777;
    assert.equal(mode, 0o700);
  });
});

/** What the first start of a cache may hold more than the next ones (MB); its compiling is some 10. */
const FIRST_MB = 30;

Deno.test("the executable's first start goes on with the memory of a later one", {
  ignore: options.ignore || Deno.build.os !== "linux",
}, async () => {
  await alone(async ({ env, ...surroundings }) => {
    const home = env!.HOME!;
    const held: number[] = [];
    for (const state of ["first", "second"]) {
      await using daemon = await Daemon.start(`${home}/${state}`, {
        ...surroundings,
        env: { ...env, XDG_CACHE_HOME: `${home}/cache` },
      });
      held.push(residentMegabytes(daemon.pid));
    }
    const [first, second] = held as [number, number];
    assert.ok(first < second + FIRST_MB, `${first} MB, then ${second} MB`);
  });
});

Deno.test("the executable shows an encrypted call both ways", options, async () => {
  await alone(async (surroundings) => {
    const { code, out, error } = await simppd(
      surroundings,
      ...["demo", "--seconds", "5", "--json", "--no-open"],
    );
    assert.equal(code, 0, error);
    const result = JSON.parse(out.trim().split("\n").at(-1)!);
    assert.equal(result.ok, true, out);
    const directions = Object.values<Record<string, unknown>>(result.directions);
    assert.equal(directions.length, 2, out);
    for (const direction of directions) {
      assert.ok(Number(direction.delivered) > 0, out);
      assert.equal(direction.tag_verified, true);
      assert.equal(direction.open_failures, 0);
    }
  });
});
