import type { Emitter } from "../../base/mod.ts";
import type {
  FileFolder,
  FileSuite,
  Transfer,
  TransferStore,
  Way,
  WayKind,
} from "../../files/mod.ts";
import type { AppEvent, DisplayItemView } from "../../views/mod.ts";
import type { Element } from "../../xmpp/core/mod.ts";
import type { Allowed, FileAccess } from "./file_access.ts";
import type { FileLines } from "./file_lines.ts";
import type { KnownSenders } from "./known_senders.ts";
import type { KeptLimits } from "./kept_limits.ts";

/** What of contacts files need. */
export interface FilePeople {
  has(jid: string): boolean;
  get(jid: string): { jid: string; blocked: boolean; plain: boolean };
  isStranger(jid: string): boolean;
  isBlocked(jid: string): boolean;
  stranger(jid: string): void;
}

/** What of encrypted groups files need; a group is named by its room's bare JID. */
export interface FileGroups {
  has(group: string): boolean;
  /** Seals content for all in the group. @throws SimppdError `not-in-group`, `may-not-send`, … */
  say(group: string, content: Element): void;
  /** Every device in the group now, with its person's role. */
  members(
    group: string,
  ): readonly { readonly jid: string; readonly device: string; readonly role: string }[];
  /** Whether the group's specification lets this member's role do it. */
  lets(group: string, jid: string, what: "files" | "display"): boolean;
}

/** What files stand on. */
export interface AppFilesOptions {
  readonly store: TransferStore;
  readonly folder: FileFolder;
  readonly ways: readonly Way[];
  readonly people: FilePeople;
  readonly groups: FileGroups;
  readonly lines: FileLines;
  readonly limits: KeptLimits;
  readonly access: FileAccess;
  readonly events: Emitter<AppEvent>;
  readonly senders: Pick<KnownSenders, "of">;
  /** Our bare JID; "" before there is an account. */
  readonly own: () => string;
  /** Host of our own server, where the person named one. */
  readonly host: () => string | undefined;
  readonly suiteFor: (peer: string) => FileSuite;
  /** Whether our policy lets in what this person seals by a suite. */
  readonly allowsSuite: (jid: string, suite: FileSuite) => boolean;
  /** Ways that may be used towards a contact or group without the person's word, and with it. */
  readonly allowedWays: (peer: string, asked: boolean) => readonly WayKind[];
  /** Whether others than our own server are not to learn our address unless the person says yes. */
  readonly hidesAddress: () => boolean;
  /** Seals content for a contact; the server keeps it. */
  readonly send: (to: string, content: readonly Element[], how: SendingHow) => Promise<void>;
  /** Up to which size files that somebody shows in a chat or group open by themselves; 0: none. */
  readonly opensUpTo: (place: string, from: string, key: string | null) => number;
  /** A file marked for display is here. */
  readonly show: (transfer: Transfer) => Promise<void>;
  /** A file marked for display was told of, and does not come by itself. */
  readonly showWaits: (transfer: Transfer) => void;
  /** Somebody says that what we show opened on their screen. */
  readonly opened: (transfer: Transfer, jid: string) => void;
  /** Did the person choose that contacts learn what was seen? */
  readonly tellSeen: () => boolean;
  /** The person wants a file that is here on the stage. */
  readonly showHere: (transfer: Transfer) => Promise<DisplayItemView>;
  /** Its sender takes back what they show. */
  readonly cleared: (place: string, from: string) => void;
}

/** How word of a file goes. */
export interface SendingHow {
  /** To our own other devices, too. */
  readonly copy?: boolean;
  /** To this one of their devices alone. */
  readonly device?: string;
  /** Only where a session stands: nobody's keys are fetched for it. */
  readonly standing?: boolean;
}

/** A file that somebody sends from here. */
export interface NewFile {
  readonly to: string;
  readonly name: string;
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** A file of this machine with the same bytes. */
  readonly path?: string;
  readonly display?: boolean;
  readonly ways?: readonly WayKind[];
  /** Of a group: those alone; everybody when absent. */
  readonly allowed?: Allowed;
  /** Of a group: who asks for the key must be in it then. */
  readonly keyOnRequest?: boolean;
}
