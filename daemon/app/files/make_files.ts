import { type Emitter, SimppdError } from "../../base/mod.ts";
import type { Calls } from "../../call/mod.ts";
import {
  DirectWay,
  FileFolder,
  type FileSuite,
  GroupWay,
  type Transfer,
  TransferStore,
  UploadWay,
  WAY_KINDS,
  type WayKind,
} from "../../files/mod.ts";
import type { Simpp } from "../../simpp/mod.ts";
import { type Messages, Settings, type StateDirectory } from "../../store/mod.ts";
import type { AppEvent, CallRoute, DisplayItemView } from "../../views/mod.ts";
import type { HttpUpload, Presence } from "../../xmpp/client/mod.ts";
import { Jid } from "../../xmpp/core/mod.ts";
import { type CallServers, openCallEndpoint } from "../call_servers.ts";
import type { Connection } from "../connection.ts";
import type { Displays } from "../display/displays.ts";
import { lets } from "../display/policy.ts";
import type { People } from "../people.ts";
import { Seldom } from "../seldom.ts";
import type { SealedLink } from "../sealed_link.ts";
import { FileAccess } from "./file_access.ts";
import { FileLines } from "./file_lines.ts";
import { AppFiles } from "./files.ts";
import type { groupFiles } from "./group_files.ts";
import { KnownSenders } from "./known_senders.ts";
import { KeptLimits } from "./kept_limits.ts";
import { LiveIbb } from "./live_ibb.ts";

/** A contact whose files' lines changed is shown again after so long, in ms. */
const TOUCH_EVERY = 50;

/** What files are joined to. */
export interface FileSurroundings {
  readonly state: StateDirectory;
  readonly simpp: Simpp;
  readonly link: SealedLink;
  readonly people: People;
  readonly messages: Messages;
  readonly calls: Pick<Calls, "list">;
  readonly displays: Displays;
  readonly groups: ReturnType<typeof groupFiles>;
  readonly events: Emitter<AppEvent>;
  readonly jid: () => string;
  /** Did the person choose that contacts learn what was seen? */
  readonly tellSeen: () => boolean;
  /** STUN and TURN servers that may be used, and how calls go: files go no other way. */
  readonly servers: Pick<CallServers, "list">;
  readonly route: () => CallRoute;
  /** Addresses to offer; those of every interface when absent. */
  readonly hosts?: readonly string[];
}

/** The files of this daemon, and what gives them the connection there is. */
export function makeFiles(
  rooms: FileSurroundings,
): { files: AppFiles; attach(connection: Connection): void; close(): Promise<void> } {
  const { state, simpp, link, people, messages, calls, groups, events, jid } = rooms;
  const { displays, servers, route, hosts } = rooms;
  let upload: HttpUpload | undefined;
  let presence: Presence | undefined;
  let host: string | undefined;
  const devices = (contact: string): Jid[] =>
    presence?.of(contact).resources.flatMap(({ resource }) =>
      Jid.tryParse(`${contact}/${resource}`) ?? []
    ) ?? [];
  const mayMeet = (peer: string) => people.has(peer) && !people.isStranger(peer);
  const direct = new DirectWay({
    device: () => simpp.device,
    send: async (to, content) => {
      await link.send(to.jid, [content], { store: false, device: to.device });
    },
    isThere: (peer) => route() === "any" && mayMeet(peer) && people.isOnline(peer),
    openEndpoint: () => openCallEndpoint(servers, route(), hosts),
    isCalling: () => calls.list().some(({ state }) => state !== "ended"),
  });
  const ibb = new LiveIbb(mayMeet, devices);
  const inRoom = new GroupWay((group) => groups.port(group));
  const store = new TransferStore(state.db, state.vault);
  const settings = new Settings(state.db, state.vault);
  // Of many files at once the contact is shown again once.
  const touched = new Seldom(TOUCH_EVERY, (contact) => people.touch(contact));
  const isVerified = (peer: string) => simpp.trust.get(peer)?.state === "verified";
  const senders = new KnownSenders((peer) => simpp.trust.get(peer), groups);
  const files: AppFiles = new AppFiles({
    store,
    folder: new FileFolder(state.file("files")),
    ways: [direct, new UploadWay(() => upload), ibb, inRoom],
    people,
    groups,
    lines: new FileLines(messages, groups.lines, (message) => {
      events.emit({ type: "message", data: message });
      touched.ask(message.contact);
    }),
    limits: new KeptLimits(settings),
    access: new FileAccess(settings),
    events,
    senders,
    own: jid,
    host: () => host,
    suiteFor: (peer) => suiteOf(simpp, peer),
    allowsSuite: (peer, suite) => !isWeak(suite) || simpp.policy.for(peer).includes("simpp-2009"),
    allowedWays: (peer, asked) => waysTo(route(), asked || isVerified(peer)),
    hidesAddress: () => route() !== "any",
    send: async (to, content, { copy = false, standing = false, device }) => {
      const one = device === undefined ? {} : { device };
      await link.send(to, content, { store: true, copy, standing, ...one });
    },
    opensUpTo: (place, from, key) => {
      const policy = displays.policyOf(place);
      return lets(policy, senders.presenter(place, from, key)) ? policy.maxBytes : 0;
    },
    show: async (transfer) => void await offer(transfer, false),
    showWaits: ({ id, peer, sender, descriptor: { name, size }, at }) => {
      const mine = sender === jid();
      if (groups.has(peer) || !people.isStranger(peer)) {
        displays.waits({ id, place: peer, from: sender, mine, name, size, at });
      }
    },
    opened: ({ id }, by) => displays.openedFor(id, by),
    tellSeen: rooms.tellSeen,
    showHere: async (transfer) => {
      const item = (await offer(transfer, true))!;
      if (item.reason === null) return item;
      displays.forget({ id: item.id });
      throw new SimppdError(item.reason.code, item.reason.message);
    },
    cleared: (place, from) => {
      if (!groups.has(place) && !mayMeet(from)) return;
      const { displayer } = senders.presenter(place, from, null);
      displays.clear(place, { from, displayer: displayer === true });
    },
  });
  const offer = async (transfer: Transfer, here: boolean): Promise<DisplayItemView | null> => {
    const { id, peer, sender, senderKey, mine, descriptor, at } = transfer;
    const from = mine ? jid() : sender;
    if (!here && people.isBlocked(from)) return null;
    return await displays.offer({
      id,
      place: here ? null : peer,
      from,
      mine: here || from === jid(),
      ...senders.presenter(peer, from, senderKey),
      name: descriptor.name,
      // One's own stage shows what is wanted now.
      ...(here ? {} : { at }),
    });
  };
  link.received.on(({ from, device, envelope }) => {
    if (people.isBlocked(from) || !mayMeet(from)) return;
    for (const content of envelope.content) direct.receive({ jid: from, device }, content);
  });
  link.received.on((received) => void files.ear.receive(received));
  simpp.events.on((event) => {
    if (event.type === "renewed" && people.has(event.jid)) files.tellAgain(event.jid);
  });
  return {
    files,
    attach(connection) {
      ibb.attach(connection.client);
      ({ upload, presence, host } = connection);
      connection.client.events.on(({ state }) => {
        if (state === "online") files.online();
      });
    },
    async close() {
      touched.close();
      await files.close();
      await direct.close();
      await inRoom.close();
    },
  };
}

/** The paper's; what is not allowed to be written by it is not read by it either. */
function isWeak(suite: FileSuite): boolean {
  return suite === "aes-128-cbc-hmac";
}

/** Where the weak paper profile alone is allowed, files are sealed by its suite. */
function suiteOf(simpp: Simpp, peer: string): FileSuite {
  const allowed = simpp.policy.for(peer);
  const weak = allowed.length > 0 && allowed.every((suite) => suite === "simpp-2009");
  return weak ? "aes-128-cbc-hmac" : "chacha20-poly1305";
}

/**
 * A direct way tells the other side our addresses: not where calls go through a relay alone, nor for
 * a file that comes by itself from somebody whose keys were never compared.
 */
function waysTo(route: CallRoute, direct: boolean): readonly WayKind[] {
  return WAY_KINDS.filter((kind) => kind !== "direct" || (direct && route === "any"));
}
