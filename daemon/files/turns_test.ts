import assert from "node:assert/strict";
import { sleep } from "../base/mod.ts";
import { ProgressMeter } from "./progress.ts";
import { type Turn, Turns } from "./turns.ts";

const meter = (id: string) => new ProgressMeter(id, 1, () => {}, () => 0);

/** Turns of files that are named after whose they are, as `mallory-1`; a person asks for `…!`. */
class Bed {
  readonly turns: Turns;
  /** In the order in which they began, again each time they went on. */
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(most = 4, times = { several: 20, one: 100 }) {
    this.turns = new Turns({
      most: () => most,
      times,
      turnOf: (id): Turn => ({
        out: id.startsWith("to-"),
        of: id.split("-").slice(0, -1).join("-"),
        asked: id.endsWith("!"),
      }),
      meter,
      work: (id, { stop: { signal } }) => {
        this.begun.push(id);
        return new Promise((resolve) => {
          this.#ends.set(id, resolve);
          signal.addEventListener("abort", () => resolve());
        });
      },
      giveWay: async (id) => {
        await this.turns.stop(id);
        this.turns.add(id);
      },
    });
  }

  end(id: string): void {
    this.#ends.get(id)!();
  }

  /** Waits until one has begun. */
  async begins(id: string): Promise<void> {
    for (let i = 0; i < 500 && !this.begun.includes(id); i++) await sleep(5);
    assert.ok(this.begun.includes(id), `${id} did not begin, but ${this.begun}`);
  }
}

Deno.test("files that trickle hold up neither others' files nor what a person asked for", async () => {
  const bed = new Bed();
  bed.turns.add("m-1", "m-2", "m-3", "m-4", "m-5");
  assert.deepEqual(bed.begun, ["m-1", "m-2", "m-3"], "one place is kept");
  bed.turns.add("bob-1!", "to-bob-1!");
  assert.deepEqual(bed.begun.slice(3), ["bob-1!", "to-bob-1!"], "at once");
  bed.turns.add("carol-1");
  await bed.begins("carol-1");
  bed.turns.add("bob-2!", "m-6!", "m-7!");
  await bed.begins("bob-2!");
  await bed.begins("m-6!");
  // Nobody is left out, and who gave way goes on.
  bed.end("bob-1!");
  bed.end("carol-1");
  await bed.begins("m-7!");
  bed.end("bob-2!");
  await bed.begins("m-4");
  await bed.begins("m-5");
  await bed.turns.close();
});

Deno.test("people have their turns one after another, however many files one of them sends", async () => {
  const bed = new Bed(2, { several: 1e6, one: 1e6 });
  bed.turns.add("m-1", "m-2", "m-3", "m-4", "bob-1", "bob-2", "carol-1");
  for (let i = 0; i < 6; i++) {
    bed.end(bed.begun[i]!);
    await sleep(0);
  }
  assert.deepEqual(bed.begun, ["m-1", "bob-1", "carol-1", "m-2", "bob-2", "m-3", "m-4"]);
  await bed.turns.close();
});

Deno.test("who holds one place gives it up after a while, and goes on in turn; what goes out does not", async () => {
  const bed = new Bed(2, { several: 10, one: 30 });
  bed.turns.add("m-1", "bob-1");
  bed.turns.add("to-a-1!", "to-a-2!", "to-b-1!");
  for (let i = 0; i < 400 && bed.begun.filter((id) => id === "m-1").length < 3; i++) await sleep(5);
  assert.deepEqual(bed.begun.filter((id) => !id.startsWith("to-")).slice(0, 5), [
    "m-1",
    "bob-1",
    "m-1",
    "bob-1",
    "m-1",
  ]);
  assert.deepEqual(
    bed.begun.filter((id) => id.startsWith("to-")),
    ["to-a-1!", "to-b-1!"].slice(0, 2),
  );
  await bed.turns.close();
});

Deno.test("one that is stopped begins no more, waiting or moving", async () => {
  const bed = new Bed(2);
  bed.turns.add("m-1", "m-2");
  await bed.turns.stop("m-2");
  await bed.turns.stop("m-1");
  await sleep(5);
  assert.deepEqual([bed.begun, bed.turns.get("m-1")], [["m-1"], undefined]);
  await bed.turns.close();
});
