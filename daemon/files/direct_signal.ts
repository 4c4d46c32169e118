import { type Bytes, fromBase64, fromHex, SimppdError, toBase64, WireWriter } from "../base/mod.ts";
import { framed, hkdf, sha256 } from "../crypto/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";

/** Namespace of the signalling of direct streams; it travels only inside the envelope. */
export const DIRECT_NS = "urn:simpp:direct:1";
/** Addresses of one transport in one message at most. */
export const MOST_ADDRESSES = 16;

const KEY = 32;
const TRANSPORTS = ["udp", "tcp"] as const;
const REJECT = ["unknown", "busy", "failed"] as const;
const CANCEL = ["cancelled", "no-path", "failed"] as const;

/** An address as its sender wrote it; what the path does not understand is left out later. */
export interface AnnouncedAddress {
  transport: typeof TRANSPORTS[number];
  host: string;
  port: number;
  kind: string;
  priority: number;
}

/** The receiver of a file asks the device that offers it for its bytes. */
export interface DirectRequest {
  name: "request";
  /** Of the stream: 16 random bytes in hex. */
  id: string;
  /** The descriptor's id: 16 bytes in hex. */
  file: string;
  /** The first byte wanted of the sealed file. */
  offset: number;
  /** The receiver's 32 random bytes for the stream's secret. */
  key: Bytes;
  addresses: AnnouncedAddress[];
}

/** The device that offers it will send. */
export interface DirectAccept {
  name: "accept";
  id: string;
  /** The sender's 32 random bytes for the stream's secret. */
  key: Bytes;
  addresses: AnnouncedAddress[];
}

/** Everything that is said about a direct stream. */
export type DirectSignal =
  | DirectRequest
  | DirectAccept
  | { name: "reject"; id: string; reason: typeof REJECT[number] }
  | { name: "cancel"; id: string; reason: typeof CANCEL[number] };

/** The element of a signal (docs/protocol.md "Direct streams"). */
export function encodeDirectSignal(signal: DirectSignal): Element {
  const { name, id } = signal;
  switch (name) {
    case "request": {
      const { file, offset } = signal;
      return el(name, { xmlns: DIRECT_NS, id, file, offset: String(offset) }, ...parts(signal));
    }
    case "accept":
      return el(name, { xmlns: DIRECT_NS, id }, ...parts(signal));
    case "reject":
    case "cancel":
      return el(name, { xmlns: DIRECT_NS, id, reason: signal.reason });
  }
}

function parts({ key, addresses }: { key: Bytes; addresses: AnnouncedAddress[] }): Element[] {
  return [
    el("key", {}, toBase64(key)),
    ...addresses.map(({ transport, kind, host, port, priority }) =>
      el("candidate", { transport, kind, host, port: String(port), priority: String(priority) })
    ),
  ];
}

/**
 * Reads a signal; unknown attributes, children and transports are passed over.
 * @throws SimppdError `bad-signal` when it is not one, or a bound is passed
 */
export function decodeDirectSignal(element: Element): DirectSignal {
  if (element.getNS() !== DIRECT_NS) throw bad("another namespace");
  const id = attribute(element, "id", /^[0-9a-f]{32}$/);
  const name = element.getName();
  switch (name) {
    case "request": {
      const file = attribute(element, "file", /^[0-9a-f]{32}$/);
      const offset = number(element, "offset", Number.MAX_SAFE_INTEGER);
      return { name, id, file, offset, key: key(element), addresses: addresses(element) };
    }
    case "accept":
      return { name, id, key: key(element), addresses: addresses(element) };
    case "reject":
      return { name, id, reason: reason(element, REJECT) };
    case "cancel":
      return { name, id, reason: reason(element, CANCEL) };
    default:
      throw bad("an unknown name");
  }
}

/**
 * The secret of a stream, 32 bytes: from what both contributed, salted with the hash of what was
 * said. Whoever saw another request or acceptance gets another secret.
 */
export function directSecret(request: DirectRequest, accept: DirectAccept): Bytes {
  const asked = new WireWriter().text("request").raw(fromHex(request.id))
    .raw(fromHex(request.file)).u64(request.offset);
  const answered = new WireWriter().text("accept").raw(fromHex(accept.id));
  const ikm = framed(request.key, accept.key);
  const salt = sha256(framed(
    writeAddresses(asked, request.addresses).finish(),
    writeAddresses(answered, accept.addresses).finish(),
  ));
  const info = new WireWriter().text("simpp direct 1 secret").finish();
  return hkdf(ikm, salt, info, KEY);
}

function writeAddresses(out: WireWriter, all: readonly AnnouncedAddress[]): WireWriter {
  out.u8(all.length);
  for (const { transport, kind, host, port, priority } of all) {
    out.text(transport).text(kind).text(host).u16(port).u16(priority);
  }
  return out;
}

function bad(why: string): SimppdError {
  return new SimppdError("bad-signal", `A message about a file could not be read: ${why}.`);
}

function attribute(element: Element, name: string, pattern: RegExp): string {
  const value = element.attrs[name];
  if (value === undefined || !pattern.test(value)) throw bad(`${name} is missing or malformed`);
  return value;
}

function number(element: Element, name: string, most: number): number {
  const value = Number(attribute(element, name, /^(0|[1-9][0-9]{0,15})$/));
  if (value > most) throw bad(`${name} is out of range`);
  return value;
}

function reason<T extends string>(element: Element, known: readonly T[]): T {
  const found = known.find((one) => one === element.attrs.reason);
  if (found === undefined) throw bad("reason is unknown");
  return found;
}

function key(element: Element): Bytes {
  const [child, second] = element.getChildren("key", DIRECT_NS);
  const text = child?.getText() ?? "";
  if (second !== undefined || text.length > 64) throw bad("key is out of bounds");
  let bytes: Bytes;
  try {
    bytes = fromBase64(text);
  } catch {
    throw bad("key is not base64");
  }
  if (bytes.length !== KEY) throw bad("key has another length");
  return bytes;
}

function addresses(element: Element): AnnouncedAddress[] {
  const all = element.getChildren("candidate", DIRECT_NS);
  if (all.length > TRANSPORTS.length * MOST_ADDRESSES) throw bad("there are too many candidates");
  return all.flatMap((candidate) => {
    const transport = TRANSPORTS.find((one) => one === candidate.attrs.transport);
    if (transport === undefined) return [];
    return [{
      transport,
      kind: attribute(candidate, "kind", /^[a-z0-9-]{1,16}$/),
      host: attribute(candidate, "host", /^[0-9A-Za-z.:%_-]{1,64}$/),
      port: number(candidate, "port", 0xffff),
      priority: number(candidate, "priority", 0xffff),
    }];
  });
}
