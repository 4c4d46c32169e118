import { createSocket, type Socket } from "node:dgram";
import { randomBytes } from "node:crypto";
import { type Bytes, concat, utf8 } from "../base/mod.ts";
import type { Candidate } from "./candidates.ts";
import { UdpEndpoint } from "./endpoint.ts";
import type { PathKeys } from "./keys.ts";
import type { Path, PathEnd, PathFrame } from "./path.ts";
import { openUdpPath, type UdpPathOptions } from "./udp_path.ts";

/** Random bytes as the rooms want them. */
export function random(length: number): Bytes {
  return new Uint8Array(randomBytes(length));
}

/** The candidate of a loopback port. */
export function at(port: number): Candidate {
  return { host: "127.0.0.1", port, kind: "loopback", priority: 0 };
}

/** A bare loopback socket: a stranger, or a peer that breaks the rules. */
export async function bareSocket(): Promise<Socket & AsyncDisposable> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  return Object.assign(socket, { [Symbol.asyncDispose]: close });
}

/** Waits until `true`, at most `ms`. @throws Error when it never was */
export async function until(what: string, test: () => boolean, ms = 8_000): Promise<void> {
  for (let waited = 0; !test(); waited += 5) {
    if (waited > ms) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

type Datagram = Uint8Array;

/**
 * A link between two endpoints that passes on what `treat` answers for each datagram, and keeps
 * copies of all that went through.
 */
export class Link implements AsyncDisposable {
  readonly seen: { toB: boolean; datagram: Datagram }[] = [];
  treat: (datagram: Datagram, toB: boolean) => Datagram[] = (datagram) => [datagram];
  #timers = new Set<ReturnType<typeof setTimeout>>();

  private constructor(
    readonly a: UdpEndpoint,
    readonly b: UdpEndpoint,
    readonly faceA: Socket & AsyncDisposable,
    public faceB: Socket & AsyncDisposable,
  ) {
    faceA.on("message", (datagram) => this.#pass(datagram, true));
    faceB.on("message", (datagram) => this.#pass(datagram, false));
  }

  /** Goes on at another port towards B, as a NAT does that forgot its binding. */
  async rebind(): Promise<void> {
    const old = this.faceB;
    this.faceB = await bareSocket();
    this.faceB.on("message", (datagram) => this.#pass(datagram, false));
    await old[Symbol.asyncDispose]();
  }

  static async open(): Promise<Link> {
    const hosts = ["127.0.0.1"];
    return new Link(
      await UdpEndpoint.open({ hosts }),
      await UdpEndpoint.open({ hosts }),
      await bareSocket(),
      await bareSocket(),
    );
  }

  /** Sends a datagram as if the other side had. */
  inject(datagram: Datagram, toB: boolean): void {
    const [face, to] = toB ? [this.faceB, this.b] : [this.faceA, this.a];
    face.send(datagram, to.candidates[0]!.port, "127.0.0.1");
  }

  /** Passes a datagram on after `ms`. */
  later(datagram: Datagram, toB: boolean, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.inject(datagram, toB);
    }, ms);
    this.#timers.add(timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.a.close();
    await this.b.close();
    await this.faceA[Symbol.asyncDispose]();
    await this.faceB[Symbol.asyncDispose]();
  }

  #pass(datagram: Datagram, toB: boolean): void {
    this.seen.push({ toB, datagram: datagram.slice() });
    for (const out of this.treat(datagram, toB)) this.inject(out, toB);
  }
}

/** Two paths of one call over a link, with the keys to play either side by hand. */
export interface Pair {
  link: Link;
  a: Path;
  b: Path;
  callId: Bytes;
  /** As A sees them. */
  keys: PathKeys;
  tags: { a: Bytes; b: Bytes };
}

/** Both paths, not open yet. */
export function openPair(
  link: Link,
  change: { a?: Partial<UdpPathOptions>; b?: Partial<UdpPathOptions> } = {},
): Pair {
  const keys = { send: random(32), receive: random(32) };
  const callId = random(8);
  const tags = {
    a: concat(utf8("camera of A"), random(32)),
    b: concat(utf8("camera of B"), random(32)),
  };
  const a = openUdpPath({
    endpoint: link.a,
    callId,
    keys,
    remote: [at(link.faceA.address().port)],
    localTag: tags.a,
    expectedTag: tags.b,
    ...change.a,
  });
  const b = openUdpPath({
    endpoint: link.b,
    callId,
    keys: { send: keys.receive, receive: keys.send },
    remote: [at(link.faceB.address().port)],
    localTag: tags.b,
    expectedTag: tags.a,
    ...change.b,
  });
  return { link, a, b, callId, keys, tags };
}

/** Resolves at a path's first `open` event. */
export function opened(path: Path): Promise<{ local: string; remote: string }> {
  return new Promise((resolve, reject) => {
    path.events.on((event) => {
      if (event.type === "open") resolve(event);
    });
    path.closed.then(({ reason }) => reject(new Error(`closed before it opened: ${reason}`)));
  });
}

/** How a path ended. @throws Error when it does not end */
export async function ended(path: Path): Promise<{ reason: PathEnd }> {
  let end: { reason: PathEnd } | undefined;
  path.closed.then((it) => end = it);
  await until("the end of a path", () => end !== undefined);
  return end!;
}

/** Frames whose every byte follows from their first four, so that a wrong one shows. */
export function pattern(seed: number, length: number): Bytes {
  const bytes = new Uint8Array(Math.max(4, length));
  for (let i = 0, x = seed >>> 0; i < bytes.length; i++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = x >>> 24;
  }
  new DataView(bytes.buffer).setUint32(0, seed);
  return bytes;
}

/** Whether `bytes` are a whole {@link pattern}. */
export function isPattern(bytes: Bytes, length: number): boolean {
  const seed = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return pattern(seed, length).every((byte, i) => byte === bytes[i]) && bytes.length === length;
}

/** A list that grows with the frames of a path until it ends. */
export function framesOf(path: Path): PathFrame[] {
  const frames: PathFrame[] = [];
  (async () => {
    for await (const frame of path.frames()) frames.push(frame);
  })();
  return frames;
}
