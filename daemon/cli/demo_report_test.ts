import assert from "node:assert/strict";
import { FakeApp } from "../../tests/fake_app.ts";
import type { CallView, DirectionInfo } from "../views/mod.ts";
import { type BothViews, demoReport } from "./demo_report.ts";

function view(
  send: Partial<DirectionInfo>,
  receive: Partial<DirectionInfo>,
  verified = true,
): CallView {
  const none = { frames: 0, dropped: 0, fps: 0, kbps: 0, latencyMs: null, openFailures: 0 };
  return {
    ...new FakeApp().ring,
    state: "active",
    info: {
      suite: "simpp-pq",
      fingerprints: { local: "", remote: "" },
      verified: true,
      tags: { local: "a", remote: "b", verified },
      path: null,
      send: { ...none, ...send },
      receive: { ...none, ...receive },
      strays: 0,
      replays: 0,
      securityEvents: [],
      sinceLastFrameMs: 0,
    },
  };
}

function good(): BothViews {
  return {
    alice: view({ frames: 100, dropped: 2 }, { frames: 200, fps: 29, kbps: 9 }),
    bob: view({ frames: 200 }, {
      frames: 99,
      dropped: 1,
      fps: 30,
      kbps: 8,
      latencyMs: { p50: 1, p95: 2 },
    }),
  };
}

Deno.test("demoReport() takes each direction's counts from the side that knows them", () => {
  const { ok, suite, directions } = demoReport(good(), good(), "test");
  assert.equal(ok, true);
  assert.equal(suite, "simpp-pq");
  assert.deepEqual(directions["alice->bob"], {
    sent: 100,
    delivered: 99,
    dropped: 3,
    fps: 30,
    latency_ms: { p50: 1, p95: 2 },
    bitrate_kbps: 8,
    tag_verified: true,
    open_failures: 0,
  });
  assert.equal(directions["bob->alice"].delivered, 200);
});

Deno.test("demoReport() is not ok when anything is amiss", () => {
  const amiss: [string, (views: BothViews) => void][] = [
    ["lost frames", ({ bob }) => bob.info!.receive.frames = 98],
    ["nothing sent", ({ bob }) => bob.info!.send.frames = 0],
    ["a tag not verified", ({ alice }) => alice.info!.tags.verified = false],
    ["a frame that did not open", ({ alice }) => alice.info!.receive.openFailures = 1],
    ["different suites", ({ bob }) => bob.info!.suite = "simpp-modern"],
    ["no call", ({ alice }) => alice.info = null],
  ];
  for (const [what, spoil] of amiss) {
    const views = good();
    spoil(views);
    assert.equal(demoReport(views, views, "test").ok, false, what);
  }
});
