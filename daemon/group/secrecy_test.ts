import assert from "node:assert/strict";
import fc from "fast-check";
import { mostHeight, type Strategy } from "./mod.ts";
import { PlayedGroup } from "./testing.ts";

const strategy = fc.constantFrom<Strategy[]>("user", "key", "group");

/** What happens: shares of the members leave, some come, or something else is done. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      join: fc.nat(5),
      leave: fc.array(fc.nat(), { maxLength: 4 }),
      strategy,
    }),
  },
  { weight: 1, arbitrary: fc.record({ join: fc.nat(20), leave: fc.constant([]), strategy }) },
  { weight: 1, arbitrary: fc.record({ keep: fc.nat(3), strategy }) },
  { weight: 1, arbitrary: fc.record({ again: fc.nat(), strategy }) },
  { weight: 1, arbitrary: fc.constantFrom("renew" as const, "renew all" as const) },
  { weight: 1, arbitrary: fc.constant("restart" as const) },
  { weight: 1, arbitrary: fc.record({ resync: fc.nat() }) },
);

Deno.test("no coalition of those outside an epoch computes a key of it; members reach their paths", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5 }),
      fc.constantFrom("tree", "tree", "tree", "star"),
      fc.array(step, { minLength: 1, maxLength: 18 }),
      (degree, shape, steps) => {
        const group = new PlayedGroup(degree, shape as "tree" | "star");
        let born = 0;
        const come = (count: number) => Array.from({ length: count }, () => `m${born++}`);
        for (const one of steps) {
          const members = [...group.members.keys()];
          const pick = (n: number) => members[n % members.length];
          if (one === "renew") group.renew();
          else if (one === "renew all") group.renewAll();
          else if (one === "restart") group.restart();
          else if ("resync" in one) {
            if (members.length > 0) group.resync(pick(one.resync)!);
          } else if ("again" in one) {
            const member = pick(one.again);
            if (member !== undefined) group.change([member], [member], one.strategy);
          } else {
            const join = "join" in one ? come(one.join) : [];
            const leave = "keep" in one
              ? members.slice(one.keep)
              : new Set(members.length > 0 ? one.leave.map((n) => pick(n)!) : []);
            if (join.length + [...leave].length > 0) group.change(join, [...leave], one.strategy);
          }
          group.checkPaths();
        }
        group.checkSecrecy();
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("single changes cost no more than the paper's formulas, however the tree came about", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      strategy,
      fc.array(fc.nat(), { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 2, max: 9 }),
      (d, strategy, choices, tilt) => {
        const group = new PlayedGroup(d, "tree");
        group.change(Array.from({ length: 40 }, (_, n) => `m${n}`), [], "group");
        for (const [n, choice] of choices.entries()) {
          const members = [...group.members.keys()];
          const before = group.graph.height;
          if (choice % 10 < tilt && members.length > 0) {
            const rekey = group.change([], [members[choice % members.length]!], strategy);
            const most = strategy === "user"
              ? (d - 1) * before * (before - 1) / 2
              : d * (before - 1) - 1;
            if (rekey.moved === 0) {
              assert.ok(rekey.encryptions <= most, `${rekey.encryptions} > ${most}`);
            }
          } else {
            const rekey = group.change([`n${n}`], [], strategy);
            const h = group.graph.height;
            const most = strategy === "user" ? h * (h + 1) / 2 - 1 : 2 * (h - 1);
            assert.ok(rekey.encryptions <= most, `${rekey.encryptions} > ${most}`);
            assert.equal(rekey.moved, 0);
            assert.ok(h === before || h <= mostHeight(group.graph.size, d));
          }
        }
        group.checkPaths();
      },
    ),
    { numRuns: 100 },
  );
});
