import assert from "node:assert/strict";
import fc from "fast-check";
import { sleep } from "../base/mod.ts";
import { type Carried, Device, OFF, Signalling, waitFor } from "./testbed.ts";

const TIMEOUTS = { ring: 150, reply: 100, path: 150, silence: 300 };

/** What happens to one signal on its way. */
const fate = fc.oneof(
  { weight: 5, arbitrary: fc.constant("pass" as const) },
  { weight: 1, arbitrary: fc.constant("drop" as const) },
  { weight: 1, arbitrary: fc.constant("twice" as const) },
  { weight: 2, arbitrary: fc.constant("late" as const) },
);
const step = fc.record({
  who: fc.nat(2),
  act: fc.constantFrom("start", "accept", "accept", "later", "decline", "hangUp", "wait"),
});
const scenario = fc.record({
  fates: fc.array(fate, { minLength: 8, maxLength: 8 }),
  steps: fc.array(step, { minLength: 2, maxLength: 7 }),
});

async function act(device: Device, kind: string, other: string): Promise<void> {
  const call = device.living;
  try {
    if (kind === "wait") await sleep(40);
    else if (kind === "start") await device.calls.start(other, OFF);
    else if (call === undefined) return;
    else if (kind === "accept") await device.calls.accept(call.id, OFF);
    else if (kind === "later") device.calls.later(call.id);
    else if (kind === "decline") device.calls.decline(call.id);
    else device.calls.hangUp(call.id);
  } catch (error) {
    assert.equal((error as { code?: string }).code, "already-in-call");
  }
}

/** Alice with one device, Bob with two, and a line between them that is not to be trusted. */
async function play({ fates, steps }: {
  fates: ("pass" | "drop" | "twice" | "late")[];
  steps: { who: number; act: string }[];
}): Promise<void> {
  const signalling = new Signalling();
  const alice = new Device(signalling, "alice@example.org", "a1", TIMEOUTS);
  const bob = new Device(signalling, "bob@example.org", "b1", TIMEOUTS);
  const tablet = new Device(signalling, "bob@example.org", "b2", TIMEOUTS);
  const devices = [alice, bob, tablet];
  let count = 0;
  signalling.spoil = async (it: Carried) => {
    const fate = fates[count++ % fates.length];
    if (fate === "drop") return undefined;
    if (fate === "late") await sleep(30);
    if (fate === "twice") {
      const device = devices.find(({ device }) => device === it.to.device);
      device?.calls.receive(it.from, it.content, Date.now());
    }
    return it;
  };
  for (const device of devices) {
    device.calls.events.on(() => {
      const engaged = device.calls.list().filter(({ state }) =>
        state === "calling" || state === "connecting" || state === "active"
      );
      if (engaged.length > 1) failures.push(`${engaged.length} calls at ${device.device}`);
    });
  }
  const failures: string[] = [];
  const living = () => devices.flatMap((it) => it.living ?? []);
  try {
    for (const { who, act: kind } of steps) {
      const device = devices[who]!;
      await act(device, kind, who === 0 ? bob.jid : alice.jid);
      await sleep(5);
    }
    await waitFor(() => {
      const calls = living();
      const together = calls.length === 2 && calls[0]!.id === calls[1]!.id &&
        calls.every(({ state }) => state === "active");
      return calls.length === 0 || together ? true : undefined;
    }, `rest: ${JSON.stringify(living().map(({ state, id }) => [state, id]))}`);
    const before = living().map(({ id }) => id);
    // Everything that was ever said, once more and backwards.
    for (const it of [...signalling.carried].reverse()) {
      if (it.content.is("propose") || it.content.is("missed")) {
        const device = devices.find(({ device }) => device === it.to.device);
        device?.calls.receive(it.from, it.content, Date.now());
      }
    }
    const rung = living().filter(({ id }) => !before.includes(id));
    // Who never got a proposal rings for it now; who did knows it.
    assert(rung.every(({ state }) => state === "ringing"));
    assert.deepEqual(failures, []);
  } finally {
    await Promise.all(devices.map(({ calls }) => calls.close()));
    await signalling.settled();
  }
  assert.deepEqual(living(), []);
}

Deno.test("whatever is lost, late or doubled: never two calls at once, never one that stays", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(scenario, { minLength: 4, maxLength: 4 }), async (scenarios) => {
      await Promise.all(scenarios.map(play));
    }),
    { numRuns: 8, endOnFailure: true },
  );
});
