/** Made-up files that are shown, for tests and screenshots. */
import type { DisplayItemView, DisplaysView } from "../api/views.ts";

let made = 0;

export function fakeDisplay(change: Partial<DisplayItemView> = {}): DisplayItemView {
  return {
    id: `shown-${++made}`,
    place: "ben@anna-desk.simppd.invalid",
    from: "ben@anna-desk.simppd.invalid",
    mine: false,
    name: "plan.png",
    kind: "picture",
    type: "image/png",
    size: 48_211,
    width: 1200,
    height: 800,
    at: Date.now(),
    state: "showing",
    reason: null,
    openedFor: [],
    available: true,
    ...change,
  };
}

export function fakeDisplays(change: Partial<DisplaysView> = {}): DisplaysView {
  return {
    items: [],
    policy: {
      from: "verified",
      maxBytes: 50_000_000,
      kinds: ["picture", "pdf", "text", "audio", "video"],
    },
    places: {},
    command: null,
    ...change,
  };
}
