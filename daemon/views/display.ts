import type { Problem } from "./status.ts";

/** What can be shown: HTML and SVG are text. */
export type DisplayKind = "picture" | "pdf" | "text" | "audio" | "video";

/** A file that was marked for display, by somebody in a group or chat, or by this machine's person. */
export interface DisplayItemView {
  id: string;
  /** Address of the group or contact; null: shown on this machine alone. */
  place: string | null;
  /** Who shows it. */
  from: string;
  mine: boolean;
  name: string;
  /** By its content; null: nothing that can be shown. */
  kind: DisplayKind | null;
  /** Media type by its content; "" where `kind` is null. */
  type: string;
  size: number;
  /** Of a picture, in pixels. */
  width: number | null;
  height: number | null;
  at: number;
  /** showing: on the stage. withheld: `reason` says why it did not open by itself. past: over. */
  state: "showing" | "withheld" | "past";
  /** Withheld: `display-…`. Past: `replaced`, `cleared` (by the presenter), `closed` (here), `gone`. */
  reason: Problem | null;
  /** Bare JIDs of contacts who let us know that it opened on a screen of theirs; of one's own. */
  openedFor: string[];
  /** Can it be shown again? */
  available: boolean;
}

/** From whom files open by themselves, how large, and which. */
export interface DisplayPolicyView {
  /** verified: compared keys. displayers: whom the group's specification lets. */
  from: "nobody" | "verified" | "displayers" | "all";
  maxBytes: number;
  kinds: DisplayKind[];
}

/** The stage: what is shown, was shown and waits, newest first, and who may. */
export interface DisplaysView {
  items: DisplayItemView[];
  policy: DisplayPolicyView;
  /** By address of group or contact: instead of `policy`. */
  places: Record<string, DisplayPolicyView>;
  /** The viewer that files are handed to besides; null: the dashboard alone. */
  command: string | null;
}

/** Where the dashboard finds one file that is shown. */
export interface DisplayUrlView {
  /** A page for a sandboxed frame; it opens once, within 30 seconds. */
  url: string;
  kind: DisplayKind;
  /** What the frame's `sandbox` attribute says. */
  sandbox: string;
  /** Ends what this URL opened. */
  handle: string;
}
