import type { CallView, DirectionInfo } from "../views/mod.ts";

/** One direction of the demo's call, as `simppd demo --json` prints it. */
export interface DemoDirection {
  /** Frames handed to the path. */
  sent: number;
  /** Frames opened and ready to view on the other side. */
  delivered: number;
  /** Frames the sender skipped to keep the newest first, and those lost on the way. */
  dropped: number;
  fps: number;
  /** Capture to ready-to-view. */
  latency_ms: { p50: number; p95: number } | null;
  bitrate_kbps: number;
  tag_verified: boolean;
  open_failures: number;
}

/** The last line of `simppd demo --seconds N --json`. */
export interface DemoReport {
  ok: boolean;
  suite: string | null;
  camera: string;
  directions: { "alice->bob": DemoDirection; "bob->alice": DemoDirection };
}

/** Both sides' views of the one call. */
export interface BothViews {
  alice: CallView;
  bob: CallView;
}

/**
 * Figures of the demo.
 * @param running views while both sides streamed: rates and latency
 * @param drained views after both cameras stopped and what was under way had arrived: counts
 */
export function demoReport(running: BothViews, drained: BothViews, camera: string): DemoReport {
  const directions = {
    "alice->bob": direction(drained.alice, running.bob, drained.bob),
    "bob->alice": direction(drained.bob, running.alice, drained.alice),
  };
  const suites = [running.alice.info?.suite, running.bob.info?.suite];
  const ok = suites[0] !== undefined && suites[0] === suites[1] &&
    Object.values(directions).every((one) =>
      one.sent > 0 && one.delivered / one.sent >= 0.99 && one.tag_verified &&
      one.open_failures === 0
    );
  return { ok, suite: suites[0] ?? null, camera, directions };
}

function direction(sender: CallView, running: CallView, receiver: CallView): DemoDirection {
  const out: Partial<DirectionInfo> = sender.info?.send ?? {};
  const rates: Partial<DirectionInfo> = running.info?.receive ?? {};
  const into: Partial<DirectionInfo> = receiver.info?.receive ?? {};
  return {
    sent: out.frames ?? 0,
    delivered: into.frames ?? 0,
    dropped: (out.dropped ?? 0) + (into.dropped ?? 0),
    fps: rates.fps ?? 0,
    latency_ms: rates.latencyMs ?? null,
    bitrate_kbps: rates.kbps ?? 0,
    tag_verified: running.info?.tags.verified ?? false,
    open_failures: into.openFailures ?? 0,
  };
}
