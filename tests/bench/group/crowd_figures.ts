import { type Bytes, sleep, toHex } from "../../../daemon/base/mod.ts";
import { ed25519, systemRandom } from "../../../daemon/crypto/mod.ts";
import { KeyServer, KeyServerStore, parseSpecification } from "../../../daemon/group/mod.ts";
import { fingerprintOf } from "../../../daemon/simpp/mod.ts";
import { Vault } from "../../../daemon/store/mod.ts";
import { atMost, type BenchLine, quantile } from "../bench.ts";
import { names } from "../xmpp/load.ts";
import type { Target } from "../xmpp/load_client.ts";
import { SERVERS } from "../xmpp/servers.ts";
import { CrowdThread, type DistantMember } from "./crowd_thread.ts";

/** Threads that the members are spread over. */
const THREADS = 2;
/** Logins, entries and first joins at one time. */
const AT_ONCE = 8;
/** ms from a change to the next, and from a change to the message after it. */
const [PACE, THEN] = [1_000, 500];
/** ms that the last rekeys and messages have to arrive. */
const PATIENCE = 120_000;
/** What a message is refused for by who is in the room and not in the group, or came later. */
const OUTSIDE = new Set(["before-you-joined", "not-a-member", "no-key"]);

/** How large the crowd is, and how long it comes and goes. */
export interface Crowd {
  readonly members: number;
  /** Who are in the room and come into the group, and go, one after the other. */
  readonly comers: number;
  readonly changes: number;
}

/**
 * Many in one room, with a join or a leave every second: how long until the last member has the new
 * key, and is every message opened by all who were members when it was sent? Members are light: each
 * an XMPP connection over TLS to the carried server (a process of its own) and a control manager, in
 * a few threads, for each device of a real crowd has a processor of its own; what they say to the key
 * server alone goes to it directly, without SIMPP.
 */
export async function* crowdFigures(crowd: Crowd): AsyncGenerator<BenchLine> {
  const { members, comers, changes } = crowd;
  const all = names(members + comers);
  const server = (await SERVERS.simppd!({ accounts: all.length, archive: false }))!;
  const folder = await Deno.makeTempDir({ prefix: "simppd-bench-crowd-" });
  const stage = new Stage(server, `${folder}/keyserver.db`, all);
  try {
    await stage.gather(members);
    const outcome = await stage.churn(members, changes);
    const what = `${members} members, a change a second`;
    const line = (metric: string, value: number, unit: string) => ({
      bench: "group",
      case: what,
      metric,
      value,
      unit,
    });
    yield line("change to last member rekeyed: p50", quantile(outcome.rekeyed, 0.5), "ms");
    const p95 = quantile(outcome.rekeyed, 0.95);
    yield {
      ...line("change to last member rekeyed: p95", p95, "ms"),
      ...atMost(1_000, p95),
    };
    yield line("changes", outcome.rekeyed.length, "");
    yield line("messages opened", outcome.opened, "");
    yield { ...line("messages lost", outcome.lost, ""), ...atMost(0, outcome.lost) };
    yield line("messages refused otherwise", outcome.refused, "");
  } finally {
    await stage.close();
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** What came of it. */
interface Outcome {
  /** ms, a change each. */
  readonly rekeyed: number[];
  readonly opened: number;
  readonly lost: number;
  readonly refused: number;
}

/** Key server, room and everybody in it. */
class Stage {
  readonly #members: DistantMember[];
  readonly #threads: CrowdThread[];
  readonly #store: KeyServerStore;
  readonly #server: KeyServer;
  readonly #room: string;

  constructor(target: Target, path: string, all: readonly string[]) {
    const account = ed25519.generate(systemRandom).public;
    const jid = `keys.${target.domain}`;
    this.#room = `crowd@rooms.${target.domain}`;
    this.#store = new KeyServerStore(path, new Vault(systemRandom(32), systemRandom));
    const inbox = new Map<string, DistantMember>();
    this.#server = new KeyServer({
      store: this.#store,
      jid,
      accountKey: () => account,
      random: systemRandom,
      control: {
        send: ({ jid: to }, payload) => {
          const from = { jid, device: "0".repeat(16) };
          return inbox.get(to)?.ask({ kind: "answer", from, payload }) ?? Promise.resolve();
        },
      },
      room: () => ({
        publish: (payload) => this.#members[0]!.ask({ kind: "publish", payload }),
      }),
    });
    const specification = [
      "simppd group specification 1",
      "name = Crowd",
      `group = ${toHex(systemRandom(16))}`,
      `room = ${this.#room}`,
      `key-server = ${jid} ${toHex(this.#server.key)}`,
      "batch = 100 ms",
      `access = domain ${target.domain}`,
      `owner = owner@${target.domain} ${fingerprintOf(account)}`,
    ].join("\n");
    this.#server.host(parseSpecification(specification));
    const { domain, port, caPem } = target;
    const password = Object.fromEntries(all.map((name) => [name, target.password(name)]));
    const common = { target: { domain, port, caPem }, password, specification, keyServer: account };
    this.#threads = Array.from({ length: THREADS }, (_, thread) => {
      const names = all.filter((_, at) => at % THREADS === thread);
      return new CrowdThread({ names, ...common }, (_, from, payload) => {
        void this.#server.receive(from, payload as Bytes);
      });
    });
    this.#members = all.map((name, at) => {
      const member = this.#threads[at % THREADS]!.members.get(name)!;
      inbox.set(`${name}@${domain}`, member);
      return member;
    });
  }

  /** All enter the room; the first `members` join the group. */
  async gather(members: number): Promise<void> {
    const [first, ...others] = this.#members;
    const most = this.#members.length + 10;
    await first!.ask({ kind: "make", room: this.#room, most });
    await inTurns(others, (member) => member.ask({ kind: "enter", room: this.#room }));
    const joining = this.#members.slice(0, members);
    for (let at = 0; at < joining.length; at += 50) {
      await Promise.all(joining.slice(at, at + 50).map((member) => member.ask({ kind: "join" })));
    }
    const epoch = () => this.#server.groups[0]!.state.epoch;
    await until(() => joining.every((member) => member.epoch === epoch()));
  }

  /** A join or leave every second, and a message after each. */
  async churn(members: number, changes: number): Promise<Outcome> {
    const rekeyed: number[] = [];
    let opened = 0;
    const expected = new Map<string, Set<DistantMember>>();
    for (const member of this.#members) {
      member.refused.clear();
      member.onText = (text) => {
        if (expected.get(text)?.delete(member)) opened++;
      };
    }
    const outside = this.#members.slice(members);
    const inside: DistantMember[] = [];
    const steady = this.#members.slice(0, members);
    for (let n = 0; n < changes; n++) {
      const began = performance.now();
      const joins = inside.length === 0 || (outside.length > 0 && n % 2 === 0);
      const who = joins ? outside.shift()! : inside.shift()!;
      const stay = [...steady, ...inside];
      const before = this.#server.groups[0]!.state.epoch;
      await who.ask({ kind: joins ? "join" : "leave" });
      (joins ? inside : outside).push(who);
      const present = joins ? [...stay, who] : stay;
      await until(() => present.every((member) => member.epoch > before));
      rekeyed.push(performance.now() - began);
      await sleep(Math.max(0, THEN - (performance.now() - began)));
      const text = `message ${n}`;
      const from = steady[n % steady.length]!;
      expected.set(text, new Set(present.filter((member) => member !== from)));
      void from.ask({ kind: "say", text });
      await sleep(Math.max(0, PACE - (performance.now() - began)));
    }
    await until(() => [...expected.values()].every(({ size }) => size === 0)).catch(() => {});
    const lost = [...expected.values()].reduce((sum, { size }) => sum + size, 0);
    const refused = this.#members.flatMap((member) => [...member.refused])
      .reduce((sum, [cause, count]) => OUTSIDE.has(cause) ? sum : sum + count, 0);
    return { rekeyed, opened, lost, refused };
  }

  async close(): Promise<void> {
    this.#server.close();
    await Promise.all(this.#threads.map((thread) => thread.close()));
    this.#store.close();
  }
}

async function inTurns<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const run = async () => {
    for (let one; (one = left.shift()) !== undefined;) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!condition()) {
    if (performance.now() > end) throw new Error("the crowd did not come to the same epoch");
    await sleep(5);
  }
}
