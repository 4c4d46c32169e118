import type { AppApi } from "../app/mod.ts";
import { SimppdError, sleep } from "../base/mod.ts";
import type { CallView, CameraOptions } from "../views/mod.ts";

/** Two people and what they see of each other. */
export interface Pair {
  alice: AppApi;
  bob: AppApi;
}

/**
 * Looks again, 50 ms apart, until there is something.
 * @throws SimppdError `demo-failed` after `seconds`, or when `signal` aborts
 */
export async function until<T>(
  what: string,
  look: () => T | undefined,
  signal: AbortSignal,
  seconds = 30,
): Promise<T> {
  for (let tries = 0; tries < seconds * 20; tries++) {
    const found = look();
    if (found !== undefined) return found;
    if (signal.aborted) throw new SimppdError("interrupted", "The demo was ended.");
    await sleep(50, signal);
  }
  throw new SimppdError("demo-failed", `Waited ${seconds} s in vain for ${what}.`);
}

/** Alice carries a server and invites Bob; both verify each other by safety number. */
export async function befriend({ alice, bob }: Pair, signal: AbortSignal): Promise<string> {
  await alice.carry({ nick: "Alice", reach: "this-machine" });
  const { link } = await alice.invite();
  await bob.join({ link, nick: "Bob" });
  const sees = (app: AppApi, whom: string) =>
    until(
      `${whom} to come online`,
      () =>
        app.contacts().find(({ presence, subscription }) =>
          presence === "online" && subscription === "both"
        )?.jid,
      signal,
    );
  const [bobJid, aliceJid] = await Promise.all([sees(alice, "Bob"), sees(bob, "Alice")]);
  const [ofBob, ofAlice] = await Promise.all([alice.safety(bobJid), bob.safety(aliceJid)]);
  if (ofBob.number !== ofAlice.number) {
    throw new SimppdError("demo-failed", "Alice and Bob see different safety numbers.");
  }
  await Promise.all([
    alice.verify(bobJid, { number: ofAlice.number }),
    bob.verify(aliceJid, { number: ofBob.number }),
  ]);
  return bobJid;
}

/** The ids one call has on both sides. */
export interface BothIds {
  alice: string;
  bob: string;
}

/** Alice calls, Bob accepts; resolves when both sides are active and a picture came each way. */
export async function connect(
  { alice, bob }: Pair,
  bobJid: string,
  options: { alice: CameraOptions; bob: CameraOptions },
  signal: AbortSignal,
): Promise<BothIds> {
  const { id } = await alice.startCall(bobJid, options.alice);
  const ringing = await until(
    "Bob's daemon to ring",
    () => bob.calls().find(({ state }) => state === "ringing"),
    signal,
  );
  await bob.acceptCall(ringing.id, options.bob);
  const active = (app: AppApi, id: string) =>
    until("the call to connect", () => {
      const view = app.call(id);
      if (view.state === "ended") throw callEnded(view);
      return view.state === "active" && app.latestPicture(id, "remote") ? view : undefined;
    }, signal);
  await Promise.all([active(alice, id), active(bob, ringing.id)]);
  return { alice: id, bob: ringing.id };
}

export function callEnded(view: CallView): SimppdError {
  return new SimppdError("demo-failed", `The call ended: ${view.detail ?? view.reason ?? "?"}`);
}
