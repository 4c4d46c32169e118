import { logOf } from "../../base/mod.ts";
import { type Element, errorReply, StanzaError } from "../core/mod.ts";

/**
 * The error answer to `stanza` for what went wrong with it: a StanzaError says so itself, anything
 * else goes to the log and leaves as `internal-server-error`.
 */
export function refusal(stanza: Element, error: unknown): Element {
  let known = error;
  if (!(known instanceof StanzaError)) {
    logOf("xmpp-server").error("a stanza could not be handled: {error}", { error });
    known = new StanzaError("wait", "internal-server-error");
  }
  const { type, condition } = known as StanzaError;
  const reply = errorReply(stanza, type, condition as Parameters<typeof errorReply>[2]);
  // The error's own element may hold more than the condition.
  reply.children = [(known as StanzaError).toElement()];
  return reply;
}
