import { SimppdError } from "../base/mod.ts";
import type { OpenGroup } from "./group_here.ts";

/** How long a key server is waited for by who wants to leave, in ms. */
const PATIENCE = 10_000;

/**
 * Tells the key server that this device leaves.
 * @param patience in ms
 * @throws SimppdError `key-server-silent`, naming who keeps the keys, when it does not answer in time;
 *   or the code of a refusal
 */
export async function leaveKeys(
  keys: Pick<OpenGroup, "leave" | "specification">,
  patience = PATIENCE,
): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), patience);
  try {
    await keys.leave(late.signal);
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new SimppdError(
      "key-server-silent",
      `${keys.specification.keyServer.jid}, who keeps the keys of this group, does not answer: you ` +
        "are still a member. Try again once they are there, or leave without them (--force).",
      error,
    );
  } finally {
    clearTimeout(timer);
  }
}
