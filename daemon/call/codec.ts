import { type Bytes, fromBase64, SimppdError, toBase64 } from "../base/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import { type AnnouncedCandidate, CALL_NS, type Signal } from "./signal.ts";
import { isTag } from "./tag.ts";

/** Candidates in one message at most. */
export const MOST_CANDIDATES = 16;
/** Suites, and codecs, in one proposal at most. */
const MOST_OFFERED = 8;
/** Longest public key or ciphertext, in bytes; the largest known is 1184. */
const LONGEST_KEY = 2048;

const REJECT = ["declined", "busy", "failed"] as const;
const RETRACT = ["cancelled", "timeout", "declined", "busy", "glare", "failed"] as const;
const FINISH = ["hangup", "no-path", "wrong-tag", "lost", "timeout", "failed"] as const;
const CAMERA = ["live", "off", "no-signal"] as const;

/** Whether an element of the envelope's content belongs to call signalling. */
export function isCallContent(element: Element): boolean {
  return element.getNS() === CALL_NS;
}

/** The element of a signal (docs/protocol.md "Calls"). */
export function encodeSignal(signal: Signal): Element {
  const { kind, id } = signal;
  const make = (attrs: Record<string, string>, ...children: Element[]) =>
    el(kind, { xmlns: CALL_NS, id, ...attrs }, ...children);
  switch (signal.kind) {
    case "propose":
      return make(
        { time: String(signal.time) },
        ...signal.suites.map((code) => el("suite", { code: String(code) })),
        ...signal.codecs.map((code) => el("codec", { code: String(code) })),
      );
    case "accept":
      return make({
        time: String(signal.time),
        suite: String(signal.suite),
        codec: String(signal.codec),
      }, ...sideElements(signal));
    case "reply":
      return make({ time: String(signal.time) }, ...sideElements(signal));
    case "reject":
    case "retract":
    case "finish":
      return make({ reason: signal.reason });
    case "taken":
      return make({ device: signal.device });
    case "missed":
      return make({ time: String(signal.time) });
    case "camera":
      return make({ state: signal.state, number: String(signal.number) });
    case "ringing":
      return make({});
  }
}

interface SideFields {
  dh: Bytes;
  kem: Bytes | null;
  tag: Bytes;
  candidates: AnnouncedCandidate[];
}

function sideElements({ dh, kem, tag, candidates }: SideFields): Element[] {
  return [
    el("key", {}, toBase64(dh)),
    ...(kem === null ? [] : [el("kem", {}, toBase64(kem))]),
    el("tag", {}, toBase64(tag)),
    ...candidates.slice(0, MOST_CANDIDATES).map(({ kind, host, port, priority }) =>
      el("candidate", { kind, host, port: String(port), priority: String(priority) })
    ),
  ];
}

/**
 * Reads a signal; unknown attributes and children are passed over.
 * @throws SimppdError `bad-signal` when it is not one, or a bound is passed
 */
export function decodeSignal(element: Element): Signal {
  if (!isCallContent(element)) throw bad("another namespace");
  const id = attribute(element, "id", /^[0-9a-f]{32}$/);
  const kind = element.getName();
  switch (kind) {
    case "propose":
      return {
        kind,
        id,
        time: time(element),
        suites: codes(element, "suite", 0xffff),
        codecs: codes(element, "codec", 0xff),
      };
    case "ringing":
      return { kind, id };
    case "accept": {
      const suite = number(element, "suite", 0xffff);
      const codec = number(element, "codec", 0xff);
      return { kind, id, time: time(element), suite, codec, ...side(element) };
    }
    case "reply":
      return { kind, id, time: time(element), ...side(element) };
    case "reject":
      return { kind, id, reason: oneOf(element, REJECT) };
    case "retract":
      return { kind, id, reason: oneOf(element, RETRACT) };
    case "finish":
      return { kind, id, reason: oneOf(element, FINISH) };
    case "taken":
      return { kind, id, device: attribute(element, "device", /^[0-9a-f]{1,64}$/) };
    case "missed":
      return { kind, id, time: time(element) };
    case "camera":
      return {
        kind,
        id,
        state: oneOf(element, CAMERA, "state"),
        number: number(element, "number", 0xffff_ffff),
      };
    default:
      throw bad("an unknown name");
  }
}

function bad(why: string): SimppdError {
  return new SimppdError("bad-signal", `A call message could not be read: ${why}.`);
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

function time(element: Element): number {
  return number(element, "time", Number.MAX_SAFE_INTEGER);
}

function oneOf<T extends string>(element: Element, known: readonly T[], name = "reason"): T {
  const found = known.find((one) => one === element.attrs[name]);
  if (found === undefined) throw bad(`${name} is unknown`);
  return found;
}

function codes(element: Element, name: string, most: number): number[] {
  const children = element.getChildren(name, CALL_NS);
  if (children.length === 0 || children.length > MOST_OFFERED) {
    throw bad(`${name} is out of bounds`);
  }
  return children.map((child) => number(child, "code", most));
}

function base64(element: Element, name: string, longest: number): Bytes | null {
  const [child, second] = element.getChildren(name, CALL_NS);
  if (child === undefined) return null;
  const text = child.getText();
  if (second !== undefined || text.length > Math.ceil(longest / 3) * 4) {
    throw bad(`${name} is out of bounds`);
  }
  try {
    return fromBase64(text);
  } catch {
    throw bad(`${name} is not base64`);
  }
}

function side(element: Element): SideFields {
  const dh = base64(element, "key", LONGEST_KEY);
  const kem = base64(element, "kem", LONGEST_KEY);
  const tag = base64(element, "tag", LONGEST_KEY);
  if (dh === null) throw bad("key is missing");
  if (tag === null || !isTag(tag)) throw bad("tag is missing or malformed");
  const candidates = element.getChildren("candidate", CALL_NS);
  if (candidates.length > MOST_CANDIDATES) throw bad("there are too many candidates");
  return {
    dh,
    kem,
    tag,
    candidates: candidates.map((candidate) => ({
      kind: attribute(candidate, "kind", /^[a-z0-9-]{1,16}$/),
      host: attribute(candidate, "host", /^[0-9A-Za-z.:%_-]{1,64}$/),
      port: number(candidate, "port", 0xffff),
      priority: number(candidate, "priority", 0xffff),
    })),
  };
}
