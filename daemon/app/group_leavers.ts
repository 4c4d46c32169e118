import { logOf, SimppdError, sleep } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import type { GroupMember, ProvedDevice } from "../group/mod.ts";
import type { StoredGroups } from "../store/mod.ts";
import type { Room } from "../xmpp/client/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import type { OpenGroup } from "./group_here.ts";

/** What one who left has for going out of the room, in ms. */
const LEAVING = 2_000;

interface LeaversOptions {
  readonly stored: StoredGroups;
  readonly self: () => ProvedDevice;
  /** Is this device the only one on our account's list? */
  readonly alone: () => boolean;
  readonly keys: (jid: string) => OpenGroup | undefined;
  readonly room: (jid: string) => Room | undefined;
}

/** What is left behind by those who are in a group no more: a place on the room's list, a leaf. */
export class GroupLeavers {
  readonly #o: LeaversOptions;
  readonly #ended = new AbortController();
  /** Who left just now: room and person. */
  readonly #leaving = new Set<string>();
  /** Member ids of own devices that were taken out, or could not be. */
  readonly #takenOut = new Set<string>();

  constructor(options: LeaversOptions) {
    this.#o = options;
  }

  close(): void {
    this.#ended.abort();
  }

  /** They are invited (again), and keep their place. */
  invited(jid: string, person: string): void {
    this.#leaving.delete(`${jid} ${person}`);
  }

  /** Who left has no business in the room any more: its owner takes them off its list. */
  async left(jid: string, person: string): Promise<void> {
    const leaving = `${jid} ${person}`;
    this.#leaving.add(leaving);
    // They are on their way out of it, and may be back or be invited at once.
    await sleep(LEAVING, this.#ended.signal);
    if (!this.#leaving.delete(leaving) || this.#ended.signal.aborted) return;
    const { stored, self } = this.#o;
    const group = stored.get(jid);
    const members = this.#o.keys(jid)?.epoch?.members;
    const isBack = members?.some((member) => member.jid === person) ?? true;
    if (group === undefined || isBack || person === self().jid) return;
    const room = this.#o.room(jid);
    if (room?.self?.affiliation !== "owner") return;
    try {
      await room.administration.setAffiliation(Jid.parse(person).bare(), "none");
    } catch (error) {
      logOf("app").info("{person} stays on the list of {jid}: {error}", { person, jid, error });
    }
  }

  /**
   * Takes out leaves of our account's earlier devices, as a backup leaves them behind that was
   * restored instead of them. Where the list names several devices nothing is done: another of them
   * may have added one that this one does not know of yet.
   */
  async lost(jid: string, members: readonly GroupMember[]): Promise<void> {
    const { self, alone, keys } = this.#o;
    const own = self();
    if (!alone() || members.every(({ id }) => id !== `${own.jid}/${own.device}`)) return;
    for (const { id, jid: person, deviceKey, accountKey } of members) {
      const ours = person === own.jid && equal(accountKey, own.accountKey);
      const attempt = `${jid} ${id}`;
      if (!ours || equal(deviceKey, own.deviceKey) || this.#takenOut.has(attempt)) continue;
      this.#takenOut.add(attempt);
      try {
        await keys(jid)?.expel(id);
      } catch (error) {
        logOf("app").info("{id} stays in the group {jid}: {error}", { id, jid, error });
      }
    }
  }
}

/** Why one does not leave without a connection, unless by force. */
export function keyServerNotTold(): SimppdError {
  return new SimppdError(
    "key-server-not-told",
    "There is no connection to tell the key server that you leave; it would keep you in. Leave " +
      "when you are online, or by force (--force): what is here is deleted then.",
  );
}
