import { logOf } from "../../base/mod.ts";
import { type Element, errorReply, StanzaError } from "../core/mod.ts";
import { isDatabaseTrouble } from "./storage/database.ts";

/**
 * The error answer to `stanza` for what went wrong with it: a StanzaError says so itself, anything
 * else goes to the log and leaves as `internal-server-error`. A database that is full or away is
 * `resource-constraint`, worth another try later; the log has one line about it already.
 */
export function refusal(stanza: Element, error: unknown): Element {
  let known = error;
  if (isDatabaseTrouble(error)) {
    const text = "The server cannot store or look up anything just now; try again later.";
    known = new StanzaError("wait", "resource-constraint", text);
  } else if (!(known instanceof StanzaError)) {
    logOf("xmpp-server").error("a stanza could not be handled: {error}", { error });
    known = new StanzaError("wait", "internal-server-error");
  }
  const { type, condition } = known as StanzaError;
  const reply = errorReply(stanza, type, condition as Parameters<typeof errorReply>[2]);
  // The error's own element may hold more than the condition.
  reply.children = [(known as StanzaError).toElement()];
  return reply;
}
