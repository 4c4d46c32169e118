/**
 * Locking, backing up and restoring as a person does it at the command line, with the rights that
 * the program really has.
 */
import assert from "node:assert/strict";
import { Daemon, simppdCommand, until } from "./daemon.ts";

const PASSPHRASE = "correct horse battery";
const BACKUP = "another good passphrase";

/** Runs a verb; what it reads from standard input is `input`. */
async function simppd(
  words: readonly string[],
  input = "",
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const [program, ...before] = simppdCommand();
  const child = new Deno.Command(program!, {
    args: [...before, ...words],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("lock, unlock, back up and restore at the command line", async () => {
  const root = await Deno.makeTempDir({ prefix: "simppd-cli-rest-" });
  const state = `${root}/alice`;
  const file = `${root}/alice.backup`;
  try {
    {
      await using daemon = await Daemon.start(state);
      await daemon.ask("POST", "/api/setup/carry", { nick: "alice", reach: "this-machine" });
      const set = await simppd(
        ["passphrase", "set", "--state", state],
        `${PASSPHRASE}\n${PASSPHRASE}\n`,
      );
      assert.equal(set.code, 0, set.err);
    }
    {
      await using daemon = await Daemon.start(state);
      const locked = await daemon.status();
      assert.deepEqual([locked.locked, locked.server], [true, null]);
      const refused = await daemon.fetch("/api/contacts");
      assert.equal(refused.status, 423);
      await refused.body?.cancel();
      const wrong = await simppd(["unlock", "--state", state], "wrong\n");
      assert.equal(wrong.code, 1);
      assert.match(wrong.err, /^error: This is not the passphrase. \(wrong-passphrase\)$/m);
      const right = await simppd(["unlock", "--state", state], "", {
        SIMPPD_PASSPHRASE: PASSPHRASE,
      });
      assert.equal(right.code, 0, right.err);
      await until(
        "the server",
        async () => (await daemon.status()).state === "online" || undefined,
      );
      const made = await simppd(["backup", file, "--state", state], `${BACKUP}\n${BACKUP}\n`);
      assert.equal(made.code, 0, made.err);
      const again = await simppd(["backup", file, "--state", state], `${BACKUP}\n${BACKUP}\n`);
      assert.equal(again.code, 1, "a file that is there was overwritten");
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    }
    {
      const env = { SIMPPD_PASSPHRASE: PASSPHRASE };
      await using daemon = await Daemon.start(state, { env });
      assert.equal((await daemon.status()).locked, false);
      const full = await simppd(["restore", file, "--state", state], `${BACKUP}\n`);
      assert.match(full.err, /account-exists/);
    }
    {
      await using daemon = await Daemon.start(`${root}/again`);
      const wrong = await simppd(["restore", file, "--state", daemon.state], "wrong\n");
      assert.match(wrong.err, /wrong-passphrase/);
      const right = await simppd(["restore", file, "--lost", "--state", daemon.state], BACKUP);
      assert.equal(right.code, 0, right.err);
      const { account, server } = await daemon.status();
      assert.equal(account!.jid, `alice@${server!.domain}`);
      await until("login", async () => (await daemon.status()).state === "online" || undefined);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
