import { createHash } from "node:crypto";
import { logOf } from "../../base/mod.ts";
import { type Element, LIMITS_STORED, parseElement, WrittenElement } from "../core/mod.ts";
import { Recent } from "./storage/recent.ts";

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

/** Texts whose readability is remembered, by their digests. */
const MOST_REMEMBERED = 10_000;
const readable = new Recent<string, boolean>(MOST_REMEMBERED);

/**
 * XML that was stored once, to be sent on as it stands: read as by {@link readStored} the first time
 * alone. @param payer pays for that, before it is done
 */
export function passOn(xml: string, payer: Payer): Element | undefined {
  const digest = createHash("sha256").update(xml).digest("base64");
  const good = readable.get(digest, () => {
    payer.charge(PARSE_COST * xml.length);
    return readStored(xml) !== undefined;
  });
  return good ? new WrittenElement(xml) : undefined;
}

/** Who pays for what it causes with its rate. */
export interface Payer {
  charge(bytes: number): void;
}
