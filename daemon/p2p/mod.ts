/**
 * The media path: sealed frames between two daemons as datagrams, and the way they take. What is in
 * a frame is not known here; docs/protocol.md "Media datagrams" has the wire.
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
