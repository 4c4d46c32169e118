/**
 * The display: from the press of a button in one dashboard to a picture that opened by itself in the
 * dashboards of the others in the group, and where that time goes.
 * @module
 */
import { photo } from "../browser/chosen_files.ts";
import { until } from "../daemon.ts";
import { atMost, type BenchLine, type BenchOptions, quantile, round } from "./bench.ts";
import { drop, noted, type Seat, type StageBed, withStages } from "./display/stage_bed.ts";

/** The longest a picture may take to be seen, in ms. */
const TARGET = 1_000;

/** The stages of it in their order: what each begins with is what the one before ended with. */
const STAGES = [
  { name: "to the daemon, sealed", who: "sender", ends: "showing" },
  { name: "uploaded, told", who: "sender", ends: "file done" },
  { name: "fetched", who: "receiver", ends: "file done" },
  { name: "shown by the daemon", who: "receiver", ends: "showing" },
  { name: "a frame in the dashboard", who: "receiver", ends: "framed" },
  { name: "drawn", who: "receiver", ends: "drawn" },
] as const;

/** Between two pictures, in ms: nobody may show more than ten a minute. */
const PAUSE = 1_000;
const MOST = 9;

/** Runs the bench: some pictures one after the other, the first of which warms. */
export async function* run({ seconds = 20 }: BenchOptions = {}): AsyncGenerator<BenchLine> {
  const all: number[] = [];
  const stages = STAGES.map((): number[] => []);
  const picture = photo(1600, 1000);
  await withStages(async ({ seats, group }) => {
    const [sender, ...receivers] = seats;
    await sender.page.evaluate(`location.hash = "#/room/${encodeURIComponent(group)}"`);
    await sender.page.reload();
    await sender.page.getByRole("button", { name: "Send files" }).waitFor();
    for (const { page } of receivers) await page.reload();
    for (let round = 0; round <= Math.min(MOST, Math.ceil(seconds / 2)); round++) {
      const took = await once({ seats, group }, `Picture ${round}.jpg`, picture);
      if (round > 0) {
        all.push(took.seen);
        took.stages.forEach((ms, at) => stages[at]!.push(ms));
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  });
  const on = `${round(picture.length / 1000)} KB JPEG to 2 of a group`;
  const line = (metric: string, value: number): BenchLine => (
    { bench: "display", case: on, metric, value: round(value), unit: "ms" }
  );
  const half = quantile(all, 0.5);
  yield { ...line("pressed to seen p50", half), ...atMost(TARGET, half) };
  const worst = quantile(all, 1);
  yield { ...line("pressed to seen, slowest", worst), ...atMost(TARGET, worst) };
  for (const [at, { name }] of STAGES.entries()) {
    yield line(`  ${name} p50`, quantile(stages[at]!, 0.5));
  }
}

/** Shows one picture; the slower receiver's stages, in ms. */
async function once(
  { seats }: StageBed,
  name: string,
  picture: Uint8Array,
): Promise<{ seen: number; stages: number[] }> {
  const [sender, ...receivers] = seats;
  for (const seat of seats) await noted(seat);
  await drop(sender, name, picture);
  const drawn = ({ page }: Seat) =>
    until(
      "the picture",
      async () => await page.evaluate<boolean>("moments.drawn !== undefined") || undefined,
    );
  await Promise.all(receivers.map(drawn));
  await until("the sender's word", () => sender.moments.get("file done"));
  const from = await noted(sender);
  const pressed = from.get("pressed")!;
  let slowest = { seen: -1, stages: [] as number[] };
  for (const seat of receivers) {
    const at = await noted(seat);
    let before = pressed;
    const stages = STAGES.map(({ who, ends }) => {
      const end = (who === "sender" ? from : at).get(ends) ?? NaN;
      const took = end - before;
      before = end;
      return took;
    });
    const seen = at.get("drawn")! - pressed;
    if (seen > slowest.seen) slowest = { seen, stages };
  }
  return slowest;
}
