import { type Broadcast, fromHex, steadyNow } from "../base/mod.ts";
import type { Random, Suite } from "../crypto/mod.ts";
import {
  openUdpPath,
  parseCandidates,
  type Path,
  type PathEnd,
  type UdpEndpoint,
} from "../p2p/mod.ts";
import { suiteById } from "../sframe/mod.ts";
import type { CallInfo } from "../views/mod.ts";
import { FrameOpener } from "./frame_opener.ts";
import { FrameSealer } from "./frame_sealer.ts";
import type { Side } from "./handshake.ts";
import type { CallKeys } from "./keys.ts";
import type { Timeouts } from "./limits.ts";
import { MediaReceiver } from "./media_receiver.ts";
import { MediaSender } from "./media_sender.ts";
import type { Picture } from "./picture.ts";
import { makeTag, showTag } from "./tag.ts";

/** What a call tells and is told while its session lives. */
export interface SessionEvents {
  /** The peer's right tag has come and frames flow. */
  open(): void;
  ended(reason: PathEnd): void;
  /** Sealing or opening broke in a way that is not the peer's doing. */
  failed(error: unknown): void;
  security(code: string, message: string): void;
}

/** The figures of a call that a session knows. */
export type SessionInfo = Pick<
  CallInfo,
  "tags" | "path" | "send" | "receive" | "strays" | "replays" | "sinceLastFrameMs"
>;

const NOTHING = { frames: 0, dropped: 0, fps: 0, kbps: 0, latencyMs: null, openFailures: 0 };

/**
 * What an accepted call holds besides its camera: the socket, our side of the handshake, then the
 * path and the media on it. Closing it ends all of them, at whatever point they are.
 */
export class Session {
  readonly side: Side;
  readonly #id: string;
  readonly #endpoint: UdpEndpoint;
  readonly #timeouts: Timeouts;
  readonly #life = new AbortController();
  #remoteTag: Uint8Array | null = null;
  #remoteHosts: string[] = [];
  #path: Path | undefined;
  #route: { local: string; remote: string; relayed: boolean } | null = null;
  #sender: MediaSender | undefined;
  #receiver: MediaReceiver | undefined;
  #loops: Promise<unknown> = Promise.resolve();

  /** @param cameraName the first part of our device tag */
  constructor(
    id: string,
    endpoint: UdpEndpoint,
    cameraName: string,
    timeouts: Timeouts,
    random: Random,
  ) {
    this.#id = id;
    this.#endpoint = endpoint;
    this.#timeouts = timeouts;
    this.side = {
      tag: makeTag(cameraName, random),
      candidates: endpoint.candidates.map(({ kind, host, port, priority }) => ({
        kind,
        host,
        port,
        priority,
      })),
      time: Math.floor(steadyNow()),
    };
  }

  /**
   * Opens the path and streams as soon as it is open.
   * @param peer the peer's side, as it announced it
   */
  connect(
    keys: CallKeys,
    suite: Suite,
    peer: Side,
    pictures: { local: Broadcast<Picture>; remote: Broadcast<Picture> },
    events: SessionEvents,
  ): void {
    const { signal } = this.#life;
    const sframe = suiteById(suite.sframe);
    if (sframe === undefined) throw new TypeError(`SFrame suite ${suite.sframe} does not exist`);
    const remote = parseCandidates(peer.candidates);
    this.#remoteTag = peer.tag;
    this.#remoteHosts = remote.map(({ host, port }) => `${host} port ${port}`);
    const path = this.#path = openUdpPath({
      endpoint: this.#endpoint,
      callId: fromHex(this.#id.slice(0, 16)),
      keys: keys.path,
      remote,
      localTag: this.side.tag,
      expectedTag: peer.tag,
      tagTimeoutMs: this.#timeouts.path,
      silenceMs: this.#timeouts.silence,
      signal,
    });
    const opener = new FrameOpener(sframe, keys.media.receive, this.#timeouts.overlap);
    const sealer = new FrameSealer(sframe, keys.media.send, this.#timeouts.rotate);
    const receiver = this.#receiver = new MediaReceiver(path, opener, peer.time);
    const sender = this.#sender = new MediaSender(path, sealer, this.side.time);
    const receiving = receiver.run(pictures.remote, signal).catch(events.failed);
    let sending: Promise<void> | undefined;
    path.events.on((event) => {
      if (event.type === "security") events.security(event.code, event.message);
      if (event.type !== "open") return;
      this.#route = { local: event.local, remote: event.remote, relayed: event.relayed };
      sending ??= sender.run(pictures.local, signal).catch(events.failed);
      events.open();
    });
    this.#loops = path.closed.then(async ({ reason }) => {
      this.#life.abort();
      events.ended(reason);
      await Promise.all([receiving, sending]);
    });
  }

  /** Tells the peer our figures; once a second. */
  report(): void {
    const receive = this.#receiver?.info(steadyNow());
    if (receive === undefined) return;
    const { frames, openFailures, fps, latencyMs } = receive;
    this.#path?.report({ opened: frames, openFailures, fps, latencyMs });
  }

  info(): SessionInfo {
    const now = steadyNow();
    const stats = this.#path?.stats();
    const { relayed, ...ends } = this.#route ?? { local: "", remote: "", relayed: false };
    return {
      tags: {
        local: showTag(this.side.tag),
        remote: this.#remoteTag === null ? null : showTag(this.#remoteTag),
        verified: this.#path?.tagVerified ?? false,
      },
      path: this.#path === undefined || this.#route === null
        ? null
        : { kind: relayed ? "relay" : this.#path.kind, ...ends, rttMs: stats?.rttMs ?? null },
      send: this.#sender?.info(now) ?? NOTHING,
      receive: this.#receiver?.info(now) ?? NOTHING,
      strays: stats?.strays ?? 0,
      replays: stats?.replays ?? 0,
      sinceLastFrameMs: this.#receiver?.sinceLast(now) ?? null,
    };
  }

  /** Why no path was found, as far as it shows from here. */
  whyNoPath(name: string): string {
    const seconds = Math.round(this.#timeouts.path / 1000);
    if (this.#remoteHosts.length === 0) {
      return `${name}'s device named no address it can be reached at.`;
    }
    if (this.#path?.tagVerified === true) {
      return `${name}'s device could be heard but did not hear this one within ${seconds} s; ` +
        "a firewall may keep you apart.";
    }
    return `Nothing came from ${name}'s device (${this.#remoteHosts.slice(0, 4).join(", ")}) ` +
      `within ${seconds} s; a firewall or separate networks may keep you apart.`;
  }

  async close(): Promise<void> {
    this.#life.abort();
    this.#path?.close();
    await this.#loops;
    await this.#endpoint.close();
  }
}
