import assert from "node:assert/strict";
import { absent } from "../real_parts.ts";
import type { BenchLine } from "./bench.ts";
import { measure } from "./xmpp_bench.ts";

const ignore = absent("prosodyctl") || absent("ejabberdctl");

Deno.test("the chat bench has a figure of every server for every case", { ignore }, async () => {
  const lines: BenchLine[] = await Array.fromAsync(measure({
    servers: ["simppd", "prosody", "ejabberd"],
    clients: [2, 4],
    seconds: 0.2,
    idle: 6,
    settleSeconds: 0,
    logins: 4,
    messages: 2_000,
  }));
  const figure = (what: string, metric: string, peer?: string) => {
    const found = lines.filter((line) =>
      line.case === what && line.metric === metric && line.peer === peer
    );
    assert.equal(found.length, 1, `${what}, ${metric}, ${peer ?? "ours"}`);
    return found[0]!;
  };
  for (const peer of [undefined, "prosody", "ejabberd"]) {
    for (const what of ["2 clients", "4 clients"]) {
      const p50 = figure(what, "round trip p50", peer).value;
      assert.ok(p50 > 0 && p50 <= figure(what, "round trip p95", peer).value);
      assert.ok(figure(what, "flood", peer).value > 0);
    }
    assert.ok(figure("6 idle clients", "memory", peer).value > 1);
    const login = figure("4 logins", "server CPU a login", peer);
    assert.equal(login.target, peer === undefined ? 5 : undefined);
  }
  for (const peer of ["prosody", "ejabberd"]) {
    assert.ok(figure("2 clients, archive", "flood", peer).value > 0);
    const [ours, theirs] = [figure("4 clients", "flood"), figure("4 clients", "flood", peer)];
    const ratio = figure("4 clients", `flood / ${peer}`).value;
    assert.ok(Math.abs(ratio - ours.value / theirs.value) < 0.02 * ratio);
  }
  assert.equal(figure("2000 messages", "memory gained").target, 24);
});
