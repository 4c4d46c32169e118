import { SimppdError } from "../../base/mod.ts";
import type { PictureSize } from "../../files/mod.ts";
import type { DisplayKind, DisplayPolicyView, Problem } from "../../views/mod.ts";
import type { ShownType } from "./kind.ts";
import { DISPLAY_LIMITS, KINDS } from "./limits.ts";

/** Who shows something, as far as it matters to who is let. */
export interface Presenter {
  /** Their key was compared and verified. */
  readonly verified: boolean;
  /** The group's specification gives them the right to display; null where there is no group. */
  readonly displayer: boolean | null;
}

/** Whether the receiver's policy lets a presenter; of a group, only whom the group lets. */
export function lets(policy: DisplayPolicyView, { verified, displayer }: Presenter): boolean {
  if (displayer === false) return false;
  switch (policy.from) {
    case "nobody":
      return false;
    case "verified":
      return verified;
    case "displayers":
      return displayer === true;
    case "all":
      return true;
  }
}

/** Why a file does not open by itself; null: it does. */
export function objection(
  policy: DisplayPolicyView,
  presenter: Presenter,
  { kind, size }: { kind: DisplayKind; size: number },
): Problem | null {
  if (presenter.displayer === false) {
    return {
      code: "display-not-let",
      message: "The group does not let its sender show files; this one waits for you to open it.",
    };
  }
  if (!lets(policy, presenter)) {
    return {
      code: "display-not-let",
      message: `You let ${WHO[policy.from]} show files here; this one waits for you to open it.`,
    };
  }
  if (!policy.kinds.includes(kind)) {
    return {
      code: "display-kind",
      message: `You do not let files of this kind (${kind}) open by themselves.`,
    };
  }
  if (size > policy.maxBytes) {
    return {
      code: "display-size",
      message: `It has ${size} bytes; you let files of ${policy.maxBytes} open by themselves.`,
    };
  }
  return null;
}

const WHO: Record<DisplayPolicyView["from"], string> = {
  nobody: "nobody",
  verified: "verified contacts alone",
  displayers: "those alone whom the group lets display",
  all: "everybody",
};

/** Why a file is not shown at all, whoever asks; null: it can be. */
export function impossibility(
  found: ShownType | null,
  size: number,
  pixels: PictureSize | undefined,
): Problem | null {
  if (found === null) {
    return {
      code: "display-type",
      message: "It is no picture, PDF, text, sound or video that can be shown.",
    };
  }
  const most = DISPLAY_LIMITS.whole[found.kind] ?? DISPLAY_LIMITS.bytes;
  if (size > most) {
    return {
      code: "display-too-large",
      message: `It has ${size} bytes; a ${found.kind} of ${most} can be shown. Save it instead.`,
    };
  }
  if (found.kind !== "picture") return null;
  if (pixels === undefined) {
    return { code: "display-damaged", message: "The picture does not say how large it is." };
  }
  const { width, height } = pixels;
  if (
    width * height <= DISPLAY_LIMITS.pixels && Math.max(width, height) <= DISPLAY_LIMITS.side
  ) return null;
  return {
    code: "display-pixels",
    message: `The picture has ${width} × ${height} pixels; ${DISPLAY_LIMITS.pixels} in all and ` +
      `${DISPLAY_LIMITS.side} a side can be shown.`,
  };
}

/** A policy as it may be kept. @throws SimppdError `bad-input` */
export function checkedPolicy({ from, maxBytes, kinds }: DisplayPolicyView): DisplayPolicyView {
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 0 || maxBytes > DISPLAY_LIMITS.bytes) {
    throw new SimppdError(
      "bad-input",
      `maxBytes is a whole number from 0 to ${DISPLAY_LIMITS.bytes}, not ${maxBytes}.`,
    );
  }
  return { from, maxBytes, kinds: KINDS.filter((kind) => kinds.includes(kind)) };
}
