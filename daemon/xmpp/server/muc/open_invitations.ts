import type { Jid } from "../../core/mod.ts";

/** One invitation that was passed on. */
export interface OpenInvitation {
  /** Who invited: bare. */
  readonly inviter: Jid;
  /** Who that is for the guest: an address, or one in the room where it hides addresses. */
  readonly shown: Jid;
}

/** Remembered of one room, and in all; the oldest go. */
const MOST_OF_ROOM = 100;
const MOST = 10_000;

/** Mediated invitations that were not declined yet: only who was invited can decline. */
export class OpenInvitations {
  /** By room, then by guest and who invites; the oldest first. */
  readonly #rooms = new Map<string, Map<string, OpenInvitation>>();
  #count = 0;

  /** @param guest bare */
  add(room: Jid, guest: Jid, invitation: OpenInvitation): void {
    const key = room.toString();
    const kept = this.#rooms.get(key) ?? new Map<string, OpenInvitation>();
    this.#rooms.delete(key);
    this.#rooms.set(key, kept);
    const name = nameOf(guest, invitation.shown);
    if (!kept.delete(name)) this.#count++;
    kept.set(name, invitation);
    if (kept.size > MOST_OF_ROOM) {
      kept.delete(kept.keys().next().value!);
      this.#count--;
    }
    while (this.#count > MOST) this.forget(this.#rooms.keys().next().value!);
  }

  /** The invitation that `guest` declines: it is answered once. @param to who invited, as shown */
  take(room: Jid, guest: Jid, to: Jid): OpenInvitation | undefined {
    const kept = this.#rooms.get(room.toString());
    const name = nameOf(guest, to);
    const invitation = kept?.get(name);
    if (kept === undefined || invitation === undefined) return undefined;
    kept.delete(name);
    this.#count--;
    if (kept.size === 0) this.#rooms.delete(room.toString());
    return invitation;
  }

  /** The room is no more. @param room bare JID */
  forget(room: string): void {
    this.#count -= this.#rooms.get(room)?.size ?? 0;
    this.#rooms.delete(room);
  }
}

function nameOf(guest: Jid, shown: Jid): string {
  return `${guest.bare()} ${shown}`;
}
