/**
 * The key graph alone, as Wong, Gouda and Lam measured it: what a join and a leave cost the key
 * server by group size, degree and strategy, and what a batch does.
 * @module
 */
import { systemRandom } from "../../../daemon/crypto/mod.ts";
import {
  encodeWraps,
  type Joiner,
  KeyGraph,
  type Rekey,
  type Strategy,
} from "../../../daemon/group/mod.ts";
import { atLeast, atMost, type BenchLine, quantile, round } from "../bench.ts";
import { fitLine } from "./line_fit.ts";

/** What is measured how much; a test takes less of it. */
export interface KeyGraphExtent {
  /** Ascending. */
  readonly sizes: readonly number[];
  readonly degrees: readonly number[];
  /** Joins, and as many leaves, of each measurement. */
  readonly rounds: number;
  /** Leaves of the batch, from a group of the last size. */
  readonly batch: number;
}

const STRATEGIES: readonly Strategy[] = ["user", "key", "group"];
/** The degree of which the targets speak: it makes the fewest encryptions. */
const BEST = 4;
/** Times that the strategies are measured one after the other. */
const TURNS = 16;
const TARGET = { size: 8192, milliseconds: 0.5, batch: 1.2, straight: 0.95 };

type Request = "join" | "leave";
const REQUESTS: readonly Request[] = ["join", "leave"];

/** One request: how long it took the server, and what came of it. */
interface Sample {
  readonly request: Request;
  readonly milliseconds: number;
  readonly rekey: Rekey;
}

/** A group under measurement: members come and go in it. */
class MeasuredGroup {
  readonly #graph: KeyGraph;
  #epoch = 0;
  #born = 0;
  #members: string[] = [];

  constructor(degree: number) {
    const group = systemRandom(16);
    this.#graph = KeyGraph.create({ degree, shape: "tree", group, random: systemRandom });
  }

  growTo(size: number): void {
    const join = Array.from({ length: size - this.#members.length }, () => this.#newcomer());
    this.#graph.change({ epoch: ++this.#epoch, join, leave: [] }, "group");
    this.#members = this.#graph.members();
  }

  /** Somebody leaves and somebody else joins, as often as `rounds` says. */
  churn(strategy: Strategy, rounds: number): Sample[] {
    const samples: Sample[] = [];
    for (let n = 0; n < rounds; n++) {
      const at = Math.floor(Math.random() * this.#members.length);
      samples.push(this.#ask("leave", [], [this.#members[at]!], strategy));
      const newcomer = this.#newcomer();
      this.#members[at] = newcomer.member;
      samples.push(this.#ask("join", [newcomer], [], strategy));
    }
    return samples;
  }

  /** `count` random members leave at once. */
  batch(count: number): Sample {
    for (let n = 0; n < count; n++) {
      const other = n + Math.floor(Math.random() * (this.#members.length - n));
      const one = this.#members[n]!;
      this.#members[n] = this.#members[other]!;
      this.#members[other] = one;
    }
    return this.#ask("leave", [], this.#members.splice(0, count), "group");
  }

  #newcomer(): Joiner {
    const member = `user${this.#born++}@example.org/phone`;
    return { member, individualKey: systemRandom(32) };
  }

  #ask(request: Request, join: Joiner[], leave: string[], strategy: Strategy): Sample {
    const epoch = ++this.#epoch;
    const begin = performance.now();
    const rekey = this.#graph.change({ epoch, join, leave }, strategy);
    return { request, milliseconds: performance.now() - begin, rekey };
  }
}

/** The figures of an extent. */
export async function* keyGraphFigures(extent: KeyGraphExtent): AsyncGenerator<BenchLine> {
  const warm = new MeasuredGroup(BEST);
  warm.growTo(256);
  for (const strategy of STRATEGIES) warm.churn(strategy, 4 * extent.rounds);
  for (const degree of extent.degrees) {
    const group = new MeasuredGroup(degree);
    const times = new Map(STRATEGIES.map((strategy) => [strategy, [] as [number, number][]]));
    for (const size of extent.sizes) {
      group.growTo(size);
      const taken = new Map(STRATEGIES.map((strategy) => [strategy, [] as Sample[]]));
      // In turns, so that what else the machine does in between falls on all alike.
      for (let turn = 0; turn < TURNS; turn++) {
        for (const [strategy, samples] of taken) {
          samples.push(...group.churn(strategy, Math.ceil(extent.rounds / TURNS)));
        }
      }
      for (const [strategy, samples] of taken) {
        const what = `n = ${size}, d = ${degree}, ${strategy}-oriented`;
        for (const request of REQUESTS) yield* requestLines(what, request, samples);
        const each = samples.map(({ milliseconds }) => milliseconds);
        times.get(strategy)!.push([Math.log2(size), quantile(each, 0.5)]);
        if (degree === BEST && size === TARGET.size && strategy === "group") {
          const mean = round(each.reduce((sum, one) => sum + one, 0) / each.length);
          const verdict = atMost(TARGET.milliseconds, mean);
          yield { ...line(what, "a request, mean", mean, "ms"), ...verdict };
          yield line(what, "a request, p50", round(quantile(each, 0.5)), "ms");
          yield line(what, "a request, p95", round(quantile(each, 0.95)), "ms");
        }
      }
      // Another turn of the event loop, so that whoever waits for a line gets it.
      await Promise.resolve();
    }
    if (degree !== BEST) continue;
    yield* straightness(times);
    yield* batchLines(group, extent.sizes.at(-1)!, extent.batch);
  }
}

function* requestLines(
  what: string,
  request: Request,
  samples: readonly Sample[],
): Generator<BenchLine> {
  const chosen = samples.filter((sample) => sample.request === request);
  const mean = (figure: (sample: Sample) => number) =>
    round(chosen.reduce((sum, sample) => sum + figure(sample), 0) / chosen.length);
  const of = (metric: string, value: number, unit: string) =>
    line(what, `${request}: ${metric}`, value, unit);
  yield of("encryptions", mean(({ rekey }) => rekey.encryptions), "");
  yield of("messages", mean(({ rekey }) => rekey.messages.length), "");
  yield of("bytes", mean(({ rekey }) => bytesOf(rekey)), "B");
  const times = chosen.map(({ milliseconds }) => milliseconds * 1000);
  yield of("server p50", round(quantile(times, 0.5)), "µs");
}

/** How well the server's time follows a straight line over log n. */
function* straightness(times: ReadonlyMap<Strategy, [number, number][]>): Generator<BenchLine> {
  for (const [strategy, points] of times) {
    if (points.length < 3) continue;
    const { slope, fit } = fitLine(points);
    const what = `d = ${BEST}, ${strategy}-oriented`;
    yield line(what, "time for each doubling of n", round(slope * 1000), "µs");
    // User-oriented rekeying makes h(h + 1)/2 − 1 encryptions: a curve, by its definition.
    const verdict = strategy === "user" ? {} : atLeast(TARGET.straight, fit);
    yield { ...line(what, "linear in log n", round(fit), "r²"), ...verdict };
  }
}

function* batchLines(group: MeasuredGroup, size: number, count: number): Generator<BenchLine> {
  const what = `n = ${size}, d = ${BEST}, batch of ${count} leaves`;
  const { milliseconds, rekey } = group.batch(count);
  const formula = count * BEST * Math.log(size / count) / Math.log(BEST);
  const ratio = round(rekey.encryptions / formula);
  yield line(what, "encryptions", rekey.encryptions, "");
  yield line(what, "L · d · log_d(n / L)", round(formula), "");
  yield { ...line(what, "encryptions / formula", ratio, "×"), ...atMost(TARGET.batch, ratio) };
  yield line(what, "bytes", bytesOf(rekey), "B");
  yield line(what, "server", round(milliseconds), "ms");
}

/** Bytes of a change's rekey messages, all of them. */
export function bytesOf(rekey: Rekey): number {
  return rekey.messages.reduce((sum, { wraps }) => sum + encodeWraps(wraps).length, 0);
}

function line(what: string, metric: string, value: number, unit: string): BenchLine {
  return { bench: "group", case: what, metric, value, unit };
}
