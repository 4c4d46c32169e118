import { publicError, SimppdError } from "../base/mod.ts";
import type { AppEvent, GroupView, RoomMessageView, RoomView } from "../views/mod.ts";
import { devices, TRUST } from "./group_text.ts";
import { LocalApi } from "./local_api.ts";
import { printable, printableBody } from "./printable.ts";
import { untilSignal } from "./signals.ts";
import { expectWords, type Io, type Verb } from "./verb.ts";

/** Lines of before that are shown first. */
const SHOWN_FIRST = 20;
const COMMANDS = "/who  who is here and who is verified    /status  the key, and who keeps it\n" +
  "/quit  ends this, not your membership    everything else is said to all";

export const chat: Verb = {
  name: "chat",
  summary: "Talk in a room or an encrypted group at the terminal, also over ssh",
  usage: ["chat ROOM                                    a line is a message; /help tells the rest"],
  options: {},
  async run({ words, state, io, json }) {
    const [jid] = expectWords(words, "ROOM") as [string];
    if (json) {
      throw new SimppdError("bad-input", "chat is for people; scripts use group watch and send.");
    }
    await talk(await LocalApi.open(state), jid, io);
    return null;
  },
};

/** What is open, as the daemon shows it now. */
interface Place {
  readonly room: RoomView;
  readonly group: GroupView | undefined;
}

async function look(api: LocalApi, jid: string): Promise<Place> {
  const [rooms, groups] = await Promise.all([
    api.ask<RoomView[]>("GET", "/api/rooms"),
    api.ask<GroupView[]>("GET", "/api/groups"),
  ]);
  const room = rooms.find((one) => one.jid === jid);
  const group = groups.find((one) => one.jid === jid);
  if (room === undefined || room.state === "invited") {
    throw new SimppdError("unknown-room", `${jid} is not among your rooms; join it first.`);
  }
  // A room that shows itself as encrypted without its group is not written to.
  if ((room.encryption === "keystone") !== (group !== undefined)) {
    throw new SimppdError("unknown-group", `${jid} is no group that this simppd has keys of.`);
  }
  return { room, group };
}

async function talk(api: LocalApi, jid: string, io: Io): Promise<void> {
  const over = new AbortController();
  const told = untilSignal();
  void told.signal.then(() => over.abort());
  try {
    const events = await api.events(over.signal);
    const { room, group } = await look(api, jid);
    const path = `/api/rooms/${encodeURIComponent(jid)}`;
    io.err(heading(room, group));
    const before = await api.ask<RoomMessageView[]>(
      "GET",
      `${path}/messages?limit=${SHOWN_FIRST}`,
    );
    let members = group?.members ?? [];
    for (const message of before) io.out(said(message, members));
    const hears = hear(events, jid, {
      said: (message) => {
        io.out(said(message, members));
        void api.ask("POST", `${path}/read`).catch(() => {});
      },
      changed: (group) => members = group.members,
    }).finally(() => over.abort());
    await read(api, { jid, group: group !== undefined }, io, over.signal);
    over.abort();
    await hears;
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    told.stop();
    over.abort();
  }
}

function heading({ jid, name, server }: RoomView, group: GroupView | undefined): string {
  if (group === undefined) {
    return printable(`${name} (${jid}): NOT ENCRYPTED, ${server} can read everything here`);
  }
  const { epoch, keyServer, members } = group;
  const keeper = keyServer.own ? "this simppd" : keyServer.jid;
  const key = epoch === null ? "no key yet" : `epoch ${epoch.number}, ${devices(members.length)}`;
  return printable(`${name} (${jid}): encrypted, ${key}; keys kept by ${keeper}; /help`);
}

/** Lines of standard input, each a message or a command, until it ends. */
async function read(
  api: LocalApi,
  { jid, group }: { jid: string; group: boolean },
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  for await (const line of io.lines!(signal)) {
    const words = line.trim();
    if (words === "") continue;
    try {
      if (words === "/quit") return;
      if (words === "/help") io.err(COMMANDS);
      else if (words === "/who" || words === "/status") {
        const place = await look(api, jid);
        io.err(words === "/who" ? await who(api, place) : heading(place.room, place.group));
      } else if (words.startsWith("/") && !words.startsWith("//")) {
        io.err(printable(`${words.split(" ")[0]} is no command; /help tells which there are`));
      } else {
        const body = words.startsWith("//") ? words.slice(1) : line;
        // Each by the question of its kind: what is asked sealed is refused rather than sent in clear.
        const kind = group ? "groups" : "rooms";
        await api.ask("POST", `/api/${kind}/${encodeURIComponent(jid)}/messages`, { body });
      }
    } catch (error) {
      const { code, message } = publicError(error);
      io.err(printable(`not sent: ${message} (${code})`));
    }
  }
}

async function who(api: LocalApi, { room, group }: Place): Promise<string> {
  if (group !== undefined) {
    return group.members.map(({ name, jid, role, presence, trust, self }) =>
      printable(`  ${name} (${jid}): ${role}, ${presence}, ${self ? "this device" : TRUST[trust]}`)
    ).join("\n");
  }
  const members = await api.ask<{ nick: string; jid: string | null; presence: string }[]>(
    "GET",
    `/api/rooms/${encodeURIComponent(room.jid)}/members`,
  );
  return members.filter(({ nick }) => nick !== "").map(({ nick, jid, presence }) =>
    printable(`  ${nick} (${jid ?? "address hidden"}): ${presence}`)
  ).join("\n");
}

/** Follows what is said until the events end or the room is gone. */
async function hear(
  events: AsyncIterable<AppEvent>,
  jid: string,
  to: { said(message: RoomMessageView): void; changed(group: GroupView): void },
): Promise<void> {
  // Ours come again when the room has them, and when it does not: the first is shown, and the failure.
  const shown = new Set<string>();
  for await (const { type, data } of events) {
    if (type === "room-removed" && data.jid === jid) return;
    if (type === "group" && data.jid === jid) to.changed(data);
    if (type !== "room-message" || data.room !== jid || data.delivery === "pending") continue;
    if (data.mine && data.delivery === "sent" && shown.has(data.id) && !data.edited) continue;
    if (data.mine) shown.add(data.id);
    to.said(data);
  }
}

/** One line of the conversation. */
function said(message: RoomMessageView, members: GroupView["members"]): string {
  const { at, kind, nick, body, mine, jid, delivery, problem, encryption } = message;
  const time = new Date(at).toTimeString().slice(0, 5);
  if (kind === "notice") return `${time} * ${printable(body)}`;
  const keys = members.find((one) => one.jid === jid)?.trust;
  const mark = encryption === "none" || mine || keys === undefined || keys === "verified"
    ? ""
    : ` [${TRUST[keys]}]`;
  const failed = delivery === "failed" ? ` (not sent: ${problem?.message ?? "refused"})` : "";
  const aside = kind === "private" ? " (to you)" : "";
  const edited = message.edited ? " (corrected)" : "";
  return `${time} <${printable(nick)}>${mark}${aside} ${printableBody(body)}${edited}${
    printable(failed)
  }`;
}
