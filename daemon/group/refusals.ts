import type { Refusal } from "./group_keys.ts";

/** What is known of something that was refused. */
export interface RefusalContext {
  readonly epoch?: number;
  /** Whom it claims to be of: a JID, or the room's name for them. */
  readonly from?: string;
}

/** A sentence for a line in the chat. It never repeats anything of the content. */
export function refusalSentence(cause: Refusal, { epoch, from }: RefusalContext = {}): string {
  const who = from === undefined ? "somebody" : `"${plain(from)}"`;
  const key = epoch === undefined ? "its key" : `the key of epoch ${epoch}`;
  switch (cause) {
    case "before-you-joined":
      return "Sent before you joined: you have no key for it.";
    case "no-key":
      return `A message could not be opened: this device does not have ${key}. It was sent while ` +
        "you were away, or the key is not kept any more.";
    case "key-not-here":
      return `The key of a message is not here yet: retrying (${key} is asked for).`;
    case "not-a-member":
      return `A message of ${who} was refused: that device is no member of the group.`;
    case "may-not-send":
      return `A message of ${who} was refused: they may read here, not write.`;
    case "forged":
      return `A message that claims to be of ${who} was refused: it is forged or damaged.`;
    case "repeated":
      return `A message of ${who} was refused: it came a second time.`;
    case "too-late":
      return `A message of ${who} was refused: it is sealed with ${key}, which was replaced more ` +
        "than 30 seconds ago.";
    case "malformed":
      return `Something that ${who} sent to the group cannot be read.`;
    case "other-key-server":
      return "Somebody without the group's pinned key speaks as its key server; nothing of it was " +
        "taken.";
    case "rolled-back":
      return "An older state of the group was shown as the newest one; it was not taken.";
    case "forked":
      return "Two different statements of one epoch came; the second was not taken.";
    case "out-of-order":
      return "A change of the key came without the one before it: it is asked for.";
    case "overflow":
      return `A message of ${who} was dropped: too many wait for their key.`;
  }
}

/** Without what could turn, break or hide the line around it. */
function plain(name: string): string {
  const clean = name.replace(/[\p{C}"]/gu, "?");
  return clean.length > 100 ? `${clean.slice(0, 99)}…` : clean;
}
