import { newId, NS, type StanzaError } from "../xmpp/core/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import type { Room, RoomMessage } from "../xmpp/client/mod.ts";

/** Something about files that was said in a room, now. */
export interface HeardInRoom {
  readonly kind: "heard";
  readonly nick: string;
  /** XEP-0421, where the room gives it. */
  readonly occupantId: string | undefined;
  readonly element: Element;
  /** Our own words, coming back. */
  readonly own: boolean;
  /** To us alone. */
  readonly private: boolean;
  /** Of the stanza. */
  readonly id: string | undefined;
}

/** What happens in a room that concerns files. */
export type RoomNews =
  | HeardInRoom
  | { readonly kind: "refused"; readonly id: string | undefined; readonly error: StanzaError }
  | { readonly kind: "came" | "left"; readonly nick: string }
  | { readonly kind: "inside"; readonly inside: boolean };

/** What files need of a room. */
export interface RoomPort {
  readonly inside: boolean;
  /** How many are in it, we among them. */
  readonly size: number;
  readonly self: { readonly nick: string; readonly occupantId: string | undefined };
  /** The nick under which somebody is in the room now. */
  find(nick: string, occupantId: string | undefined): string | undefined;
  /** May this occupant have files of ours: is it a member of the group? */
  serves(nick: string): boolean;
  /**
   * Says it to all, or to one.
   * @returns the id of the stanza. @throws SimppdError `not-online`, `send-queue-full`
   */
  send(content: readonly Element[], to?: string): string;
  /** @returns a function that stops listening */
  listen(listener: (news: RoomNews) => void): () => void;
}

/**
 * A room as files see it.
 * @param serves whom files of ours are for; everybody in the room when absent
 */
export function roomPort(room: Room, serves: (nick: string) => boolean = () => true): RoomPort {
  return {
    get inside() {
      return room.state === "in";
    },
    get size() {
      return room.occupants.length + room.hiddenOccupants;
    },
    get self() {
      return { nick: room.nick, occupantId: room.self?.id };
    },
    find(nick, occupantId) {
      const same = occupantId !== undefined &&
        room.occupants.find(({ id }) => id === occupantId);
      return (same || room.occupant(nick))?.nick;
    },
    serves,
    send(content, to) {
      const id = newId();
      return to === undefined ? room.say(content, id) : room.whisper(to, content, id);
    },
    listen(listener) {
      return room.events.on((event) => {
        switch (event.kind) {
          case "message":
          case "private":
            return heard(room, event.message, event.kind === "private", listener);
          case "refused":
            return listener({ kind: "refused", id: event.id, error: event.error });
          case "joined":
            return listener({ kind: "came", nick: event.occupant.nick });
          case "left":
            return listener({ kind: "left", nick: event.occupant.nick });
          case "nick":
            listener({ kind: "left", nick: event.before });
            return listener({ kind: "came", nick: event.occupant.nick });
          case "state":
            return listener({ kind: "inside", inside: event.state === "in" });
        }
      });
    },
  };
}

/** What was said before one came is history, and moves no file. */
function heard(
  room: Room,
  { nick, occupantId, own, id, at, stanza }: RoomMessage,
  toUs: boolean,
  listener: (news: RoomNews) => void,
): void {
  if (at !== undefined || nick === "") return;
  // A room that gives us none gives nobody any: what looks like one is its sender's invention.
  const given = room.self?.id === undefined ? undefined : occupantId;
  for (const element of stanza.getChildElements()) {
    if (element.getNS() !== NS.simppFiles) continue;
    return listener({
      kind: "heard",
      nick,
      occupantId: given,
      element,
      own,
      private: toUs,
      id,
    });
  }
}
