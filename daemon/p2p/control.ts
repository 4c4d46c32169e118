import { type Bytes, WireReader, WireWriter } from "../base/mod.ts";

/** Longest tag (camera name, then 32 random bytes), in bytes. */
export const MAX_TAG = 512;
/** Ping tokens are unguessable: a pong proves that its sender got the ping. */
export const TOKEN_BYTES = 8;

const MAX_ADDRESS_TEXT = 64;
const NO_FIGURE = 0xffff_ffff;

/** A tag's body before sealing: padded to one size, so that its length tells nothing of a name. */
export function encodeTag(tag: Uint8Array): Bytes {
  if (tag.length > MAX_TAG) throw new RangeError(`tag of ${tag.length} bytes, ${MAX_TAG} fit`);
  return new WireWriter().bytes(tag).raw(new Uint8Array(MAX_TAG - tag.length)).finish();
}

/** @throws RangeError when it is no such body */
export function decodeTag(body: Uint8Array): Bytes {
  if (body.length !== MAX_TAG + 2) throw new RangeError(`tag body of ${body.length} bytes`);
  return new WireReader(body).bytes();
}

/** The answer to a ping: NTP's two middle times, and how the pinger looks from here. */
export interface Pong {
  token: Bytes;
  /** The peer's steadyNow() when the ping came, ms. */
  receivedAt: number;
  /** The peer's steadyNow() when this pong left, ms. */
  sentAt: number;
  /** The peer has verified the tag of the one it answers. */
  tagVerified: boolean;
  /** The address the ping came from, `host:port`. */
  observed: string;
}

const micros = (ms: number) => Math.max(0, Math.round(ms * 1_000));

export function encodePong(pong: Pong): Bytes {
  return new WireWriter().raw(pong.token).u64(micros(pong.receivedAt)).u64(micros(pong.sentAt))
    .u8(pong.tagVerified ? 1 : 0).text(pong.observed).finish();
}

/** @throws RangeError when it is no pong */
export function decodePong(body: Uint8Array): Pong {
  const reader = new WireReader(body);
  const pong = {
    token: reader.raw(TOKEN_BYTES),
    receivedAt: reader.u64() / 1_000,
    sentAt: reader.u64() / 1_000,
    tagVerified: reader.u8() === 1,
    observed: reader.text(),
  };
  reader.end();
  // It is shown to people: nothing but an address may stand there.
  if (pong.observed.length > MAX_ADDRESS_TEXT || !/^[0-9a-f.:[\]]+$/.test(pong.observed)) {
    throw new RangeError("a pong names no address");
  }
  return pong;
}

/** What only the caller knows of the frames that came: it opens them and shows them. */
export interface ReportExtra {
  /** Frames that opened. */
  opened: number;
  /** Frames that did not. */
  openFailures: number;
  /** Frames a second ready to view. */
  fps: number;
  /** Capture to ready-to-view. */
  latencyMs: { p50: number; p95: number } | null;
}

/** A receiver's figures, told to the sender once a second. */
export interface Report extends ReportExtra {
  /** Frames put together. */
  received: number;
  /** Frames begun or skipped and never put together. */
  dropped: number;
  /** Bytes of valid datagrams. */
  bytes: number;
}

const count = (value: number) => Math.min(NO_FIGURE - 1, Math.max(0, Math.round(value) || 0));

export function encodeReport(report: Report): Bytes {
  const { latencyMs } = report;
  return new WireWriter().u32(count(report.received)).u32(count(report.dropped))
    .u64(report.bytes).u32(count(report.opened)).u32(count(report.openFailures))
    .u32(count(report.fps * 100))
    .u32(latencyMs === null ? NO_FIGURE : count(latencyMs.p50 * 1_000))
    .u32(latencyMs === null ? NO_FIGURE : count(latencyMs.p95 * 1_000)).finish();
}

/** @throws RangeError when it is no report */
export function decodeReport(body: Uint8Array): Report {
  const reader = new WireReader(body);
  const [received, dropped, bytes] = [reader.u32(), reader.u32(), reader.u64()];
  const [opened, openFailures, fps] = [reader.u32(), reader.u32(), reader.u32() / 100];
  const [p50, p95] = [reader.u32(), reader.u32()];
  reader.end();
  const latencyMs = p50 === NO_FIGURE || p95 === NO_FIGURE
    ? null
    : { p50: p50 / 1_000, p95: p95 / 1_000 };
  return { received, dropped, bytes, opened, openFailures, fps, latencyMs };
}
