import assert from "node:assert/strict";
import type { Candidate, Via } from "./candidates.ts";
import { at } from "./link_for_tests.ts";
import { MAX_LEARNED, type Route, Routes } from "./routes.ts";

const host: Candidate = { host: "192.0.2.7", port: 4000, kind: "host", priority: 5 };

function answer(routes: Routes, route: Route, rtt: number, now: number): void {
  const token = routes.ping(route, now);
  const ping = routes.pong(token, route.host, route.port);
  assert.equal(ping?.route, route);
  routes.validated(route, rtt, "192.0.2.1:1", now);
}

Deno.test("an address is used only after its own pong", () => {
  const routes = new Routes([host]);
  assert.equal(routes.select(0), false);
  const token = routes.ping(routes.all[0]!, 0);
  assert.equal(routes.pong(token, "192.0.2.8", 4000), undefined, "from elsewhere");
  assert.equal(routes.pong(token, host.host, 4001), undefined, "from another port");
  assert.equal(routes.pong(new Uint8Array(8), host.host, 4000), undefined, "a guessed token");
  assert.equal(routes.select(0), false);
  answer(routes, routes.all[0]!, 3, 0);
  assert.equal(routes.select(1), true);
  assert.equal(routes.selected?.host, host.host);
});

Deno.test("a token answers once", () => {
  const routes = new Routes([host]);
  const token = routes.ping(routes.all[0]!, 0);
  assert.ok(routes.pong(token, host.host, host.port));
  assert.equal(routes.pong(token, host.host, host.port), undefined);
});

Deno.test("the fastest address wins; among equals one that is not loopback", () => {
  for (
    const [far, near, expected] of [[0.5, 0.3, host.host], [9, 0.3, "127.0.0.1"]] as const
  ) {
    const routes = new Routes([at(4000), host]);
    const [loopback, other] = routes.all;
    answer(routes, loopback!, near, 0);
    answer(routes, other!, far, 0);
    routes.select(1);
    assert.equal(routes.selected?.host, expected);
  }
});

Deno.test("a third address is pinged now and then, and does not move a path that works", () => {
  const routes = new Routes([host]);
  const [first] = routes.all;
  answer(routes, first!, 5, 0);
  routes.select(0);
  const third = routes.heard("203.0.113.9", 999, 100);
  assert.ok(third?.learned);
  answer(routes, third, 0.1, 100);
  assert.equal(routes.heard("203.0.113.9", 999, 200), undefined, "pinged just now");
  assert.equal(routes.select(1_000), false);
  assert.equal(routes.selected, first);
});

Deno.test("the path moves to a validated address once its own has stopped answering", () => {
  const routes = new Routes([host]);
  answer(routes, routes.all[0]!, 5, 0);
  routes.select(0);
  const third = routes.heard("203.0.113.9", 999, 2_000)!;
  assert.equal(routes.select(3_000), false, "not validated");
  answer(routes, third, 20, 3_000);
  assert.equal(routes.select(3_000), true);
  assert.equal(routes.selected, third);
});

Deno.test("however many addresses are seen, few are remembered", () => {
  const routes = new Routes([host]);
  answer(routes, routes.all[0]!, 5, 0);
  routes.select(0);
  for (let i = 0; i < 1_000; i++) {
    const route = routes.heard("203.0.113.9", 1_000 + i, i);
    if (route !== undefined) routes.ping(route, i);
  }
  assert.equal(routes.all.length, 1 + MAX_LEARNED);
});

Deno.test("a relayed way is taken when no other answers, and left when one does", () => {
  const ways: Via[] = ["direct", "relay"];
  const routes = new Routes([at(4000)], () => ways);
  const [direct, relayed] = routes.all;
  assert.deepEqual([direct!.relayed, relayed!.relayed], [false, true]);
  const answer = (route: Route, rtt: number, now: number) => {
    const token = routes.ping(route, now - rtt);
    const { host, port, via } = route;
    const other = via === "relay" ? "direct" : "relay";
    assert.equal(routes.pong(token, host, port, other), undefined);
    assert.equal(routes.pong(token, host, port, via)?.route, route);
    routes.validated(route, rtt, "us", now);
  };
  answer(relayed!, 1, 100);
  assert.equal(routes.select(100), true);
  assert.equal(routes.selected, relayed);
  answer(direct!, 50, 200);
  assert.equal(routes.select(200), true);
  assert.equal(routes.selected, direct);
  answer(relayed!, 1, 300);
  assert.equal(routes.select(300), false);
  // Silent for too long: the relay again.
  answer(relayed!, 1, 2_800);
  assert.equal(routes.select(2_800), true);
  assert.equal(routes.selected, relayed);
});

Deno.test("a peer's relay is a relayed way, and what comes by ours is told apart", () => {
  const routes = new Routes([{ ...at(4000), kind: "relay" }]);
  assert.equal(routes.all[0]!.relayed, true);
  const { host } = at(4000);
  assert.equal(routes.heard(host, 4000, 1_000, "direct"), routes.all[0]);
  const learned = routes.heard(host, 4000, 1_000, "relay")!;
  assert.equal(learned.via, "relay");
  assert.equal(learned.learned, true);
  assert.equal(routes.all.length, 2);
});
