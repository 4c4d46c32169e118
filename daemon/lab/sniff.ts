import { sleep } from "../base/mod.ts";
import { SUITE_IDS, type SuiteId } from "../crypto/mod.ts";
import { serialise } from "../xmpp/core/mod.ts";
import { type Loot, search } from "./loot.ts";
import { clearCall } from "./null_call.ts";
import { connect, end, onStage } from "./stage.ts";
import { Tap } from "./tap.ts";

/** What one call was sealed with; `none` is the call in clear, which only the lab can make. */
export type Sealing = SuiteId | "none";

/** One call and what was got out of it. */
export interface Sniffed extends Loot {
  suite: Sealing;
  /** Pictures that both cameras gave. */
  sent: number;
}

/** What {@link sniff} found. */
export interface SniffReport {
  /** The call in clear could be watched, and no other. */
  ok: boolean;
  suites: Sniffed[];
}

/**
 * The paper's figures 3, 4 and 9: somebody on the way records a call and plays it. First a call in
 * clear, then the same under every suite.
 * @param seconds length of each call
 * @param saw is given each picture the attacker has made
 */
export async function sniff(
  seconds: number,
  saw: (sealing: Sealing, picture: Uint8Array) => Promise<void>,
): Promise<SniffReport> {
  const suites: Sniffed[] = [];
  for (const sealing of ["none", ...SUITE_IDS] as const) {
    const { loot, picture, sent } =
      await (sealing === "none" ? inClear(seconds) : sealed(sealing, seconds));
    if (picture !== undefined) await saw(sealing, picture);
    suites.push({ suite: sealing, sent, ...loot });
  }
  const ok = suites.every((one) => one.suite === "none" ? one.pictures > 0 : kept(one));
  return { ok, suites };
}

/** Whether an attacker got nothing but numbers, sizes and times. */
function kept(one: Sniffed): boolean {
  const { pictures, jpegs, picture_bytes, camera_name, jid } = one;
  return one.sent > 0 && one.packets > 0 && pictures === 0 && jpegs === 0 &&
    !picture_bytes && !camera_name && !jid;
}

async function inClear(seconds: number) {
  const tap = await Tap.open();
  try {
    const { film, signalling } = await clearCall(tap, seconds);
    return { sent: film.length, ...await search(tap.seen, signalling, film) };
  } finally {
    await tap.close();
  }
}

function sealed(suite: SuiteId, seconds: number) {
  return onStage([suite], async (stage) => {
    const { alice, bob, post, tap } = stage;
    const { id } = await connect(stage);
    await sleep(seconds * 1000);
    await end(stage, id);
    const film = [...alice.film, ...bob.film];
    const signalling = post.carried.map(({ element }) => serialise(element));
    return { sent: film.length, ...await search(tap.seen, signalling, film) };
  });
}
