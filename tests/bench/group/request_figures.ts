import { join } from "node:path";
import type { ContactView, GroupView, InvitationView } from "../../../daemon/views/mod.ts";
import { Daemon, until } from "../../daemon.ts";
import { atMost, type BenchLine, quantile } from "../bench.ts";
import { LightClient, type RequestTimes } from "./light_client.ts";

/** LSIM's table 4.1 (mean of four, in ms), and what is ours to be. */
const TABLE = [
  ["registration", 260.6, 30],
  ["join", 427.6, 20],
  ["leave", 366.4, 15],
] as const satisfies readonly (readonly [keyof RequestTimes, number, number])[];
const WHAT = "client, carried server, TLS, SIMPP";

/**
 * LSIM's table 4.1 in its own shape: how long a client's registration, join and leave take through
 * all of it: TLS to the carried server, SIMPP's seal, the key server in its maker's daemon, a process
 * of its own.
 */
export async function* requestFigures(
  { clients, rounds }: { readonly clients: number; readonly rounds: number },
): AsyncGenerator<BenchLine> {
  const root = await Deno.makeTempDir({ prefix: "simppd-bench-group-" });
  try {
    await using maker = await Daemon.start(join(root, "maker"));
    await maker.ask("POST", "/api/setup/carry", { nick: "Maker", reach: "this-machine" });
    const group = await maker.ask<GroupView>("POST", "/api/groups", { name: "Bench" });
    const at = `/api/groups/${encodeURIComponent(group.jid)}`;
    const { text } = await maker.ask<{ text: string }>("GET", `${at}/specification`);
    const first: number[] = [];
    const times: RequestTimes[] = [];
    for (let n = 0; n < clients; n++) {
      const { link } = await maker.ask<InvitationView>("POST", "/api/invitations");
      await using client = await LightClient.join(join(root, `client-${n}`), link, `c${n}`);
      await until("the maker to know the client", async () => {
        const all = await maker.ask<ContactView[]>("GET", "/api/contacts");
        const known = all.find(({ jid }) => jid === client.jid);
        return known?.subscription === "both" ? true : undefined;
      });
      await maker.ask("POST", `${at}/invite`, { contact: client.jid });
      client.open(text);
      // The first has SIMPP's handshake in it, unless the two have talked before.
      first.push((await client.round()).registration);
      for (let round = 0; round < rounds; round++) times.push(await client.round());
    }
    yield* figures(times);
    yield line("first registration of a device: mean", mean(first));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function* figures(times: readonly RequestTimes[]): Generator<BenchLine> {
  for (const [name, paper, target] of TABLE) {
    const values = times.map((each) => each[name]);
    const value = mean(values);
    yield { ...line(`${name}: mean of ${times.length}`, value), ...atMost(target, value) };
    yield line(`${name}: p95`, quantile(values, 0.95));
    yield { ...line(`${name}: mean of 4`, paper), peer: "LSIM, table 4.1" };
  }
}

function line(metric: string, value: number): BenchLine {
  return { bench: "group", case: WHAT, metric, value, unit: "ms" };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
