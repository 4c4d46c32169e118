import assert from "node:assert/strict";
import { together } from "./multi_insert.ts";

const rows = (count: number) => Array.from({ length: count }, (_, i) => [i, "x"]);

Deno.test("together() makes inserts of many rows out of inserts of one", () => {
  const runs = [...together("insert into `t` (`a`, `b`) values (?, ?) on x", rows(74))];
  assert.deepEqual(runs.map(({ args }) => args.length / 2), [64, 8, 1, 1]);
  assert.deepEqual(runs.flatMap(({ args }) => args), rows(74).flat());
  assert.equal(
    runs[1]!.sql,
    `insert into \`t\` (\`a\`, \`b\`) values ${Array(8).fill("(?, ?)").join(", ")} on x`,
  );
  assert.equal(runs[2]!.sql, "insert into `t` (`a`, `b`) values (?, ?) on x");
});

Deno.test("together() leaves alone what is no plain insert, and what is large", () => {
  for (
    const sql of [
      "update `t` set `a` = ? where `b` = ?",
      "insert into `t` (`a`, `b`) values (?, ?) on duplicate key update `a` = ?",
      "insert into `t` (`a`, `b`) select ?, ?",
    ]
  ) {
    assert.deepEqual([...together(sql, rows(9))], rows(9).map((args) => ({ sql, args })));
  }
  const large = Array.from({ length: 8 }, () => ["x".repeat(1 << 20)]);
  assert.equal([...together("insert into `t` (`a`) values (?)", large)].length, 8);
});
