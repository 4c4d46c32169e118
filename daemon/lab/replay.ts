import { sleep } from "../base/mod.ts";
import type { SuiteId } from "../crypto/mod.ts";
import { SUITE_IDS } from "../crypto/mod.ts";
import type { Person } from "./person.ts";
import { connect, end, onStage, type Stage } from "./stage.ts";
import { settled, until } from "./waiting.ts";

/** What became of datagrams, or messages, that were sent a second time. */
export interface Replayed {
  replayed: number;
  /** Dropped, since they had come before. */
  repeats: number;
  /** Dropped, since nothing in this call made them. */
  strays: number;
  /** Neither: something was taken a second time. */
  accepted: number;
}

/** What was tried under one suite. */
export interface ReplayOfSuite {
  suite: SuiteId;
  /** Datagrams of a call, sent again while it goes on. */
  same_call: Replayed;
  /** The same datagrams in a later call of the same two people. */
  later_call: Replayed;
  /** Sealed messages, chat and signalling, delivered again. */
  messages: { replayed: number; shown_again: number };
  /** Pictures of both calls that came out of order or twice. */
  pictures_again: number;
}

/** What {@link replay} found. */
export interface ReplayReport {
  /** Nothing was taken twice. */
  ok: boolean;
  suites: ReplayOfSuite[];
}

/** Somebody on the way keeps what passes and sends it again, into the call and into a later one. */
export async function replay(): Promise<ReplayReport> {
  const suites: ReplayOfSuite[] = [];
  for (const id of SUITE_IDS) suites.push(await onStage([id], (stage) => replayUnder(id, stage)));
  const ok = suites.every(({ same_call, later_call, messages, pictures_again }) =>
    same_call.replayed > 0 && same_call.accepted === 0 &&
    later_call.replayed > 0 && later_call.accepted === 0 &&
    messages.replayed > 0 && messages.shown_again === 0 && pictures_again === 0
  );
  return { ok, suites };
}

async function replayUnder(suite: SuiteId, stage: Stage): Promise<ReplayOfSuite> {
  const { alice, bob, post, tap } = stage;
  await alice.say("Read this once.");
  await until("Bob to hear it", () => bob.heard.length > 0 || undefined);

  const first = await connect(stage);
  // What came before Bob listened was not taken the first time, so that it would be no repeat.
  const opened = tap.seen.length;
  const watched = watch(bob, first.id);
  await sleep(700);
  const kept = tap.seen.slice(opened).filter(({ from }) => from === "alice").map(({ bytes }) =>
    bytes
  );
  const same_call = await sendAgain(stage, first.id, kept);
  await end(stage, first.id);

  const second = await connect(stage);
  const watchedToo = watch(bob, second.id);
  const later_call = await sendAgain(stage, second.id, kept);
  await end(stage, second.id);

  const letters = post.carried.slice();
  const shown = () =>
    [alice, bob].reduce((sum, { heard, calls }) => sum + heard.length + calls.list().length, 0);
  const before = shown();
  for (const letter of letters) await post.deliver(letter);
  const shown_again = shown() - before;
  return {
    suite,
    same_call,
    later_call,
    messages: { replayed: letters.length, shown_again },
    pictures_again: await watched + await watchedToo,
  };
}

/** Sends datagrams of Alice's to Bob and reads at Bob's what became of them. */
async function sendAgain(
  { bob, tap }: Stage,
  id: string,
  datagrams: readonly Uint8Array[],
): Promise<Replayed> {
  const read = () => {
    const info = bob.calls.get(id).info;
    return { repeats: info?.replays ?? 0, strays: info?.strays ?? 0 };
  };
  const before = read();
  await tap.inject(datagrams, "bob");
  await settled(
    () => read().repeats + read().strays - before.repeats - before.strays,
    datagrams.length,
  );
  const after = read();
  const repeats = after.repeats - before.repeats;
  const strays = after.strays - before.strays;
  const replayed = datagrams.length;
  return { replayed, repeats, strays, accepted: replayed - repeats - strays };
}

/** Counts pictures at a person's that are not newer than the one before, until the call ends. */
async function watch(person: Person, id: string): Promise<number> {
  const { signal } = new AbortController();
  let [last, again] = [-1, 0];
  for await (const { sequence } of person.calls.pictures(id, "remote", signal)) {
    if (sequence <= last) again++;
    last = sequence;
  }
  return again;
}
