import assert from "node:assert/strict";
import fc from "fast-check";
import { SimppdError } from "../../base/mod.ts";
import { listLimits, readLimits } from "./limit_ranges.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

Deno.test("every limit is listed, with a sentence, and its default is within its range", () => {
  const limits = listLimits();
  assert.deepEqual(limits.map(({ name }) => name).sort(), Object.keys(DEFAULT_LIMITS).sort());
  for (const { name, about, least, most, default: usual } of limits) {
    assert.ok(usual >= least && usual <= most, name);
    assert.match(about, /^[A-Z].*\.$/, name);
    assert.deepEqual(readLimits([`${name}=${usual}`]), { [name]: usual });
    for (const wrong of [least - 1, most + 1]) {
      assert.throws(() => readLimits([`${name}=${wrong}`]), { code: "bad-limit" }, name);
    }
  }
});

Deno.test("readLimits() reads units, and the last of one name counts", () => {
  assert.deepEqual(
    readLimits(["archiveAgeMs=2d", "banMs=1m", "banMs=90s", "burstBytes=2m", "offlineBytes=1G"]),
    { archiveAgeMs: 172_800_000, banMs: 90_000, burstBytes: 2 << 20, offlineBytes: 1 << 30 },
  );
  assert.deepEqual(readLimits(["offlineShareOfContact=0.25"]), { offlineShareOfContact: 0.25 });
});

Deno.test("readLimits() refuses what is no limit or no value of it", () => {
  for (
    const wrong of [
      ...["", "=", "banMs", "banMs=", "banMs=-1", "banMs=1e3", "banMs=1M", "banMs=1 s"],
      ...["connections=0", "connections=1.5", "connections=2k", "toString=1", "__proto__=1"],
      ...["banMs=0x10", "offlineShareOfContact=1.1", "scramIterations=1000", "BANMS=1"],
    ]
  ) assert.throws(() => readLimits([wrong]), { code: "bad-limit" }, wrong);
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    for (const setting of [a, `${a}=${b}`, `banMs=${b}`]) {
      try {
        const [value] = Object.values(readLimits([setting]));
        assert.ok(Number.isFinite(value));
      } catch (error) {
        assert.ok(error instanceof SimppdError && error.code === "bad-limit", String(error));
      }
    }
  }));
});
