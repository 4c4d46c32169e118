import type { CallView, EndReason } from "../views/mod.ts";

type Told = Pick<CallView, "name" | "direction">;

/**
 * The end of a call as a sentence, for the person on this side.
 * @param theirs whether the other side ended it
 */
export function sentence(reason: EndReason, told: Told, theirs = false): string {
  return (theirs ? sentenceOfTheirs(reason, told.name) : undefined) ?? sentenceOfOurs(reason, told);
}

function sentenceOfTheirs(reason: EndReason, name: string): string | undefined {
  switch (reason) {
    case "hangup":
      return `${name} ended the call.`;
    case "no-path":
      return `${name}'s device found no path to this one; a firewall or separate networks may ` +
        "keep you apart, or calls go through a relay only there and none answers.";
    case "wrong-tag":
      return `${name}'s device was shown a wrong device tag and ended the call.`;
    case "lost":
      return `${name}'s device heard nothing from this one any more.`;
    case "timeout":
      return `${name}'s device waited in vain for this one.`;
    case "failed":
      return `The call failed on ${name}'s device.`;
    default:
      return undefined;
  }
}

function sentenceOfOurs(reason: EndReason, { name, direction }: Told): string {
  const out = direction === "out";
  switch (reason) {
    case "hangup":
      return "You ended the call.";
    case "declined":
      return out ? `${name} declined.` : "You declined.";
    case "busy":
      return out ? `${name} is in another call.` : `You were in another call when ${name} called.`;
    case "timeout":
      return out ? `${name} did not answer.` : `${name} called; nobody answered.`;
    case "offline":
      return `${name} is offline, so the call was cancelled. They will see that you called.`;
    case "cancelled":
      return out ? "You cancelled the call." : `${name} stopped calling.`;
    case "answered-elsewhere":
      return "Answered on another device.";
    case "no-path":
      return `No path to ${name}'s device was found.`;
    case "wrong-tag":
      return `Whoever answered on the path to ${name} showed a wrong device tag. ` +
        "Nothing they sent was opened, and the call was ended.";
    case "lost":
      return `${name}'s device went silent.`;
    case "camera":
      return "The camera failed.";
    case "failed":
      return "The call could not be set up.";
  }
}

/** Length of a call for people: "42 s", "2 min 5 s", "1 h 3 min". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The line a call leaves in the conversation; `lasted` in ms, null when it never became active. */
export function lineOf(
  { reason, detail, unanswered, lasted }: {
    reason: EndReason;
    detail: string;
    /** It rang here and nobody took it. */
    unanswered: boolean;
    lasted: number | null;
  },
): { kind: "missed-call" | "call"; body: string } {
  if (lasted !== null) {
    const body = `Video call, ${duration(lasted)}.`;
    return { kind: "call", body: reason === "hangup" ? body : `${body} ${detail}` };
  }
  const answered = reason === "declined" || reason === "answered-elsewhere";
  if (unanswered && !answered) return { kind: "missed-call", body: "Missed video call." };
  return { kind: "call", body: detail };
}
