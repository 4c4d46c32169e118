import type { DisplayKind, DisplayPolicyView } from "../../views/mod.ts";

export const KINDS: readonly DisplayKind[] = ["picture", "pdf", "text", "audio", "video"];

/** Until the person says otherwise: who was compared and verified, what a dashboard shows well. */
export const DEFAULT_POLICY: DisplayPolicyView = {
  from: "verified",
  maxBytes: 50_000_000,
  kinds: [...KINDS],
};

/** What no policy allows more of. */
export const DISPLAY_LIMITS = {
  /** Of a picture; four bytes each in the browser. */
  pixels: 40_000_000,
  /** The longer side of a picture. */
  side: 16_384,
  /** Bytes that the browser holds whole. */
  whole: { picture: 100_000_000, pdf: 64_000_000 } as Partial<Record<DisplayKind, number>>,
  /** Bytes of any file. */
  bytes: 4_000_000_000,
  /** Bytes of a file that this machine's own person shows here. */
  own: 64_000_000,
  /** Shown files that are remembered. */
  history: 50,
  /** Displays of one presenter, and of all together, a minute. */
  presenter: 10,
  everybody: 30,
  /** Displays that wait for the minute to be over. */
  held: 100,
  /** People who say that they have a file on their screen. */
  openedFor: 500,
  /** Takings back that are remembered for what is still on its way. */
  clears: 500,
  /** Places with a policy of their own. */
  places: 1_000,
} as const;
