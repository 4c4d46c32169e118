import { logOf, Rate, SimppdError, sleep } from "../base/mod.ts";
import { type Random, systemRandom } from "../crypto/mod.ts";
import {
  openReceivingStream,
  openSendingStream,
  type StreamKind,
  type UdpEndpoint,
} from "../p2p/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import { DirectSession } from "./direct_session.ts";
import {
  decodeDirectSignal,
  type DirectAccept,
  type DirectRequest,
  type DirectSignal,
  encodeDirectSignal,
} from "./direct_signal.ts";
import { type Place, Places } from "./places.ts";
import type { OnProgress, OutgoingFile, Source, WantedFile, Way } from "./ways.ts";
import { Yielding } from "./yielding.ts";

/** Streams served at the same time, and of one contact. */
const SERVED = { most: 8, toOne: 4 };
/** Requests of one contact looked at in a minute. */
const REQUESTS_A_MINUTE = 600;
/** How long the answer to a request is waited for, ms. */
const ANSWER_MS = 15_000;
/** Bytes written at once. */
const PIECE = 64 * 1_024;

/** A device: bare JID and device id. */
export interface DirectPeer {
  readonly jid: string;
  readonly device: string;
}

/** What the direct way stands on. */
export interface DirectWayOptions {
  /** This device's id. */
  readonly device: () => string;
  /**
   * Seals a signal in the end-to-end envelope to one device; not kept for one that is not there.
   * @throws SimppdError when it cannot be sealed or sent
   */
  readonly send: (to: DirectPeer, content: Element) => Promise<void>;
  /** Whether this contact is there and can be sent signals. */
  readonly isThere: (peer: string) => boolean;
  /** A socket for one stream, with the addresses that calls offer; the stream closes it. */
  readonly openEndpoint: () => Promise<UdpEndpoint>;
  /** Whether a call stands: files yield to it. */
  readonly isCalling?: () => boolean;
  readonly random?: Random;
  readonly answerMs?: number;
  /** Ways to try; TCP and UDP when absent. */
  readonly kinds?: readonly StreamKind[];
}

interface Asking {
  readonly device: DirectPeer;
  readonly answered: (answer: DirectAccept | SimppdError) => void;
}

interface Serving {
  readonly to: DirectPeer;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/**
 * From daemon to daemon: over TCP where one can dial the other, else over UDP as calls go. The
 * receiver asks the device that offers a file for its bytes from an offset on; nothing lies anywhere.
 */
export class DirectWay implements Way {
  readonly kind = "direct";
  readonly #options: DirectWayOptions;
  readonly #random: Random;
  readonly #yielding: Yielding;
  readonly #offered = new Map<string, { file: OutgoingFile; onProgress: OnProgress }>();
  readonly #asking = new Map<string, Asking>();
  readonly #serving = new Map<string, Serving>();
  readonly #places = new Places(SERVED);
  readonly #requests = new Rate(REQUESTS_A_MINUTE, 60_000);
  #closed = false;

  constructor(options: DirectWayOptions) {
    this.#options = options;
    this.#random = options.random ?? systemRandom;
    this.#yielding = new Yielding(options.isCalling ?? (() => false));
  }

  usable(peer: string): boolean {
    return !this.#closed && this.#options.isThere(peer);
  }

  offer(file: OutgoingFile, signal: AbortSignal, onProgress: OnProgress): Promise<Source> {
    signal.throwIfAborted();
    this.#offered.set(file.id, { file, onProgress });
    return Promise.resolve({ kind: "direct", params: { device: this.#options.device() } });
  }

  withdraw(id: string): void {
    this.#offered.delete(id);
    for (const [stream, { stop }] of this.#serving) {
      if (stream.startsWith(`${id} `)) stop.abort(cancelled());
    }
  }

  async fetch(
    source: Source,
    file: WantedFile,
    offset: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void> {
    if (source.kind !== "direct") throw new RangeError(`a source of ${source.kind}`);
    signal.throwIfAborted();
    if (!this.#options.isThere(file.from)) throw notThere();
    const to = { jid: file.from, device: source.params.device ?? "" };
    await using session = await DirectSession.open(this.#options.openEndpoint);
    const request: DirectRequest = {
      name: "request",
      id: this.#random(16).toHex(),
      file: file.id,
      offset,
      key: this.#random(32),
      addresses: session.addresses,
    };
    try {
      const accept = await this.#ask(to, request, signal);
      const { kinds } = this.#options;
      const stream = await openReceivingStream(
        session.options(request, accept, accept.addresses, kinds, signal),
      );
      try {
        let at = offset;
        for (let bytes; (bytes = await stream.read()) !== null;) {
          signal.throwIfAborted();
          at += bytes.length;
          if (at > file.sealedSize) throw tooMuch(file.sealedSize);
          await sink(bytes);
          onProgress(at);
          await this.#yielding.passed(bytes.length, signal);
        }
      } finally {
        stream.close();
      }
    } catch (error) {
      const reason = signal.aborted ? "cancelled" : "failed";
      this.#say(to, { name: "cancel", id: request.id, reason });
      signal.throwIfAborted();
      throw error;
    }
  }

  /**
   * Takes what a device of a contact said in an envelope's content; one of another namespace or one
   * that cannot be read is passed over.
   */
  receive(from: DirectPeer, content: Element): void {
    let signal: DirectSignal;
    try {
      signal = decodeDirectSignal(content);
    } catch {
      return;
    }
    switch (signal.name) {
      case "request":
        return this.#onRequest(from, signal);
      case "accept":
      case "reject":
        return this.#onAnswer(from, signal);
      case "cancel":
        return this.#onCancel(from, signal.id);
    }
  }

  /** Ends every stream that is served. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#offered.clear();
    for (const { stop } of this.#serving.values()) stop.abort(cancelled());
    await Promise.all([...this.#serving.values()].map(({ done }) => done));
  }

  async #ask(to: DirectPeer, request: DirectRequest, signal: AbortSignal): Promise<DirectAccept> {
    const { promise, resolve } = Promise.withResolvers<DirectAccept | SimppdError>();
    const over = new AbortController();
    const aborted = () => resolve(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    this.#asking.set(request.id, { device: to, answered: resolve });
    sleep(this.#options.answerMs ?? ANSWER_MS, over.signal).then(() => resolve(noAnswer()));
    try {
      this.#options.send(to, encodeDirectSignal(request)).catch(resolve);
      const answer = await promise;
      if (answer instanceof Error) throw answer;
      return answer;
    } finally {
      over.abort();
      signal.removeEventListener("abort", aborted);
      this.#asking.delete(request.id);
    }
  }

  #onAnswer(
    from: DirectPeer,
    answer: DirectAccept | Extract<DirectSignal, { name: "reject" }>,
  ): void {
    const asking = this.#asking.get(answer.id);
    if (asking === undefined || !same(asking.device, from)) return;
    asking.answered(answer.name === "accept" ? answer : refused(answer.reason));
  }

  #onCancel(from: DirectPeer, id: string): void {
    for (const [stream, { to, stop }] of this.#serving) {
      if (stream.endsWith(` ${id}`) && same(to, from)) stop.abort(cancelled());
    }
    const asking = this.#asking.get(id);
    if (asking !== undefined && same(asking.device, from)) asking.answered(cancelled());
  }

  #onRequest(from: DirectPeer, request: DirectRequest): void {
    if (this.#closed || !this.#requests.allows(from.jid, performance.now())) return;
    const { id, file, offset } = request;
    const key = `${file} ${id}`;
    if (this.#serving.has(key)) return;
    const offered = this.#offered.get(file);
    // One answer to whoever may not have it and to what is not there: nobody learns which it was.
    if (offered?.file.peer !== from.jid || offset > offered.file.sealedSize) {
      return this.#say(from, { name: "reject", id, reason: "unknown" });
    }
    const place = this.#places.take(from.jid, `${from.device} ${file}`, performance.now());
    if (place === undefined) return this.#say(from, { name: "reject", id, reason: "busy" });
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, place.signal]);
    const done = this.#serve(from, request, offered, place, signal)
      .catch((error) => {
        // What was stopped on either side was not cut.
        if (!stop.signal.aborted) logOf("files").info("a file was not sent: {error}", { error });
      })
      .finally(() => {
        place.end();
        this.#serving.delete(key);
      });
    this.#serving.set(key, { to: from, stop, done });
  }

  async #serve(
    to: DirectPeer,
    request: DirectRequest,
    { file, onProgress }: { file: OutgoingFile; onProgress: OnProgress },
    place: Place,
    signal: AbortSignal,
  ): Promise<void> {
    const { id, offset } = request;
    let session: DirectSession;
    try {
      session = await DirectSession.open(this.#options.openEndpoint);
    } catch (error) {
      this.#say(to, { name: "reject", id, reason: "failed" });
      throw error;
    }
    await using _closed = session;
    signal.throwIfAborted();
    const accept: DirectAccept = {
      name: "accept",
      id,
      key: this.#random(32),
      addresses: session.addresses,
    };
    await this.#options.send(to, encodeDirectSignal(accept));
    const { kinds } = this.#options;
    const stream = await openSendingStream(
      session.options(request, accept, request.addresses, kinds, signal),
    );
    let at = offset;
    try {
      for await (const bytes of file.read(offset)) {
        for (let from = 0; from < bytes.length; from += PIECE) {
          const piece = bytes.subarray(from, from + PIECE);
          await stream.write(piece);
          at += piece.length;
          place.moved(piece.length, performance.now());
          onProgress(at);
          await this.#yielding.passed(piece.length, signal);
          signal.throwIfAborted();
        }
      }
      await stream.finish();
    } finally {
      // Who paused it takes nothing at the moment.
      if (at < file.sealedSize) onProgress(0);
      stream.close();
    }
  }

  #say(to: DirectPeer, signal: DirectSignal): void {
    this.#options.send(to, encodeDirectSignal(signal)).catch((error) =>
      logOf("files").debug("a signal was not sent: {error}", { error })
    );
  }
}

function same(a: DirectPeer, b: DirectPeer): boolean {
  return a.jid === b.jid && a.device === b.device;
}

function cancelled(): SimppdError {
  return new SimppdError("cancelled", "The transfer was cancelled.");
}

function notThere(): SimppdError {
  return new SimppdError("offline", "Whoever sent the file is not online at the moment.");
}

function noAnswer(): SimppdError {
  return new SimppdError("timeout", "The device that has the file did not answer.");
}

function refused(reason: "unknown" | "busy" | "failed"): SimppdError {
  switch (reason) {
    case "unknown":
      return new SimppdError(
        "not-offered",
        "The other device does not offer this file now: it was paused there, or taken back.",
      );
    case "busy":
      return new SimppdError("peer-busy", "The other device is sending too many files already.");
    case "failed":
      return new SimppdError("transfer-failed", "The other device could not send the file.");
  }
}

function tooMuch(declared: number): SimppdError {
  return new SimppdError("too-much", `More came than the ${declared} bytes declared.`);
}
