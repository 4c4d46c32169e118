import assert from "node:assert/strict";
import fc from "fast-check";
import type { Specification } from "./specification.ts";
import { settled, TestGroup, type TestPerson } from "./testing_group.ts";

/** What may happen to a group, one after another. */
type Step =
  | { do: "join" | "leave" | "expel" | "crash" | "say" | "away" | "back"; who: number }
  | { do: "server"; who: 0 }
  | { do: "pass"; who: number };

const PEOPLE = 7;
const who = fc.nat(PEOPLE - 1);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("join" as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("leave" as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("expel" as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const), who }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("say" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("away" as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("back" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("server" as const), who: fc.constant(0) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), who: fc.nat(90) }) },
) as fc.Arbitrary<Step>;

/** Numbers that decide what the network does; the same for the same seed. */
function dice(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13, state ^= state >>> 17, state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Plays steps on a network that loses, repeats and reorders; gives what was said by whom to whom. */
async function play(
  steps: readonly Step[],
  seed: number,
  loss: number,
  rest: Partial<Specification>,
) {
  const path = Deno.makeTempFileSync({ suffix: ".db" });
  const stage = new TestGroup({ degree: 2, ...rest }, path);
  const people = Array.from({ length: PEOPLE }, (_, at) => stage.person(`p${at}@example.org`));
  await stage.anna.join();
  const roll = dice(seed);
  stage.fate = () => {
    const rolled = roll();
    if (rolled < loss) return "lose";
    if (rolled < 2 * loss) return "late";
    return rolled < 3 * loss ? "twice" : "deliver";
  };
  const works: Promise<unknown>[] = [];
  const quietly = (work: Promise<unknown>) => works.push(work.catch(() => {}));
  /** Who was in the sender's epoch when it was said, by text. */
  const audience = new Map<string, ReadonlySet<string>>();
  let number = 0;
  for (const { do: what, who } of steps) {
    const person = people[who % PEOPLE]!;
    if (what === "join") quietly(person.group.join());
    if (what === "leave") quietly(person.group.leave());
    if (what === "expel") quietly(stage.anna.group.expel(person.self.jid));
    if (what === "crash") person.crash();
    if (what === "server") await stage.crashServer();
    if (what === "pass") await stage.clock.pass(who * 1000);
    if (what === "away") person.present = false;
    if (what === "back") person.present = true;
    if (what === "say") {
      const text = `${number++} of ${person.id}`;
      const epoch = person.group.epoch;
      try {
        person.say(text);
        audience.set(text, new Set(epoch!.members.map(({ id }) => id)));
      } catch {
        // Not in, or not sure of the key: nothing was sent.
      }
    }
    if (roll() < 0.5) await stage.deliverLate();
    await settled();
  }
  // The network is well again: everybody comes to rest.
  stage.fate = () => "deliver";
  await stage.deliverLate();
  for (const person of people) person.present = true;
  for (let turn = 0; turn < 4; turn++) await stage.clock.pass(125_000);
  await Promise.all(works);
  return { stage, people, audience, path };
}

function checkReads(people: readonly TestPerson[], audience: Map<string, ReadonlySet<string>>) {
  for (const person of people) {
    const texts = person.texts();
    assert.equal(new Set(texts).size, texts.length, "nothing was opened twice");
    for (const { text, from } of person.read) {
      assert.ok(text.endsWith(` of ${from}`), "the sender is who it says");
      assert.ok(audience.get(text)!.has(person.id), `${person.id} was not meant to read "${text}"`);
    }
  }
}

for (const strategy of ["group", "key", "user"] as const) {
  Deno.test(`churn with loss, ${strategy}-oriented: members agree in the end, nobody else reads anything`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 40 }),
        fc.integer(),
        fc.constantFrom(0, 0.1, 0.25),
        async (steps, seed, loss) => {
          const { stage, people, audience, path } = await play(steps, seed, loss, { strategy });
          try {
            const everybody = [stage.anna, ...people];
            checkReads(everybody, audience);
            const { statement, roster } = stage.server.group(stage.specification.group)!.state;
            const members = new Set(roster.map(({ id }) => id));
            for (const person of everybody) {
              const { epoch, phase } = person.group;
              if (epoch === null) continue;
              const state = `${person.id} ${phase} at ${epoch.number} of ${statement!.epoch}`;
              assert.ok(members.has(person.id), `${state}: is no member`);
              assert.equal(epoch.number, statement!.epoch, state);
              assert.equal(phase, "in", state);
              assert.deepEqual(epoch.members.map(({ id }) => id), roster.map(({ id }) => id));
              assert.deepEqual(
                person.incidents().filter((kind) =>
                  !["silent", "heard-again", "unproved"].includes(kind)
                ),
                [],
              );
            }
            const inside = everybody.filter(({ group }) => group.epoch !== null);
            for (const person of inside) person.say(`last of ${person.id}`);
            for (const person of everybody) {
              const expected = person.group.epoch === null ? [] : inside
                .filter((each) => each !== person).map(({ id }) => `last of ${id}`);
              const got = person.texts().filter((text) => text.startsWith("last"));
              assert.deepEqual(got.sort(), expected.sort(), person.id);
            }
          } finally {
            await stage.close();
            Deno.removeSync(path);
          }
        },
      ),
      { numRuns: 8 },
    );
  });
}
