/**
 * Two network namespaces joined by a cable (veth), each with a daemon in it: two machines, as far as
 * the network can tell.
 * @module
 */
import { simppdCommand, until } from "../daemon.ts";

/** The address of each machine (RFC 5737: kept for examples, routed nowhere). */
const ADDRESSES = ["192.0.2.1", "192.0.2.2"] as const;

/** Runs a program to its end. @returns its standard output @throws Error with what it complained of */
async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  const said = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${said}`);
  return new TextDecoder().decode(stdout);
}

/** Why no network namespace can be made here; undefined when one can. */
export async function noNamespaces(): Promise<string | undefined> {
  const name = `simppd-try-${Deno.pid}`;
  try {
    await run("ip", "netns", "add", name);
    try {
      await run("ip", "netns", "exec", name, "ip", "link", "set", "lo", "up");
    } finally {
      await run("ip", "netns", "del", name);
    }
    return undefined;
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? "ip is not installed"
      : `network namespaces cannot be made (is this root?): ${error}`;
  }
}

/** One of the two machines. */
export class Machine {
  readonly namespace: string;
  readonly device: string;
  readonly state: string;
  readonly #children: { child: Deno.ChildProcess; ended: Promise<unknown> }[] = [];

  constructor(namespace: string, device: string, state: string) {
    this.namespace = namespace;
    this.device = device;
    this.state = state;
  }

  /** Starts a program on this machine; it ends with the machine. */
  spawn(command: readonly string[], options: Deno.CommandOptions = {}): Deno.ChildProcess {
    const child = new Deno.Command("ip", {
      stdin: "null",
      stdout: "null",
      stderr: "null",
      ...options,
      args: ["netns", "exec", this.namespace, ...command],
    }).spawn();
    this.#children.push({ child, ended: child.status });
    return child;
  }

  /** Starts the daemon and waits until its API answers. */
  async start(): Promise<void> {
    const words = ["run", "--state", this.state, "--port", "0", "--no-open"];
    this.spawn([...simppdCommand(), ...words]);
    await until("the daemon to answer", async () => {
      try {
        return await this.simppd("account");
      } catch {
        return undefined; // not yet
      }
    });
  }

  /** A verb of the command line on this machine. @returns its answer @throws Error when it fails */
  async simppd<T>(...words: string[]): Promise<T> {
    const command = [...simppdCommand(), ...words, "--json", "--state", this.state];
    return JSON.parse(await run("ip", "netns", "exec", this.namespace, ...command)) as T;
  }

  /** Ends what was started here, last first. */
  async stop(): Promise<void> {
    for (const { child, ended } of this.#children.splice(0).toReversed()) {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended by itself.
      }
      const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await ended;
      clearTimeout(late);
    }
  }
}

/** Makes two machines with a cable between them, and takes them away afterwards. */
export async function withMachines(
  work: (first: Machine, second: Machine, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-machines-" });
  const machines = ["a", "b"].map((letter) => {
    const name = `simppd-${letter}-${Deno.pid}`;
    return new Machine(name, `sv${letter}${Deno.pid}`, `${folder}/${letter}`);
  });
  const [first, second] = machines as [Machine, Machine];
  try {
    for (const { namespace } of machines) await run("ip", "netns", "add", namespace);
    await run(
      ...["ip", "link", "add", first.device, "netns", first.namespace, "type", "veth"] as const,
      ...["peer", "name", second.device, "netns", second.namespace],
    );
    for (const [i, { namespace, device }] of machines.entries()) {
      const inside = ["-n", namespace];
      await run("ip", ...inside, "address", "add", `${ADDRESSES[i]}/24`, "dev", device);
      for (const link of ["lo", device]) await run("ip", ...inside, "link", "set", link, "up");
    }
    await work(first, second, folder);
  } finally {
    await Promise.all(machines.map((machine) => machine.stop()));
    for (const { namespace } of machines) {
      await run("ip", "netns", "del", namespace).catch(() => {});
    }
    await Deno.remove(folder, { recursive: true });
  }
}
