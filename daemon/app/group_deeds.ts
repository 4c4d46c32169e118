import { logOf } from "../base/mod.ts";
import type { Role, Specification } from "../group/mod.ts";
import type { StoredGroup } from "../store/mod.ts";
import type { GroupInviteInput } from "./api.ts";
import { GroupActs } from "./group_acts.ts";
import type { OpenGroup } from "./group_here.ts";
import { type GroupInviting, personOf } from "./group_inviting.ts";
import type { GroupLeavers } from "./group_leavers.ts";
import { affiliate, isSeenIn } from "./group_room.ts";
import type { AppRooms } from "./rooms.ts";

interface DeedsOptions {
  readonly rooms: () => AppRooms;
  readonly inviting: GroupInviting;
  readonly leavers: GroupLeavers;
  /** A group one is in. @throws SimppdError `unknown-group`, `not-in-group` */
  readonly inside: (jid: string) => { readonly group: StoredGroup; readonly keys: OpenGroup };
  readonly has: (jid: string) => boolean;
  readonly specification: (group: StoredGroup) => Specification;
  readonly remove: (jid: string) => void;
}

/** What owners and admins do about who is in a group: with its keys first, then with its room. */
export class GroupDeeds {
  readonly #o: DeedsOptions;
  readonly #acts: GroupActs;

  constructor(options: DeedsOptions) {
    this.#o = options;
    const { rooms, has } = options;
    this.#acts = new GroupActs({
      isThere: (jid, person) => isSeenIn(rooms(), jid, person),
      line: (jid, sentence) => has(jid) && rooms().log.line(jid, sentence),
    });
  }

  close(): void {
    this.#acts.close();
  }

  async invite(jid: string, contact: string, input: GroupInviteInput): Promise<void> {
    const { inside, inviting, leavers } = this.#o;
    const to = personOf(contact);
    const { group, keys } = inside(jid);
    leavers.invited(group.jid, to);
    await this.#run(
      group,
      `the invitation of ${to}`,
      () => inviting.invite(group, keys, to, input),
    );
  }

  /** Takes an invitation back. */
  async withdraw(jid: string, person: string): Promise<void> {
    const { group, keys } = this.#o.inside(jid);
    const to = personOf(person);
    await this.#run(
      group,
      `the withdrawal of ${to}'s invitation`,
      () => this.#o.inviting.withdraw(group, keys, to),
    );
  }

  async expel(jid: string, member: string): Promise<void> {
    const { inside, inviting, rooms } = this.#o;
    const { group, keys } = inside(jid);
    await this.#run(group, `the expulsion of ${member}`, async () => {
      await keys.expel(member);
      const [bare = ""] = member.split("/");
      inviting.gone(group.jid, [bare]);
      // The key is another already; the room only stops showing them what they cannot read.
      if (bare === member) await affiliate(rooms(), group.jid, bare, null);
    });
  }

  async setRole(jid: string, member: string, role: Role): Promise<void> {
    const { group, keys } = this.#o.inside(jid);
    await this.#run(group, `the role of ${member} as ${role}`, async () => {
      await keys.setRole(member, role);
      await affiliate(this.#o.rooms(), group.jid, member, role);
    });
  }

  async end(jid: string): Promise<void> {
    const { group, keys } = this.#o.inside(jid);
    await this.#run(group, "the end of the group", async () => {
      await keys.end();
      const room = this.#o.rooms().live(group.jid);
      await room?.administration.destroy({}).catch((error) =>
        logOf("app").warn("the room {jid} is not ended: {error}", { jid, error })
      );
      this.#o.remove(group.jid);
    });
  }

  /** @param what it is, as {@link GroupActs} says it */
  #run(group: StoredGroup, what: string, work: () => Promise<void>): Promise<void> {
    const keyServer = this.#o.specification(group).keyServer.jid;
    return this.#acts.run({ jid: group.jid, keyServer, what }, work);
  }
}
