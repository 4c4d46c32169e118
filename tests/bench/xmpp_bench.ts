/**
 * Chat through the carried server, Prosody and ejabberd, in one run by one generator over direct
 * TLS: round trips, floods, logins, idle clients, a million messages; without an archive and with it.
 * @module
 */
import { atLeast, atMost, type BenchLine, type BenchOptions, quantile, round } from "./bench.ts";
import { cpuSeconds, residentMegabytes } from "./process_figures.ts";
import { closeAll, flood, loginAll, names, pairs, roundTrips } from "./xmpp/load.ts";
import type { LoadClient } from "./xmpp/load_client.ts";
import { ScramKeys } from "./xmpp/scram_keys.ts";
import { type LoadedServer, SERVERS } from "./xmpp/servers.ts";

/** What is loaded how much; a test takes less of it. */
export interface Extent {
  /** Names of {@link SERVERS}. */
  readonly servers: readonly string[];
  readonly clients: readonly number[];
  /** Of each measurement. */
  readonly seconds: number;
  readonly idle: number;
  /** How long idle clients are left alone before the memory is read. */
  readonly settleSeconds: number;
  readonly logins: number;
  /** Flooded through ours to see whether its memory grows. */
  readonly messages: number;
}

const FULL: Extent = {
  servers: Object.keys(SERVERS),
  clients: [2, 20, 100],
  seconds: 5,
  idle: 1_000,
  settleSeconds: 5,
  logins: 200,
  messages: 1_000_000,
};

const OURS = "simppd";
const MOST = "100 clients";
/** After what the memory is first looked at, so that what is compiled and cached once does not count. */
const WARM = 0.2;
/** Memory counts as flat when a million messages leave this much more behind (MB). */
const FLAT_MB = 24;

/** Runs the bench. */
export async function* run(options: BenchOptions): AsyncGenerator<BenchLine> {
  yield* measure({ ...FULL, ...options });
}

/** The figures of an extent: each server's, then the ratios of ours to the peers'. */
export async function* measure(extent: Extent): AsyncGenerator<BenchLine> {
  const lines: BenchLine[] = [];
  for (const archive of [false, true]) {
    for (const name of extent.servers) {
      for await (const line of chats(name, archive, extent)) {
        lines.push(line);
        yield line;
      }
    }
  }
  for (const name of extent.servers) {
    for await (const line of many(name, extent)) {
      lines.push(line);
      yield line;
    }
  }
  yield* ratios(lines);
}

/** Starts a server, hands it over, stops it. */
async function* using(
  name: string,
  accounts: number,
  archive: boolean,
  use: (server: LoadedServer) => AsyncIterable<BenchLine>,
): AsyncGenerator<BenchLine> {
  const server = await SERVERS[name]!({ accounts, archive });
  if (server === undefined) return;
  try {
    yield* use(server);
  } finally {
    await server.stop();
  }
}

/** Round trips and floods; where there is no archive, the growth of ours under a long flood too. */
async function* chats(name: string, archive: boolean, extent: Extent): AsyncGenerator<BenchLine> {
  const { clients, seconds, messages } = extent;
  yield* using(name, Math.max(...clients), archive, async function* (server) {
    const all = await loginAll(server, names(Math.max(...clients)), new ScramKeys());
    try {
      if (archive && !await all[0]!.archived()) return;
      for (const count of clients) {
        const what = `${count} clients${archive ? ", archive" : ""}`;
        yield* chat(name, what, all.slice(0, count), seconds);
      }
      if (name === OURS && !archive) yield await growth(server, all, messages);
    } finally {
      await closeAll(all);
    }
  });
}

async function* chat(
  name: string,
  what: string,
  clients: readonly LoadClient[],
  seconds: number,
): AsyncGenerator<BenchLine> {
  const among = pairs(clients);
  const times = await roundTrips(among, seconds);
  yield line(name, what, "round trip p50", quantile(times, 0.5), "ms");
  const p95 = quantile(times, 0.95);
  yield line(name, what, "round trip p95", p95, "ms", what === MOST && atMost(25, p95));
  await flood(among, (_, gone) => gone > seconds / 4);
  const { messages, seconds: gone } = await flood(among, (_, gone) => gone > seconds);
  const rate = messages / gone;
  const least = { [MOST]: 12_000, [`${MOST}, archive`]: 6_000 }[what];
  const verdict = least !== undefined && atLeast(least, rate);
  yield line(name, what, "flood", rate, "msg/s", verdict);
}

async function growth(
  server: LoadedServer,
  clients: readonly LoadClient[],
  messages: number,
): Promise<BenchLine> {
  const among = pairs(clients);
  await flood(among, (sent) => sent > WARM * messages);
  const before = residentMegabytes(server.pid);
  await flood(among, (sent) => sent >= messages);
  const grown = residentMegabytes(server.pid) - before;
  return line(OURS, `${messages} messages`, "memory gained", grown, "MB", atMost(FLAT_MB, grown));
}

/** What a login costs, and what idle clients hold. */
async function* many(
  name: string,
  { idle, logins, settleSeconds }: Extent,
): AsyncGenerator<BenchLine> {
  yield* using(name, Math.max(idle, logins), false, async function* (server) {
    const keys = new ScramKeys();
    const some = names(logins);
    // Once for the generator to derive its keys, and for the server to warm up.
    await closeAll(await loginAll(server, some, keys));
    const before = cpuSeconds(server.pid);
    const clients = await loginAll(server, some, keys);
    const cost = (cpuSeconds(server.pid) - before) / logins * 1000;
    yield line(name, `${logins} logins`, "server CPU a login", cost, "ms", atMost(5, cost));
    const rest = names(idle).slice(logins);
    try {
      clients.push(...await loginAll(server, rest, keys));
      await new Promise((resolve) => setTimeout(resolve, settleSeconds * 1000));
      const held = residentMegabytes(server.pid);
      yield line(name, `${idle} idle clients`, "memory", held, "MB", atMost(150, held));
    } finally {
      await closeAll(clients);
    }
  });
}

/** Ours over each peer's, for what is better when higher and what is better when lower alike. */
function* ratios(lines: readonly BenchLine[]): Generator<BenchLine> {
  for (const ours of lines.filter(({ peer }) => peer === undefined)) {
    for (const theirs of lines) {
      if (theirs.peer === undefined || !(theirs.value > 0)) continue;
      if (theirs.case !== ours.case || theirs.metric !== ours.metric) continue;
      const metric = `${ours.metric} / ${theirs.peer}`;
      yield line(OURS, ours.case, metric, ours.value / theirs.value, "×");
    }
  }
}

/** @param verdict dropped where it is of a peer: targets are ours */
function line(
  name: string,
  what: string,
  metric: string,
  value: number,
  unit: string,
  verdict?: { target: number; ok: boolean } | false,
): BenchLine {
  const figure = { bench: "xmpp", case: what, metric, value: round(value), unit };
  if (name !== OURS) return { ...figure, peer: name };
  return verdict ? { ...figure, ...verdict } : figure;
}
