import { type Bytes, fromUtf8, toBase64Url, utf8 } from "../base/mod.ts";
import type { Random } from "../crypto/mod.ts";
import { el, type Element, Jid, parseElement, serialise } from "../xmpp/core/mod.ts";
import { SimppError } from "./errors.ts";

const SCE = "urn:xmpp:sce:1";
/** Sizes of sealed content are rounded up to this, so that they tell less. */
const BUCKET = 256;
/** The largest content that is sealed or opened. */
export const MAX_CONTENT = 128 * 1024;

/** What lies inside the seal (XEP-0420). */
export interface Envelope {
  readonly from: string;
  readonly to: string;
  /** Milliseconds since 1970, by the sender's clock. */
  readonly time: number;
  readonly content: readonly Element[];
}

/** @throws SimppError `too-large` */
export function writeEnvelope(envelope: Envelope, random: Random): Bytes {
  const build = (padding: string) =>
    utf8(serialise(el(
      "envelope",
      { xmlns: SCE },
      el("content", {}, ...envelope.content),
      el("time", { stamp: new Date(envelope.time).toISOString() }),
      el("to", { jid: envelope.to }),
      el("from", { jid: envelope.from }),
      el("rpad", {}, padding),
    )));
  const bare = build("x").length - 1;
  if (bare > MAX_CONTENT) {
    throw new SimppError(
      "too-large",
      `This message takes ${bare} bytes and ${MAX_CONTENT} are allowed; send it as a file.`,
    );
  }
  const missing = BUCKET - bare % BUCKET;
  return build(toBase64Url(random(missing)).slice(0, missing));
}

/**
 * @param expected.to null for a copy of what another device of ours sent to anybody
 * @throws SimppError `bad-envelope` when malformed, or not from and to whom it should be
 */
export function readEnvelope(
  bytes: Bytes,
  expected: { from: string; to: string | null },
): Envelope {
  const refuse = (cause?: unknown) =>
    new SimppError("bad-envelope", "A sealed message could not be read: it is malformed.", cause);
  try {
    const limits = { bytes: MAX_CONTENT + 2 * BUCKET, depth: 40, attributes: 32, children: 1024 };
    const root = parseElement(fromUtf8(bytes), limits);
    if (!root.is("envelope", SCE)) throw refuse();
    const to = Jid.parse(root.getChild("to")?.attrs.jid ?? "").bare().toString();
    const from = Jid.parse(root.getChild("from")?.attrs.jid ?? "").bare().toString();
    const time = Date.parse(root.getChild("time")?.attrs.stamp ?? "");
    const content = root.getChild("content");
    if (content === undefined || !Number.isFinite(time)) throw refuse();
    if (from !== expected.from || (expected.to ?? to) !== to) throw refuse();
    const elements = content.children.filter((child): child is Element =>
      typeof child !== "string"
    );
    return { from, to, time, content: elements };
  } catch (error) {
    throw error instanceof SimppError ? error : refuse(error);
  }
}
