import { type Emitter, logOf } from "../base/mod.ts";
import type { Calls } from "../call/mod.ts";
import type { LoginProfileId } from "../crypto/mod.ts";
import type { IceServer } from "../p2p/mod.ts";
import { Simpp } from "../simpp/mod.ts";
import {
  Contacts,
  Messages,
  Pictures as StoredPictures,
  RoomMessages,
  Settings,
  type StateDirectory,
  StoredGroups,
  StoredRooms,
} from "../store/mod.ts";
import type { AppEvent } from "../views/mod.ts";
import { Account } from "./account.ts";
import { ArchiveChoice } from "./archive_choice.ts";
import { CallServers } from "./call_servers.ts";
import { Chats } from "./chats.ts";
import type { Connection } from "./connection.ts";
import { DisplayMemory } from "./display/display_memory.ts";
import { Displays, type OtherViewer } from "./display/displays.ts";
import { Presenting } from "./display/presenting.ts";
import type { AppFiles } from "./files/files.ts";
import { groupFiles } from "./files/group_files.ts";
import { makeFiles } from "./files/make_files.ts";
import { sourceOf } from "./files/presented.ts";
import { History } from "./history.ts";
import { receiveInto } from "./inbox.ts";
import { GroupLink, peerKeysOf } from "./group_link.ts";
import { forgetKeystone, openKeystone } from "./group_keystone.ts";
import { GroupPolicy } from "./group_policy.ts";
import { GroupServers } from "./group_servers.ts";
import { AppGroups } from "./groups.ts";
import { makeCalls } from "./make_calls.ts";
import { Markers } from "./markers.ts";
import { OwnDevices } from "./own_devices.ts";
import { People } from "./people.ts";
import { PepDirectory } from "./pep_directory.ts";
import { Pictures } from "./pictures.ts";
import { PlainLink } from "./plain_link.ts";
import { AppRooms } from "./rooms.ts";
import { SealedLink } from "./sealed_link.ts";
import { AppSettings } from "./settings.ts";
import { Typing } from "./typing.ts";

/** What a running daemon is made of. */
export interface Parts {
  readonly settings: AppSettings;
  readonly simpp: Simpp;
  readonly messages: Messages;
  readonly link: SealedLink;
  readonly plain: PlainLink;
  readonly markers: Markers;
  readonly chats: Chats;
  readonly people: People;
  readonly pictures: Pictures;
  readonly rooms: AppRooms;
  readonly groups: AppGroups;
  readonly calls: Calls;
  readonly callServers: CallServers;
  readonly account: Account;
  readonly archive: ArchiveChoice;
  readonly typing: Typing;
  readonly devices: OwnDevices;
  readonly files: AppFiles;
  /** Ends files and what they travel on. */
  readonly closeFiles: () => Promise<void>;
  readonly displays: Displays;
  readonly presenting: Presenting;
}

/** What the parts are made with. */
export interface Composition {
  readonly state: StateDirectory;
  readonly events: Emitter<AppEvent>;
  readonly loginProfiles: readonly LoginProfileId[];
  readonly callHosts?: readonly string[];
  /** A viewer of what is shown, beside the dashboard. */
  readonly viewer?: OtherViewer | undefined;
  readonly callServers?: readonly IceServer[];
  /** Something that a status shows is another. */
  readonly changed: () => void;
  /** Something about our own keys is another. */
  readonly linked: () => void;
}

/** Makes the parts on a state directory that is open, and lets each hear what concerns it. */
export function compose(
  { state, events, loginProfiles, callHosts, viewer, callServers: named, changed, linked }:
    Composition,
): Parts {
  const settings = new AppSettings(state);
  const simpp: Simpp = new Simpp({
    db: state.db,
    vault: state.vault,
    directory: new PepDirectory(() => account.pep()),
  });
  for (const [jid, fingerprint] of Object.entries(settings.expected)) {
    simpp.trust.expect(jid, fingerprint);
  }
  const messages = new Messages(state.db, state.vault);
  const link: SealedLink = new SealedLink(simpp, (jid) => people.isBlocked(jid));
  const people: People = new People({
    stored: new Contacts(state.db),
    messages,
    simpp,
    changed: (data) => events.emit({ type: "contact", data }),
    removed: (jid) => {
      if (messages.hasWritten(jid)) settings.leave(jid);
      messages.leave(jid);
      events.emit({ type: "contact-removed", data: { jid } });
    },
    dropped: (jid) => {
      files.files.forgetOf(jid).catch((error) =>
        logOf("app").warn("files of {jid} stay: {error}", { jid, error })
      );
    },
    typing: (jid) => typing.of(jid),
    picture: (jid) => pictures.hash(jid),
    refused: (jid) => settings.refused[jid],
    left: (jid) => settings.left(jid),
  });
  const pictures: Pictures = new Pictures(
    new StoredPictures(state.db, state.vault),
    people,
    () => account.jid,
    changed,
  );
  const plain: PlainLink = new PlainLink(simpp, people);
  const typing: Typing = new Typing(link, plain, (jid) => people.touch(jid));
  const markers = new Markers({
    link,
    plain,
    tellSeen: () => settings.tellSeen,
    isAnswered: (jid) => people.has(jid) && !people.isStranger(jid) && !people.isBlocked(jid),
  });
  for (const heard of [link.received, plain.received]) {
    heard.on((message) => markers.receive(message));
  }
  const history = new History(settings, plain);
  const keeping = new ArchiveChoice();
  const chats = new Chats(messages, link, plain, (message) => {
    events.emit({ type: "message", data: message });
    people.touch(message.contact);
  });
  const jid = () => account.jid;
  const nick = () => account.view()?.nick ?? "";
  const keys = peerKeysOf(simpp, () => account.jid);
  const control: GroupLink = new GroupLink(link, keys, (payload) => servers.isFor(payload));
  const servers: GroupServers = new GroupServers({
    path: state.file("keyserver.db"),
    vault: state.vault,
    control,
    accountKey: () => simpp.accountKey,
    room: (jid) => rooms.live(jid),
  });
  const storedGroups = new StoredGroups(state.db, state.vault);
  const groupPolicy = new GroupPolicy(new Settings(state.db, state.vault), storedGroups);
  const groups: AppGroups = new AppGroups({
    stored: storedGroups,
    servers,
    control,
    link,
    rooms: () => rooms,
    people,
    events,
    nick: () => account.view()?.nick ?? "",
    self: () => keys.self(),
    alone: () => simpp.deviceKeys(account.jid)?.devices.length === 1,
    pinned: (jid) => {
      if (jid === account.jid) return { account: simpp.accountKey, verified: true };
      const trust = simpp.trust.get(jid);
      if (trust === undefined) return undefined;
      return { account: trust.account, verified: trust.state === "verified" };
    },
    policy: groupPolicy,
    carries: (domain) => isWithin(domain, settings.server?.domain),
    open: (specification, ticket) =>
      openKeystone({
        specification,
        self: keys.self(),
        simpp,
        state,
        control,
        ticket,
        policy: () => groupPolicy.in(specification.group),
      }),
    forget: (group) => forgetKeystone(group, state),
  });
  const rooms: AppRooms = new AppRooms({
    stored: new StoredRooms(state.db, state.vault),
    messages: new RoomMessages(state.db, state.vault),
    people,
    events,
    sealed: groups,
    nick: () => account.view()?.nick ?? "",
    own: jid,
  });
  const displays = new Displays({
    memory: new DisplayMemory(new Settings(state.db, state.vault)),
    events,
    files: {
      has: (id) => files.files.has(id),
      knows: (id) => files.files.knows(id),
      fetch: (id) => files.files.fetch(id),
      open: (id) => files.files.open(id).then((source) => sourceOf(files.files.get(id), source)),
    },
    viewer,
    opened: (id) => files.files.opened(id),
  });
  const presenting = new Presenting(displays, () => account.view()?.jid ?? "", {
    sendFile: (input) => files.files.send(input),
    sendClear: (to) => files.files.clear(to),
  });
  const devices = new OwnDevices(simpp, link, people, jid);
  devices.changed.on(linked);
  simpp.linking.changed.on(() => {
    devices.linked();
    linked();
  });
  const account: Account = new Account({
    settings,
    state,
    simpp,
    people,
    chats,
    loginProfiles,
    attach,
    picture: () => pictures.hash(account.jid),
    looked: (jid) => {
      plain.isAllowed(jid);
      people.touch(jid);
    },
    changed: changed,
  });
  const callServers = new CallServers(named);
  const calls = makeCalls({
    simpp,
    link,
    people,
    chats,
    jid,
    events,
    servers: callServers,
    route: () => settings.calls,
    ...(callHosts === undefined ? {} : { hosts: callHosts }),
  });
  const files: ReturnType<typeof makeFiles> = makeFiles({
    state,
    simpp,
    link,
    people,
    messages,
    calls,
    displays,
    groups: groupFiles(
      groups,
      () => rooms,
      (jid) => jid === account.jid ? nick() : people.has(jid) ? people.get(jid).name : jid,
    ),
    events,
    jid,
    servers: callServers,
    route: () => settings.calls,
    tellSeen: () => settings.tellSeen,
    ...(callHosts === undefined ? {} : { hosts: callHosts }),
  });
  displays.recall();
  groups.told.on(({ group, from, content }) =>
    void files.files.ear.heardInGroup(group, from, content)
  );
  link.received.on((received) => {
    if (control.receive(received)) return;
    groups.receive(received);
    typing.receive(received);
    devices.receive(received).catch((error) =>
      logOf("app").warn("what our other device verified: {error}", { error })
    );
  });
  for (const heard of [plain.received, plain.states]) {
    heard.on((received) => typing.receive(received));
  }
  receiveInto({
    simpp,
    link,
    plain,
    people,
    chats,
    calls,
    events,
    nick: () => account.view()?.nick ?? "",
    isPeer: (jid) => groups.isPeer(jid),
    firstProof: (jid) => settings.firstProof(jid),
    jid,
  });
  return {
    settings,
    simpp,
    messages,
    link,
    plain,
    markers,
    chats,
    people,
    pictures,
    rooms,
    groups,
    calls,
    callServers,
    account,
    archive: keeping,
    typing,
    devices,
    files: files.files,
    closeFiles: () => files.close(),
    displays,
    presenting,
  };

  /** Gives a connection that is not used yet to all that stand on one. */
  function attach(connection: Connection): void {
    const { client, roster, presence, pep, archive } = connection;
    pictures.attach(client, pep);
    history.attach(client, archive);
    keeping.attach(client);
    rooms.attach(connection);
    groups.attach(connection);
    people.attach(client, roster, presence);
    link.attach(client);
    plain.attach(client);
    callServers.attach(client);
    devices.attach(client);
    files.attach(connection);
  }
}

/** Is this domain that one, or below it? */
function isWithin(domain: string, above: string | undefined): boolean {
  return above !== undefined && (domain === above || domain.endsWith(`.${above}`));
}
