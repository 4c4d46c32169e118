/**
 * Files to one and to many: sealed once under keys of their own, described by who sent them, moved
 * by whichever way there is, taken up again after a crash.
 * @module
 */
export * from "./descriptor.ts";
export { FileFolder } from "./folder.ts";
export * from "./limits.ts";
export { endingOf, freeName, safeName } from "./names.ts";
export { type Opening, SealedSource } from "./sealed_reader.ts";
export { type PlainSource, type SealedFile, sealFile, sealToFolder } from "./sealed_writer.ts";
export {
  CHUNK,
  FILE_KEY_LENGTH,
  FileCipher,
  type FileHeader,
  type FileSuite,
  sealedLength,
} from "./sealing.ts";
export { type PictureSize, pictureSize } from "./dimensions.ts";
export { RETRYING, type Retrying } from "./incoming.ts";
export { pretends, sniff } from "./sniff.ts";
export { type Receiving, type Sending } from "./sending.ts";
export { Transfers, type TransfersOptions } from "./transfers.ts";
export { DIRECT_NS } from "./direct_signal.ts";
export { type DirectPeer, DirectWay, type DirectWayOptions } from "./way_direct.ts";
export { isAtServerOf, type Uploader, UploadWay, type UploadWayOptions } from "./way_upload.ts";
export { inOrder } from "./sources.ts";
export * from "./transfer.ts";
export { TransferStore } from "./transfer_store.ts";
export * from "./room_port.ts";
export type { Patience } from "./group/receiving.ts";
export { GroupWay } from "./way_group.ts";
export { type IbbPorts, IbbWay } from "./way_ibb.ts";
export * from "./ways.ts";
