/**
 * The media path: sealed frames between two daemons as datagrams, and the way they take. What is in
 * a frame is not known here; docs/protocol.md "Media datagrams" has the wire. And, over the same
 * paths or over TCP, reliable streams of bytes: "Direct streams" there.
 * @module
 */
export { type Candidate, MAX_CANDIDATES, parseCandidates } from "./candidates.ts";
export type { Report, ReportExtra } from "./control.ts";
export { UdpEndpoint } from "./endpoint.ts";
export { MAX_FRAME } from "./fragments.ts";
export { gather, type GatheringOptions, type IceServer } from "./gathering.ts";
export type { PathKeys } from "./keys.ts";
export type { Path, PathEnd, PathEvent, PathFrame, PathStats } from "./path.ts";
export { openUdpPath, type UdpPathOptions } from "./udp_path.ts";
export {
  type DirectStreamOptions,
  openReceivingStream,
  openSendingStream,
} from "./stream/open_stream.ts";
export type { ReceivingStream, SendingStream, StreamKind } from "./stream/stream.ts";
export { StreamListener } from "./stream/tcp_listener.ts";
