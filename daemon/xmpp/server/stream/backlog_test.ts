import assert from "node:assert/strict";
import fc from "fast-check";
import { steadyNow, utf8 } from "../../../base/mod.ts";
import { el, type Element } from "../../core/mod.ts";
import { until, withSqliteServer } from "../testing.ts";
import { Backlog } from "./backlog.ts";
import { TURN_MS, Turns } from "./turns.ts";

/** A backlog whose bytes are elements each, and whose elements take `cost` ms of a made-up clock. */
function made(turns: Turns, cost: number, wait: (n: number) => Promise<void> | undefined) {
  const handled: number[] = [];
  const state = { clock: 0, held: false, failed: undefined as unknown };
  const backlog: Backlog = new Backlog(
    {
      piece: 3,
      read: (bytes) => {
        for (const n of bytes) backlog.take(el("n", { n: String(n) }));
      },
      handle: ({ attrs }: Element) => {
        state.clock += cost;
        handled.push(Number(attrs.n));
        return wait(Number(attrs.n));
      },
      hold: (held) => state.held = held,
      failed: (error) => state.failed = error,
    },
    turns,
    () => state.clock,
  );
  return { backlog, handled, state };
}

const emptied = async (backlog: Backlog) => {
  while (backlog.waits) await new Promise((resolve) => setTimeout(resolve, 0));
};

Deno.test("a backlog is worked off in turns, others between them, and not read meanwhile", async () => {
  const turns = new Turns();
  const flood = made(turns, TURN_MS / 2, () => undefined);
  const other = made(turns, TURN_MS / 2, () => undefined);
  flood.backlog.add(new Uint8Array(100).map((_, i) => i));
  assert.deepEqual(flood.handled, [0, 1], "a turn, and no more");
  assert.equal(flood.state.held, true);
  other.backlog.add(Uint8Array.of(7));
  assert.deepEqual(other.handled, [7], "its first turn is at once");
  assert.equal(other.state.held, false);
  await emptied(flood.backlog);
  assert.deepEqual(flood.handled, [...Array(100).keys()]);
  assert.equal(flood.state.held, false);
});

Deno.test("whatever is waited for and however it comes, a backlog keeps the order and loses nothing", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 8 }),
      fc.integer({ min: 0, max: 2 * TURN_MS }),
      fc.array(fc.constantFrom("none", "soon", "later"), { minLength: 1 }),
      async (chunks, cost, waits) => {
        let working = 0;
        const { backlog, handled, state } = made(new Turns(), cost, (n) => {
          assert.equal(working, 0, "one after the other");
          const how = waits[n % waits.length];
          if (how === "none") return undefined;
          working++;
          const wait = how === "soon"
            ? Promise.resolve()
            : new Promise<void>((resolve) => setTimeout(resolve, 0));
          return wait.then(() => void working--);
        });
        for (const chunk of chunks) {
          backlog.add(chunk);
          if (chunk.length % 2 === 0) await Promise.resolve();
        }
        await emptied(backlog);
        await new Promise((resolve) => setTimeout(resolve, 1));
        assert.deepEqual(handled, chunks.flatMap((chunk) => [...chunk]));
        assert.deepEqual([state.held, state.failed], [false, undefined]);
      },
    ),
    { numRuns: 50 },
  ));

Deno.test("the end of a stream waits for what came before it; a closed one handles nothing more", async () => {
  const turns = new Turns();
  const { backlog, handled } = made(turns, TURN_MS, () => undefined);
  backlog.add(Uint8Array.of(1, 2, 3));
  const finished = new Promise<number>((resolve) => backlog.finish(() => resolve(handled.length)));
  assert.equal(handled.length, 1);
  assert.equal(await finished, 3);
  backlog.add(Uint8Array.of(4, 5));
  backlog.close();
  backlog.add(Uint8Array.of(6));
  assert.equal(backlog.waits, false);
  assert.deepEqual(handled, [1, 2, 3, 4]);
});

Deno.test("a ping of one account is answered before the flood of another is done", () =>
  withSqliteServer(async ({ server, login }) => {
    const [flooder, victim] = [await login("anna"), await login("berta")];
    const count = 400;
    const handled: number[] = [];
    server.hooks.iq("account", "slow", "urn:example:slow", ({ iq }) => {
      handled.push(Number(iq.attrs.id));
      const until = steadyNow() + 1;
      while (steadyNow() < until);
      return undefined;
    });
    const one = (i: number) => `<iq type='set' id='${i}'><slow xmlns='urn:example:slow'/></iq>`;
    await flooder.write(utf8([...Array(count).keys()].map(one).join("")));
    await until(() => handled.length > 0);
    await victim.settle();
    assert.ok(handled.length < count, "all of the flood was done before");
    // Its sender goes away: what it said is done all the same, in its order.
    await flooder.close();
    await until(() => handled.length === count);
    assert.deepEqual(handled, [...Array(count).keys()]);
  }));
