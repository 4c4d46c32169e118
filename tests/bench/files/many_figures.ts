import { content } from "../../../daemon/app/files/testing.ts";
import type { FileView } from "../../../daemon/views/mod.ts";
import { befriend, Daemon } from "../../daemon.ts";
import { atMost, type BenchLine, round } from "../bench.ts";
import { residentMegabytes } from "../process_figures.ts";

/** Files that are handed to the daemon at one time, as the dashboard does. */
const AT_ONCE = 4;
const PAGE = 500;
/** How much more memory each side may take after all than after the first tenth, in MB. */
const MOST = 60;
/** Bytes of one. */
const SIZE = 1_000;

/** What sending many files came to. */
export interface Many {
  /** From the first byte handed over until the last file was there. */
  readonly seconds: number;
  /** Memory of sender and receiver after a tenth of the files and after all, in MB. */
  readonly memory: readonly { readonly early: number; readonly late: number }[];
  /** All of them at the receiver, newest first. */
  readonly files: readonly FileView[];
}

/**
 * Sends many small files between two daemons, each a process of its own; the first carries the
 * server.
 * @param look gets both daemons when all is there
 */
export async function sendMany(
  count: number,
  look: (bob: Daemon, many: Many) => Promise<void> = () => Promise.resolve(),
): Promise<Many> {
  const root = await Deno.makeTempDir({ prefix: "simppd-many-" });
  const alice = await Daemon.start(`${root}/alice`);
  const bob = await Daemon.start(`${root}/bob`);
  try {
    const { first, second } = await befriend(alice, bob);
    const rss = () => [alice, bob].map(({ pid }) => residentMegabytes(pid));
    const began = performance.now();
    let early: number[] = [];
    const come = arrivals(bob, count, (done) => {
      if (done === Math.ceil(count / 10)) early = rss();
    });
    await hand(alice, second, count);
    await come;
    const seconds = (performance.now() - began) / 1000;
    const late = rss();
    const memory = early.map((before, at) => ({ early: before, late: late[at]! }));
    const many = { seconds, memory, files: await everything(bob, first) };
    await look(bob, many);
    return many;
  } finally {
    await bob[Symbol.asyncDispose]();
    await alice[Symbol.asyncDispose]();
    await Deno.remove(root, { recursive: true });
  }
}

/** Hands them over, a few at a time; each is named by its number, which its content follows from. */
async function hand(alice: Daemon, to: string, count: number): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) {
      const name = String(next++);
      const query = new URLSearchParams({ to, name, size: `${SIZE}` });
      const answer = await alice.fetch(`/api/files?${query}`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream" },
        body: content(SIZE, Number(name)),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${name} was not taken: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** Resolves when so many files have come. @throws Error when one fails */
async function arrivals(bob: Daemon, count: number, tell: (done: number) => void): Promise<void> {
  const stop = new AbortController();
  const { body } = await bob.fetch("/api/events", { signal: stop.signal });
  const done = new Set<string>();
  try {
    let type = "";
    for await (const line of lines(body!)) {
      if (line.startsWith("event: ")) type = line.slice(7);
      if (type !== "file" || !line.startsWith("data: ")) continue;
      const { id, state, problem } = JSON.parse(line.slice(6)) as FileView;
      if (state === "failed") throw new Error(`a file failed: ${problem?.message}`);
      if (state !== "done" || done.has(id)) continue;
      tell(done.add(id).size);
      if (done.size === count) return;
    }
    throw new Error("the daemon ended");
  } finally {
    stop.abort();
  }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let held = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const parts = (held + text).split("\n");
    held = parts.pop()!;
    yield* parts;
  }
}

/** All files of a place, page after page, newest first. */
async function everything(daemon: Daemon, place: string): Promise<FileView[]> {
  const all: FileView[] = [];
  for (;;) {
    const last = all.at(-1);
    const query = new URLSearchParams({
      place,
      limit: `${PAGE}`,
      ...(last === undefined ? {} : { before: last.id }),
    });
    const page = await daemon.ask<FileView[]>("GET", `/api/files?${query}`);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

/** Many small files from daemon to daemon: how many a second, and what memory they take. */
export async function* manyFigures({ files }: { files: number }): AsyncGenerator<BenchLine> {
  if (Deno.build.os !== "linux") return;
  const { seconds, memory } = await sendMany(files);
  const line = { bench: "files", case: `${files} files of ${SIZE} bytes, daemon to daemon` };
  yield { ...line, metric: "rate", value: round(files / seconds), unit: "files/s" };
  for (const [at, { early, late }] of memory.entries()) {
    const value = round(late - early);
    const who = at === 0 ? "sender with server" : "receiver";
    const metric = `RSS over that after a tenth, ${who}`;
    yield { ...line, metric, value, unit: "MB", ...atMost(MOST, value) };
  }
}
