import { logOf } from "../base/mod.ts";
import type { StoredRoom, StoredRooms } from "../store/mod.ts";
import type { RoomInvitation } from "../xmpp/client/mod.ts";

/** Invitations that wait for an answer, at most; of those who are no contacts. */
const MOST = 50;
const MOST_OF_STRANGERS = 10;
/** Who was told no is not heard again for the same room so long, in ms. */
const DECLINED_FOR = 86_400_000;

/** Invitations as they come: which of them a person is shown. */
export class RoomInvitations {
  readonly #stored: StoredRooms;
  readonly #people: { has(jid: string): boolean; isBlocked(jid: string): boolean };
  readonly #own: () => string;

  constructor(
    stored: StoredRooms,
    people: { has(jid: string): boolean; isBlocked(jid: string): boolean },
    own: () => string,
  ) {
    this.#stored = stored;
    this.#people = people;
    this.#own = own;
  }

  /** Keeps an invitation; undefined when it is passed over. */
  take({ room, from, reason, password, mediated }: RoomInvitation): StoredRoom | undefined {
    const jid = room.bare().toString();
    // An occupant's address, where the room hides who it is.
    const inviter = from.bareEquals(room) ? from.toString() : from.bare().toString();
    if (this.#people.isBlocked(inviter) || inviter === this.#own()) return undefined;
    // A room that stood under a person's address could be taken for them.
    if (this.#people.has(jid) || jid === this.#own()) return undefined;
    const known = this.#stored.get(jid);
    if (known?.state === "joined") return undefined;
    // What a group is, its inviter says under seal; nothing in clear makes a plain room of it.
    if (known !== undefined && known.encryption !== "none") return undefined;
    if (known?.state === "declined" && Date.now() - known.at < DECLINED_FOR) return undefined;
    if (known?.state !== "invited" && !this.#hasPlace(inviter)) {
      logOf("app").warn("an invitation was passed over: too many wait");
      return undefined;
    }
    const invitation = {
      from: inviter,
      reason: reason ?? "",
      mediated,
      at: Date.now(),
      later: known?.invitation?.later ?? false,
    };
    const invited: StoredRoom = {
      jid,
      state: "invited",
      at: Date.now(),
      bookmarked: false,
      encryption: "none",
      archived: known?.archived ?? null,
      name: known?.name ?? room.local,
      nick: known?.nick ?? "",
      password: password?.slice(0, 1000) ?? null,
      invitation,
      problem: null,
    };
    this.#stored.put(invited);
    return invited;
  }

  /** Forgets what was declined long ago. */
  sweep(): void {
    for (const { jid, state, at } of this.#stored.all()) {
      if (state === "declined" && Date.now() - at >= DECLINED_FOR) this.#stored.remove(jid);
    }
  }

  #hasPlace(inviter: string): boolean {
    const waiting = this.#stored.all().filter(({ state }) => state === "invited");
    if (waiting.length >= MOST) return false;
    if (this.#people.has(inviter)) return true;
    const strangers = waiting.filter(({ invitation }) =>
      invitation !== null && !this.#people.has(invitation.from)
    );
    return strangers.length < MOST_OF_STRANGERS;
  }
}
