import type { Bytes, Emitter } from "../base/mod.ts";
import type { GroupMember, ProvedDevice, Specification } from "../group/mod.ts";
import type { StoredGroups } from "../store/mod.ts";
import type { AppEvent, Subscription } from "../views/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import type { OpenGroup } from "./group_here.ts";
import type { GroupLink } from "./group_link.ts";
import type { GroupPolicy } from "./group_policy.ts";
import type { GroupServers } from "./group_servers.ts";
import type { AppRooms } from "./rooms.ts";
import type { SealedLink } from "./sealed_link.ts";

/** What encrypted groups stand on. */
export interface GroupsOptions {
  readonly stored: StoredGroups;
  readonly servers: GroupServers;
  readonly control: GroupLink;
  readonly link: SealedLink;
  readonly rooms: () => AppRooms;
  readonly people: {
    has(jid: string): boolean;
    get(
      jid: string,
    ): { name: string; blocked: boolean; plain: boolean; subscription: Subscription };
    isStranger(jid: string): boolean;
    isBlocked(jid: string): boolean;
  };
  readonly events: Emitter<AppEvent>;
  readonly nick: () => string;
  readonly self: () => ProvedDevice;
  /** Is this device the only one on our account's list? */
  readonly alone: () => boolean;
  readonly pinned: (jid: string) => { account: Uint8Array; verified: boolean } | undefined;
  /** Data suites that are allowed here. */
  readonly policy: GroupPolicy;
  /** Does this daemon carry the server of this domain? */
  readonly carries: (domain: string) => boolean;
  /** The scheme that keeps a group's keys. */
  readonly open: (
    specification: Specification,
    ticket: (specification: Specification) => Promise<Bytes>,
  ) => OpenGroup;
  /** Deletes what is stored of a group's keys, by its id. */
  readonly forget: (group: string) => void;
}

/** Something that a member said to a group and that is no text. */
export interface ToldInGroup {
  readonly group: string;
  readonly from: GroupMember;
  readonly content: readonly Element[];
}
