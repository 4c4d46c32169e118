/** Why the other side's picture does not move, if it does not. */
import { type HeardCall, pictureAge } from "../store/calls.ts";
import { text } from "../text/mod.ts";

/** A picture older than this is said to be stalled. */
const STALLED_MS = 2000;
/** Pictures that still come are believed before a word that the camera is off. */
const STOPPED_MS = 1000;

export type RemoteState = "waiting" | "moving" | "stalled" | "off" | "no-signal";

export function remoteState(heard: HeardCall, now: number): RemoteState {
  const age = pictureAge(heard, now);
  const { remoteCamera } = heard.view;
  const told = remoteCamera === "off" || remoteCamera === "no-signal";
  if (told && (age === null || age >= STOPPED_MS)) return remoteCamera;
  if (age === null) return "waiting";
  return age >= STALLED_MS ? "stalled" : "moving";
}

/** The same in words; null while the picture moves. */
export function remoteWord(state: RemoteState, name: string): string | null {
  switch (state) {
    case "moving":
      return null;
    case "waiting":
      return text.call.waitingPicture;
    case "stalled":
      return text.call.stalled;
    case "off":
      return text.call.remoteOff(name);
    case "no-signal":
      return text.call.remoteNone(name);
  }
}
