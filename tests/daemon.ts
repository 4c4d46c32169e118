/**
 * A daemon as a process of its own, and its local API as a script would use it: for what is tested
 * and measured from outside.
 * @module
 */
import config from "../deno.json" with { type: "json" };
import type {
  CallView,
  CameraOptions,
  ContactView,
  InvitationView,
  StatusView,
} from "../daemon/views/mod.ts";

const root = new URL("../", import.meta.url);

/** How a simppd is started: the executable SIMPPD_BIN names, or as `deno task run` does it. */
export function simppdCommand(): string[] {
  const packed = Deno.env.get("SIMPPD_BIN");
  if (packed !== undefined) return [packed];
  const [, run, ...flags] = config.tasks.run.command.split(" ").slice(0, -1);
  const file = (name: string) => new URL(name, root).pathname;
  return [Deno.execPath(), run!, "--config", file("deno.json"), ...flags, file("main.ts")];
}

/** Asks `look` again, 50 ms apart, until it answers with something, for at most `seconds`. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  seconds = 20,
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  while (true) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Where a daemon finds itself, when not where the test is. */
export type Surroundings = Pick<Deno.CommandOptions, "cwd" | "env" | "clearEnv">;

/** A running `simppd run`. Close it, or use it with `await using`. */
export class Daemon implements AsyncDisposable {
  readonly state: string;
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<string>;
  #address: { url: string; token: string };
  #ended = false;

  private constructor(
    state: string,
    child: Deno.ChildProcess,
    output: Promise<string>,
    address: { url: string; token: string },
  ) {
    this.state = state;
    this.pid = child.pid;
    this.#child = child;
    this.#output = output;
    this.#address = address;
  }

  /**
   * Starts one on the directory `state` and waits until its API answers.
   * @throws Error with its output when it ends first
   */
  static async start(state: string, surroundings: Surroundings = {}): Promise<Daemon> {
    const [program, ...words] = simppdCommand();
    const child = new Deno.Command(program!, {
      ...surroundings,
      args: [
        ...[...words, "run", "--state", state, "--port", "0", "--no-open"],
        ...["--call-hosts", "127.0.0.1"],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]).then((texts) => texts.join(""));
    let ended = false;
    const end = child.status.then(() => ended = true);
    try {
      const address = await until("the API's address", async () => {
        if (ended) throw new Error(`simppd ended: ${await output}`);
        return await readAddress(state);
      });
      const daemon = new Daemon(state, child, output, address);
      await daemon.status();
      return daemon;
    } catch (error) {
      if (!ended) child.kill("SIGKILL");
      await end;
      throw new Error(`simppd did not start: ${await output}`, { cause: error });
    }
  }

  /** Where its dashboard and API are, such as `http://127.0.0.1:41234`. */
  get url(): string {
    return this.#address.url.replace(/\/$/, "");
  }

  /** Asks the local API. @throws Error when it refuses */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.fetch(path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** fetch() with the token of its owner. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.#address.token}`);
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  status(): Promise<StatusView> {
    return this.ask("GET", "/api/status");
  }
  contacts(): Promise<ContactView[]> {
    return this.ask("GET", "/api/contacts");
  }
  calls(): Promise<CallView[]> {
    return this.ask("GET", "/api/calls");
  }
  call(id: string): Promise<CallView> {
    return this.ask("GET", `/api/calls/${id}`);
  }

  /** SIGTERM, then waits for the end. @returns exit code and all it had said */
  async stop(): Promise<{ code: number; output: string }> {
    if (!this.#ended) this.#child.kill("SIGTERM");
    this.#ended = true;
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    const { code } = await this.#child.status;
    clearTimeout(late);
    return { code, output: await this.#output };
  }

  /** SIGKILL: it has no time for anything. The address it left is removed, for the next start. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    this.#ended = true;
    await this.#child.status;
    await this.#output;
    await Deno.remove(`${this.state}/api.json`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function readAddress(state: string): Promise<{ url: string; token: string } | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(`${state}/api.json`));
  } catch (error) {
    // Not there yet, or caught in the middle of being written.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Makes `first` carry a server, invites `second`, and waits until each sees the other online. */
export async function befriend(
  first: Daemon,
  second: Daemon,
): Promise<{ first: string; second: string }> {
  await first.ask("POST", "/api/setup/carry", { nick: "alice", reach: "this-machine" });
  const { link } = await first.ask<InvitationView>("POST", "/api/invitations");
  await second.ask("POST", "/api/setup/join", { link, nick: "bob" });
  const sees = (daemon: Daemon) =>
    until("the other to come online", async () => {
      const found = (await daemon.contacts()).find(({ presence }) => presence === "online");
      return found?.subscription === "both" ? found.jid : undefined;
    });
  const [secondJid, firstJid] = await Promise.all([sees(first), sees(second)]);
  return { first: firstJid, second: secondJid };
}

/** Calls from one to the other, accepts there, and waits until both see the call as active. */
export async function connect(
  caller: { daemon: Daemon; options: Partial<CameraOptions> },
  callee: { daemon: Daemon; jid: string; options: Partial<CameraOptions> },
): Promise<{ caller: string; callee: string }> {
  const { id } = await caller.daemon.ask<CallView>("POST", "/api/calls", {
    contact: callee.jid,
    ...caller.options,
  });
  const ringing = await until(
    "the other side to ring",
    async () => (await callee.daemon.calls()).find(({ state }) => state === "ringing"),
  );
  await callee.daemon.ask("POST", `/api/calls/${ringing.id}/accept`, callee.options);
  const active = (daemon: Daemon, call: string) =>
    until("the call to become active", async () => {
      const view = await daemon.call(call);
      if (view.state === "ended") throw new Error(`the call ended: ${view.detail}`);
      return view.state === "active" ? view : undefined;
    });
  await Promise.all([active(caller.daemon, id), active(callee.daemon, ringing.id)]);
  return { caller: id, callee: ringing.id };
}
