import { el, type Element, Jid, NS, serialise } from "../../core/mod.ts";
import { delayElement } from "../delay.ts";
import type { Room, Sender } from "./room.ts";

/** What who enters wants to see of what was said (XEP-0045 section 7.2.14). */
interface Wanted {
  readonly stanzas: number;
  /** Of XML, all together. */
  readonly characters: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Sends what was said before to who enters, each message stamped with its time. */
export function sendHistory(room: Room, presence: Element, { jid: to, session }: Sender): void {
  const wanted = wantedOf(room, presence.getChild("x", NS.muc)?.getChild("history"));
  const { stanzas, since } = wanted;
  const { messages, read } = room.around.archive
    .recent(room.jid.toString(), stanzas, since, wanted.characters);
  let characters = 0;
  const stamped: Element[] = [];
  // The newest are worth most.
  for (const { stanza, at } of messages.reverse()) {
    const copy = el(stanza.name, stanza.attrs);
    copy.children = [...stanza.children, delayElement(room.jid, at)];
    characters += serialise(copy).length;
    if (characters > wanted.characters) break;
    stamped.push(copy);
  }
  session?.charge(characters + read);
  for (const copy of stamped.reverse()) room.sendTo(copy, Jid.parse(copy.attrs.from!), to);
}

function wantedOf({ config, around }: Room, history: Element | undefined): Wanted {
  const number = (name: string, otherwise: number) => {
    const text = history?.attrs[name];
    return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
  };
  const seconds = number("seconds", Infinity);
  const since = Date.parse(history?.attrs.since ?? "");
  return {
    stanzas: Math.min(number("maxstanzas", config.historyLength), config.historyLength),
    characters: Math.min(number("maxchars", Infinity), around.host.limits.roomHistoryBytes),
    since: Math.max(Date.now() - seconds * 1000, Number.isNaN(since) ? 0 : since),
  };
}
