/**
 * An XMPP client: an encrypted, authenticated connection that is kept up (RFC 6120), roster and
 * presence (RFC 6121), and extensions that register with its hooks, one file each.
 * @module
 */
export * from "./client.ts";
export type { ComponentSettings } from "./component_connection.ts";
export type { TlsTrust } from "./dial.ts";
export { type Endpoint, readWebSocketUrl } from "./endpoints.ts";
export * from "./hooks.ts";
export type { Downloaded, DownloadOptions, TransferOptions } from "./https_transfer.ts";
export type { IbbStream } from "./ibb_stream.ts";
export type { RoomAdministration } from "./muc/administration.ts";
export { GROUP_OPTIONS, type RoomOptions } from "./muc/config.ts";
export * from "./muc/events.ts";
export type { RoomDecline, RoomInvitation } from "./muc/invitation.ts";
export type { EnterOptions, Room } from "./muc/room.ts";
export * from "./options.ts";
export * from "./presence.ts";
export * from "./roster.ts";
export type { LoginOutcome, LoginSecret } from "./sasl.ts";
export { isPublicAddress, type OwnServer } from "./web_address.ts";
export * from "./xep_0030_disco.ts";
export * from "./xep_0045_muc.ts";
export * from "./xep_0047_ibb.ts";
export * from "./xep_0066_oob.ts";
export * from "./xep_0077_register.ts";
export * from "./xep_0084_avatar.ts";
export * from "./xep_0092_version.ts";
export * from "./xep_0114_component.ts";
export * from "./xep_0115_caps.ts";
export * from "./xep_0163_pep.ts";
export * from "./xep_0191_blocking.ts";
export * from "./xep_0215_external_services.ts";
export * from "./xep_0249_direct_invitations.ts";
export * from "./xep_0280_carbons.ts";
export * from "./xep_0313_archive.ts";
export * from "./xep_0363_upload.ts";
export * from "./xep_0402_bookmarks.ts";
export * from "./xep_0441_archive_preferences.ts";
export * from "./xep_0445_preauth.ts";
export type { FastToken, FastTokens } from "./xep_0484_fast.ts";
