import { logOf } from "../../base/mod.ts";
import { type Element, LIMITS_STORED, parseElement } from "../core/mod.ts";

/**
 * What reading a byte of stored XML costs who caused it, in bytes of its rate: nothing of it came
 * over the network, where it would have been paid for.
 */
export const PARSE_COST = 4;

/**
 * Reads XML that was stored once. What cannot be read, or could not be sent on, as it may stand in a
 * database of an older version, concerns that one row alone: it is passed over, and the log tells.
 */
export function readStored(xml: string): Element | undefined {
  try {
    return parseElement(xml, LIMITS_STORED);
  } catch (error) {
    logOf("xmpp-server").warn("stored XML is passed over: {error}", { error });
    return undefined;
  }
}
