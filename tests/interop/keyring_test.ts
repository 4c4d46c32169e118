/** The system's keyring as a person has it: `secret-tool`, a session bus and GNOME Keyring. */
import assert from "node:assert/strict";
import type { StatusView } from "../../daemon/views/mod.ts";
import { Daemon, until } from "../daemon.ts";
import { absent } from "../real_parts.ts";

const missing = ["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"].some(absent);
const LOGIN = "the password of the person's login";

/** A login session of its own: a bus, and a keyring that can be opened and closed. */
class Session implements AsyncDisposable {
  readonly address: string;
  readonly #env: Record<string, string>;
  readonly #bus: Deno.ChildProcess;
  #keyring: Deno.ChildProcess | undefined;

  private constructor(env: Record<string, string>, bus: Deno.ChildProcess, address: string) {
    this.#env = { ...env, DBUS_SESSION_BUS_ADDRESS: address };
    this.#bus = bus;
    this.address = address;
  }

  /** Starts the bus; nothing of it leaves the folder `home`. */
  static async start(home: string): Promise<Session> {
    await Deno.mkdir(`${home}/run`, { mode: 0o700 });
    const env = { HOME: home, PATH: Deno.env.get("PATH")!, XDG_RUNTIME_DIR: `${home}/run` };
    const bus = new Deno.Command("dbus-daemon", {
      args: ["--session", "--nofork", "--nopidfile", "--print-address=1"],
      clearEnv: true,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = bus.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!said.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("dbus-daemon ended");
      said += value;
    }
    await reader.cancel();
    return new Session(env, bus, said.trim());
  }

  /** The person logs in: with their password the keyring is open, without it stays closed. */
  async logIn(password: string | null): Promise<void> {
    await this.logOut();
    const child = new Deno.Command("gnome-keyring-daemon", {
      args: [
        "--foreground",
        "--components=secrets",
        ...(password === null ? ["--start"] : ["--unlock"]),
      ],
      clearEnv: true,
      env: this.#env,
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#keyring = child;
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(password ?? ""));
    await writer.close();
    await until("the keyring", async () => await this.#isThere() || undefined);
  }

  async logOut(): Promise<void> {
    this.#keyring?.kill("SIGTERM");
    await this.#keyring?.status;
    this.#keyring = undefined;
    await until("the keyring to end", async () => !await this.#isThere() || undefined);
  }

  /** What `secret-tool` finds of simppd's. */
  async items(): Promise<string> {
    const { stdout } = await this.#run("secret-tool", ["search", "application", "simppd"]);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.logOut();
    this.#bus.kill("SIGTERM");
    await this.#bus.status;
  }

  async #isThere(): Promise<boolean> {
    const { stdout } = await this.#run("dbus-send", [
      ...["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"],
      ...["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"],
    ]);
    return stdout.includes("true");
  }

  async #run(program: string, args: string[]): Promise<{ stdout: string }> {
    const options = { args, clearEnv: true, env: this.#env, stdin: "null" as const };
    const { stdout } = await new Deno.Command(program, options).output();
    return { stdout: new TextDecoder().decode(stdout) };
  }
}

Deno.test({
  name: "the system's keyring keeps the key: given, asked for at the next start, taken back",
  ignore: missing,
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "simppd-keyring-" });
    const state = `${root}/state`;
    try {
      await using session = await Session.start(root);
      const env = { DBUS_SESSION_BUS_ADDRESS: session.address };
      await session.logIn(LOGIN);
      let jid: string;
      {
        await using daemon = await Daemon.start(state, { env });
        await daemon.ask("POST", "/api/setup/carry", { nick: "alice", reach: "this-machine" });
        const { keeper, account } = await daemon.ask<StatusView>("PUT", "/api/keyring", {});
        assert.equal(keeper, "keyring");
        jid = account!.jid;
        await assert.rejects(Deno.stat(`${state}/key`), Deno.errors.NotFound);
        assert.match(await session.items(), /label = simppd sealing key/);
      }
      {
        await using daemon = await Daemon.start(state, { env });
        const { locked, keeper, account } = await daemon.status();
        assert.deepEqual([locked, keeper, account?.jid], [false, "keyring", jid]);
      }
      // Closed, and nobody there to open it.
      await session.logIn(null);
      await assert.rejects(Daemon.start(state, { env }), /keyring-empty/);
      await session.logIn(LOGIN);
      {
        await using daemon = await Daemon.start(state, { env });
        const { keeper, account } = await daemon.ask<StatusView>("DELETE", "/api/keyring");
        assert.deepEqual([keeper, account?.jid], ["file", jid]);
        assert.equal(await session.items(), "");
      }
      await session.logOut();
      {
        await using daemon = await Daemon.start(state, { env: { DBUS_SESSION_BUS_ADDRESS: "" } });
        assert.equal((await daemon.status()).account?.jid, jid);
        await assert.rejects(daemon.ask("PUT", "/api/keyring", {}), /no-keyring/);
        assert.equal((await daemon.status()).keeper, "file");
      }
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  },
});
