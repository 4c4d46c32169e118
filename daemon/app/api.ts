import type { Emitter } from "../base/mod.ts";
import type {
  AppEvent,
  ArchiveView,
  CallRoute,
  CallView,
  CameraOptions,
  CameraView,
  ContactView,
  DisplayItemView,
  DisplayPolicyView,
  DisplaysView,
  FileLimitsView,
  FileView,
  FileWay,
  FileWayView,
  GroupRole,
  GroupSuite,
  GroupView,
  InvitationView,
  MessageView,
  OpenInvitationView,
  PictureView,
  RoomAffiliation,
  RoomMemberView,
  RoomMessageView,
  RoomRole,
  RoomView,
  SafetyView,
  StatusView,
  SuiteName,
} from "../views/mod.ts";
import type { DisplaySource } from "./display/source.ts";

/** A JPEG picture ready to be shown. */
export interface Picture {
  data: Uint8Array;
  /** steadyNow() at which the camera took it, on this machine's clock. */
  capturedAt: number;
  sequence: number;
}

/** What a person says to a file. */
export type FileCommand = "accept" | "decline" | "pause" | "resume" | "cancel";

/** A file to be sent. */
export interface SendFileInput {
  /** Contact or group. */
  readonly to: string;
  readonly name: string;
  /** How many bytes `bytes` gives; other than that, and nothing is sent. */
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Where they lie on this machine: read again when simppd ended before it had read them all. */
  readonly path?: string;
  /** It shall open by itself where its receivers let it. */
  readonly display?: boolean;
  /** The only ways it may go; what is there decides when absent. */
  readonly ways?: readonly FileWay[];
  /** Of a group: who may open it; everybody in it when absent. */
  readonly allowed?: { readonly people?: readonly string[]; readonly roles?: readonly GroupRole[] };
  /** Of a group: its key goes to those who ask while they are in the group. */
  readonly keyOnRequest?: boolean;
}

/**
 * What a running daemon can be asked; the local API is this, over HTTP. Every method rejects with a
 * SimppdError whose code is stable: `no-account`, `not-online`, `unknown-contact`, `unknown-call`,
 * `bad-jid`, `bad-input`, `account-exists`, and each area's own.
 */
export interface AppApi {
  readonly events: Emitter<AppEvent>;
  status(): StatusView;
  /** Somebody looks, as at the dashboard, until `signal` aborts. */
  watch(signal: AbortSignal): void;

  /** @throws SimppdError `wrong-passphrase`, `too-many-attempts`, `not-locked` */
  unlock(input: { passphrase: string }): Promise<StatusView>;
  /** Ends calls and connection and forgets the key. @throws SimppdError `no-passphrase` */
  lock(): Promise<StatusView>;
  /** Sets or changes the passphrase; `current` is the one in use. */
  setPassphrase(input: { passphrase: string; current?: string }): Promise<StatusView>;
  /** Puts the key into a plain file again. */
  removePassphrase(input: { current: string }): Promise<StatusView>;
  /** Gives the key to the system's keyring; `current` is the passphrase in use. */
  useKeyring(input: { current?: string }): Promise<StatusView>;
  leaveKeyring(): Promise<StatusView>;

  /** A backup under a passphrase of its own; `server`: with the carried server, when there is one. */
  backup(input: { passphrase: string; server: boolean }): Promise<ReadableStream<Uint8Array>>;
  /** First run, way 4. `lost`: take the other devices off the list. */
  restore(
    input: { file: ReadableStream<Uint8Array>; passphrase: string; lost: boolean },
  ): Promise<StatusView>;

  /**
   * First run, way 1: carry a server here and make its first account. `username`: the name in its
   * address, out of the nick when absent. @throws SimppdError `bad-username`
   */
  carry(
    input: { nick: string; reach: "this-machine" | "network"; username?: string },
  ): Promise<StatusView>;
  /** First run, way 2: join by an invitation link. @throws SimppdError `bad-username` */
  join(input: { link: string; nick: string; username?: string }): Promise<StatusView>;
  /** First run, way 3: sign in to an XMPP account one has. `server` is `host[:port]`. */
  signIn(
    input: { jid: string; password: string; nick: string; server?: string; pin?: string },
  ): Promise<StatusView>;
  /**
   * Change whether the carried server can be reached by others.
   * @param address where, `HOST` or `HOST:PORT`, named first in invitations; empty: nowhere in
   * particular; undefined: as it was
   */
  setReach(reach: "this-machine" | "network", address?: string): Promise<StatusView>;

  /** Gives an account that logs in by keys a password too, for other programs. */
  setPassword(password: string): Promise<StatusView>;

  /**
   * What the account's server keeps of its messages (XEP-0441).
   * @throws SimppdError `no-archive-preferences`
   */
  archive(): Promise<ArchiveView>;
  /** @throws SimppdError as {@link archive}, and `archive-refused` */
  setArchive(wanted: ArchiveView): Promise<ArchiveView>;

  invite(note?: string): Promise<InvitationView>;
  /** Invitations to the carried server that can be used, the soonest to run out first. */
  invitations(): Promise<OpenInvitationView[]>;
  /** Takes an invitation back. @throws SimppdError `unknown-invitation`, `no-server` */
  revokeInvitation(id: string): Promise<void>;

  /** A contact's picture, or one's own. @throws SimppdError `no-picture` */
  picture(jid: string): PictureView;
  /**
   * Shows everybody who sees one's presence this picture (base64), or none; it is not encrypted.
   * @throws SimppdError `bad-picture`, `picture-refused`
   */
  setPicture(data: string | null): Promise<StatusView>;

  contacts(): ContactView[];
  addContact(input: { jid: string; name?: string }): Promise<ContactView>;
  /**
   * accept: answer a subscription request; blocked: XEP-0191 or local; plain: chat without
   * encryption, with somebody who has no simppd.
   * @throws SimppdError `has-keys`
   */
  changeContact(
    jid: string,
    change: { name?: string; accept?: boolean; blocked?: boolean; plain?: boolean },
  ): Promise<ContactView>;
  removeContact(jid: string): Promise<void>;
  /** Removes a contact and everything known of them, keys too, from the files. */
  forgetContact(jid: string): Promise<void>;
  /** Deletes all messages of a chat from the files. */
  forgetChat(jid: string): Promise<void>;

  safety(jid: string): Promise<SafetyView>;
  /** Marks the account key as verified, by the current safety number or the code on their screen. */
  verify(jid: string, by: { number: string } | { qr: string }): Promise<ContactView>;
  /** After a key change: trust the new account key (unverified), or keep refusing. */
  decideChange(jid: string, accept: boolean): Promise<ContactView>;

  /** Newest last; at most `limit` (default 100, at most 500) older than `before`. */
  messages(jid: string, page?: { before?: number; limit?: number }): MessageView[];
  sendMessage(jid: string, body: string): Promise<MessageView>;
  /** Replaces the text of a message of ours (XEP-0308). */
  correctMessage(jid: string, id: string, body: string): Promise<MessageView>;
  /** Tells a contact that we are writing, or stopped (XEP-0085). */
  setTyping(jid: string, typing: boolean): Promise<void>;
  markRead(jid: string): Promise<void>;

  rooms(): RoomView[];
  /**
   * Makes a room for members who see each other's addresses, and enters it. `server`: domain of
   * rooms, that of the account's own server when absent. Rooms are not encrypted: `plain` says that
   * the person knows. `open`: for all who know its address, not for members alone; `moderated`: who
   * is no member reads until a moderator gives them voice; `password`: asked of all who enter.
   * @throws SimppdError `room-not-encrypted`, `no-room-service`, `room-option-missing`, `room-…`
   */
  createRoom(
    input: {
      name: string;
      server?: string;
      plain?: boolean;
      open?: boolean;
      moderated?: boolean;
      password?: string;
    },
  ): Promise<RoomView>;
  /** Enters a room, now and at every login. @throws SimppdError `room-not-encrypted`, `room-…` */
  joinRoom(
    input: { jid: string; nick?: string; password?: string; plain?: boolean },
  ): Promise<RoomView>;
  /** Accepts an invitation (as {@link joinRoom}), puts it aside, or declines it. */
  answerRoom(
    jid: string,
    input: { answer: "accept" | "later" | "decline"; plain?: boolean },
  ): Promise<RoomView>;
  /** Leaves a room for good and deletes what was said there from the files. */
  leaveRoom(jid: string): Promise<void>;
  roomMembers(jid: string): RoomMemberView[];
  /** Newest last; at most `limit` (default 100, at most 500) before the one of id `before`. */
  roomMessages(jid: string, page?: { before?: number; limit?: number }): RoomMessageView[];
  /** @throws SimppdError `not-in-room`, `no-voice`, `bad-input` */
  sendToRoom(jid: string, body: string): Promise<RoomMessageView>;
  /**
   * Replaces the text of a message of ours that the room has (XEP-0308), once the room repeated that.
   * @throws SimppdError `unknown-message`, `not-in-room`, `no-voice`, `bad-input`, `room-refused`,
   * `timeout`
   */
  correctInRoom(jid: string, id: string, body: string): Promise<RoomMessageView>;
  /** Tells a small room that we are writing, or stopped (XEP-0085). */
  setRoomTyping(jid: string, typing: boolean): Promise<void>;
  markRoomRead(jid: string): Promise<void>;
  /** Makes them a member where one may, and invites them. */
  inviteToRoom(jid: string, contact: string, reason?: string): Promise<void>;
  /** Either a role, of a nick (`none` shows out), or an affiliation, of an address. */
  changeRoomMember(
    jid: string,
    change: {
      nick?: string;
      jid?: string;
      role?: RoomRole;
      affiliation?: RoomAffiliation;
      reason?: string;
    },
  ): Promise<void>;
  /** The room's subject, or our nick in it. */
  changeRoom(jid: string, change: { subject?: string; nick?: string }): Promise<RoomView>;
  /** Ends a room of ours for everybody. */
  destroyRoom(jid: string, reason?: string): Promise<void>;

  groups(): GroupView[];
  /**
   * Makes an encrypted group with a room of its own. Its key server is this daemon, or the one named,
   * which must host for us (`key`: 64 hex digits). `server`: domain of rooms, as in {@link createRoom}. What is written and read there goes by the room's questions,
   * but for {@link sendToGroup}; every other question about its room is refused `room-is-group`.
   * `registrars`: `NAME KEY METHOD ADDRESS` each, whose tickets one needs to come in, oneself too.
   * `suites`: what its messages may be sealed with, which is allowed here for it too.
   * @throws SimppdError `no-room-service`, `room-…`, `group-…`, `ticket-needed`
   */
  createGroup(
    input: {
      name: string;
      server?: string;
      keyServer?: { jid: string; key: string };
      registrars?: string[];
      suites?: string[];
      ticket?: GroupTicketInput;
    },
  ): Promise<GroupView>;
  /** Accepts an invitation (as {@link joinGroup}), puts it aside, or declines it. */
  answerGroup(
    jid: string,
    answer: "accept" | "later" | "decline",
    ticket?: GroupTicketInput,
  ): Promise<GroupView>;
  /**
   * Enters the room and asks the key server for the key; also once more, after a refusal. `ticket`:
   * what a registrar that the group names wants to see.
   * @throws SimppdError `ticket-needed` naming the registrars, `not-authenticated`, …
   */
  joinGroup(jid: string, ticket?: GroupTicketInput): Promise<GroupView>;
  /**
   * Comes into a group by the text of its specification, whose key server is pinned by it. Its owner
   * makes the room where there is none.
   * @throws SimppdError `bad-specification`, `group-known`, `no-such-room`, …
   */
  joinSpecifiedGroup(specification: string, ticket?: GroupTicketInput): Promise<GroupView>;
  /** Data suites allowed in groups that have no choice of their own. */
  groupSuites(): { suites: GroupSuite[] };
  /**
   * Allows data suites everywhere (`jid` null) or in a group; `suites` null: as everywhere. The
   * answer is what holds everywhere. @throws SimppdError `bad-input`
   */
  setGroupSuites(
    jid: string | null,
    suites: readonly string[] | null,
  ): Promise<{ suites: GroupSuite[] }>;
  /**
   * Leaves for good and deletes what was said there from the files. Without the key server's
   * confirmation only when `force`: the others' key changes when it hears of it, or not.
   */
  leaveGroup(jid: string, force?: boolean): Promise<void>;
  /** Sealed for the members of this epoch, or not at all. @throws SimppdError `key-not-here`, … */
  sendToGroup(jid: string, body: string): Promise<RoomMessageView>;
  /** Replaces the text of one of ours, sealed, once the room has repeated it. */
  correctInGroup(jid: string, id: string, body: string): Promise<RoomMessageView>;
  /** Tells the members, sealed, that one writes or stopped. */
  setGroupTyping(jid: string, typing: boolean): Promise<void>;
  /** Lets a contact in and sends them an invitation under seal. Owners and admins. */
  inviteToGroup(jid: string, contact: string, input?: GroupInviteInput): Promise<void>;
  /**
   * `member`: bare JID, or `JID/device` for one device. Owners and admins; another device of one's
   * own, everybody.
   */
  expelFromGroup(jid: string, member: string): Promise<void>;
  /** Takes back an invitation that was not accepted. @throws SimppdError `is-member`, `not-invited` */
  withdrawFromGroup(jid: string, contact: string): Promise<void>;
  /** Owners. */
  setGroupRole(jid: string, member: string, role: GroupRole): Promise<void>;
  /** Ends a group of ours for everybody. */
  endGroup(jid: string): Promise<void>;
  /** The text every member has: key server and its key, suites, intervals, rights. */
  groupSpecification(jid: string): { text: string };

  /** Suites allowed with a contact, or with everybody (`jid` null); `suites` null: as everybody. */
  setPolicy(jid: string | null, suites: SuiteName[] | null): Promise<StatusView>;
  /** Write to contacts before they were verified, or to verified ones only. */
  setBlindTrust(allowed: boolean): Promise<StatusView>;
  /** Tell contacts how far one has read (XEP-0333), within what is sealed; of this device alone. */
  setTellSeen(told: boolean): Promise<StatusView>;
  /** How calls go from now on: by any way, or through a relay alone. */
  setCallRoute(route: CallRoute): Promise<StatusView>;
  /** Adds a device that asks, after its code was compared. */
  approveDevice(id: string): Promise<StatusView>;
  denyDevice(id: string): Promise<StatusView>;
  /**
   * On the new device: its code is the one the approving device shows, or it differs. Before that
   * no account key is taken over. @throws SimppdError `not-trusted`, `no-keys`
   */
  confirmDevice(code: string): Promise<StatusView>;
  refuseDevice(): Promise<StatusView>;
  removeDevice(id: string): Promise<StatusView>;
  /** On a device that was denied or removed: asks to be added once more. */
  askAgain(): Promise<StatusView>;
  /** Puts new keys of this device in the place of what the account shows; contacts see a change. */
  startAnew(): Promise<StatusView>;

  cameras(): Promise<CameraView[]>;
  calls(): CallView[];
  call(id: string): CallView;
  startCall(jid: string, options?: Partial<CameraOptions>): Promise<CallView>;
  acceptCall(id: string, options?: Partial<CameraOptions>): Promise<CallView>;
  /** Stop ringing without answering; it can still be accepted until it times out. */
  laterCall(id: string): Promise<CallView>;
  declineCall(id: string): Promise<CallView>;
  hangUp(id: string): Promise<CallView>;
  /** Options in the middle of a call: camera (also `off`), size, rate. */
  changeCall(id: string, options: Partial<CameraOptions>): Promise<CallView>;

  /** Pictures from now on, newest wins; ends with the call. */
  pictures(id: string, side: "local" | "remote", signal: AbortSignal): AsyncIterable<Picture>;
  /** The newest picture, if any came yet. */
  latestPicture(id: string, side: "local" | "remote"): Picture | undefined;

  /** Files that came and went, newest first; at most `limit` (default 100), older than `before` (id). */
  files(query?: { place?: string; limit?: number; before?: string }): FileView[];
  /** @throws SimppdError `unknown-file` */
  file(id: string): FileView;
  /**
   * Seals a file and sends it, never in clear; resolves when it is sealed, and its fate comes as events.
   * @throws SimppdError `unknown-contact`, `blocked`, `plain-chat`, `may-not-send`, `file-too-large`,
   * `file-changed` when there are more or fewer bytes than said, `quota-full`, `disk-full`
   */
  sendFile(input: SendFileInput): Promise<FileView>;
  /** By which ways files can go to a contact or group, best first, and how large they may be there. */
  fileWays(to: string): Promise<FileWayView[]>;
  /** @throws SimppdError `unknown-file`, `transfer-state`, `file-too-large`, `quota-full`, `disk-full` */
  changeFile(id: string, command: FileCommand): Promise<FileView>;
  /** Removes its bytes, its key and its line. */
  forgetFile(id: string): Promise<void>;
  /** A file that is here, opened; close it. @throws SimppdError `unknown-file`, `file-not-here` */
  fileSource(id: string): Promise<DisplaySource>;
  /** Shows a file that is here on this machine's stage. @throws SimppdError `display-…` */
  showFile(id: string): Promise<DisplayItemView>;
  fileLimits(): FileLimitsView;
  /** Up to which size files come by themselves, of a contact or group, or of all without their own. */
  setFileLimit(place: string | null, bytes: number | null): FileLimitsView;
  /** How large one file may be, and all together, in bytes; what is here stays. @throws SimppdError `bad-input` */
  setFileRoom(room: { fileBytes?: number; quota?: number }): FileLimitsView;

  /** What is shown, was shown and waits. */
  displays(): DisplaysView;
  /**
   * Shows a file to a group or contact, or (`to` null) on this machine's stage alone.
   * @param input.size bytes there will be; for others it must be said
   * @throws SimppdError `too-large`, `no-file-transfer`, `display-…`, `bad-input`; those of sending
   */
  presentFile(
    input: { to: string | null; name: string; size?: number; bytes: ReadableStream<Uint8Array> },
  ): Promise<DisplayItemView>;
  /** Clears what we show in a group or chat, for all there. */
  clearPresented(place: string | null): Promise<DisplaysView>;
  /** Shows what waits, or once more what is past. @throws SimppdError `unknown-display` */
  showDisplay(id: string): DisplaysView;
  /** Takes a file off the stage here; null: all. @throws SimppdError `unknown-display` */
  dismissDisplay(id: string | null): DisplaysView;
  forgetDisplays(): DisplaysView;
  /** From whom files open by themselves; of a place, or of all without a policy of their own. */
  setDisplayPolicy(place: string | null, policy: DisplayPolicyView | null): DisplaysView;
  /** The bytes of a file that can be shown. @throws SimppdError `unknown-display`, `display-gone` */
  displaySource(id: string): Promise<DisplaySource>;

  /** What `simppd doctor` prints: one line a check. */
  doctor(): Promise<{ check: string; ok: boolean; detail: string }[]>;

  close(): Promise<void>;
}

/** What one shows to a registrar, so that it gives the ticket a group wants. */
export interface GroupTicketInput {
  /** Its name in the specification, where several come into question. */
  readonly registrar?: string;
  /** Of our address in its directory; used once and kept nowhere. */
  readonly password?: string;
  /** Client certificate and its private key, PEM; kept sealed for this group. */
  readonly certificate?: string;
  readonly key?: string;
  /** PEM of the authority of the registrar's own certificate, beside those the system believes. */
  readonly ca?: string;
}

/** How a contact is to come into a group. */
export interface GroupInviteInput {
  /** "member" when absent. */
  readonly role?: GroupRole;
  /** Words that go with the invitation. */
  readonly reason?: string;
}
