/**
 * Byte streams between two daemons, one direction each: over TCP where one of them can dial the
 * other, else over the paths of calls. docs/protocol.md "Direct streams" has the wire.
 * @module
 */
export { streamKeys, type StreamRole } from "./keys.ts";
export { type DirectStreamOptions, openReceivingStream, openSendingStream } from "./open_stream.ts";
export type { ReceivingStream, SendingStream, StreamKind } from "./stream.ts";
export { StreamListener } from "./tcp_listener.ts";
