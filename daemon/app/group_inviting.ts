import { logOf, Rate, SimppdError, steadyNow } from "../base/mod.ts";
import { type GroupMember, printSpecification } from "../group/mod.ts";
import type { StoredGroup, StoredGroups } from "../store/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import type { GroupInviteInput } from "./api.ts";
import { answerElement, answerOf, invitationElement } from "./group_content.ts";
import type { OpenGroup } from "./group_here.ts";
import type { Incoming } from "./incoming.ts";
import type { SealedLink } from "./sealed_link.ts";

/** Answers of one person that are told, in as many ms: they may think again, not for ever. */
const MOST_ANSWERS = 6;
const ANSWERS_EVERY = 3_600_000;

/** What an invited person said that did not come in. */
export type InvitationAnswer = "later" | "declined";

interface InvitingOptions {
  readonly stored: StoredGroups;
  readonly link: SealedLink;
  readonly people: {
    has(jid: string): boolean;
    get(jid: string): { readonly blocked: boolean; readonly plain: boolean };
  };
  /** Our bare JID. */
  readonly own: () => string;
  readonly nameOf: (jid: string) => string;
  /** Puts a person on the list of the group's room, or off it. */
  readonly affiliate: (jid: string, person: string, role: GroupMember["role"] | null) => Promise<
    void
  >;
  /** A line among what was said in a group. */
  readonly line: (jid: string, sentence: string) => void;
  readonly changed: (jid: string) => void;
}

/** Whom this device let into groups and who has not come yet: invited, answered, withdrawn. */
export class GroupInviting {
  readonly #o: InvitingOptions;
  readonly #answers = new Rate(MOST_ANSWERS, ANSWERS_EVERY);

  constructor(options: InvitingOptions) {
    this.#o = options;
  }

  /**
   * Lets a contact in and invites them under seal.
   * @throws SimppdError `unknown-contact`, the codes of a refusal, `room-…`
   */
  async invite(
    { jid }: StoredGroup,
    keys: OpenGroup,
    to: string,
    { role = "member", reason = "" }: GroupInviteInput,
  ): Promise<void> {
    const { people, link, affiliate, changed } = this.#o;
    if (to === this.#o.own()) {
      throw new SimppdError("bad-input", `${to} is your own address; invite somebody else.`);
    }
    if (!people.has(to) || people.get(to).blocked || people.get(to).plain) {
      throw new SimppdError(
        "unknown-contact",
        `${to} is no contact with keys that you could invite under seal; add them first.`,
      );
    }
    await keys.admit(to, role);
    const isInside = keys.epoch?.members.some((member) => member.jid === to) ?? false;
    if (!isInside) this.#change(jid, (waiting) => ({ ...waiting, [to]: null }));
    changed(jid);
    await affiliate(jid, to, role);
    const invitation = invitationElement(printSpecification(keys.specification), reason, role);
    await link.send(to, [invitation], { store: true });
  }

  /**
   * Takes an invitation back: who has it is not let in any more.
   * @throws SimppdError `is-member`, `not-invited`, the codes of a refusal, `room-…`
   */
  async withdraw({ jid, admitted }: StoredGroup, keys: OpenGroup, person: string): Promise<void> {
    if (keys.epoch?.members.some((member) => member.jid === person)) {
      throw new SimppdError("is-member", `${person} has come in already: expel them instead.`);
    }
    if (!admitted.includes(person)) {
      throw new SimppdError("not-invited", `You have not invited ${person} to this group.`);
    }
    await keys.expel(person);
    this.gone(jid, [person]);
    await this.#o.affiliate(jid, person, null);
  }

  /** They are waited for no more: they came in, or are out for good. */
  gone(jid: string, people: readonly string[]): void {
    const group = this.#o.stored.get(jid);
    if (group === undefined || !group.admitted.some((one) => people.includes(one))) return;
    this.#change(jid, (waiting) => {
      const left = Object.entries(waiting).filter(([one]) => !people.includes(one));
      return Object.fromEntries(left);
    });
    this.#o.changed(jid);
  }

  /** Tells who invited us what we answered, as far as there is a connection. */
  async tell({ id, invitation }: StoredGroup, answer: InvitationAnswer): Promise<void> {
    if (invitation === null) return;
    try {
      await this.#o.link.send(invitation.from, [answerElement(id, answer)], { store: true });
    } catch (error) {
      logOf("app").info("{from} is not told of our answer: {error}", {
        from: invitation.from,
        error,
      });
    }
  }

  /** Takes what somebody answers whom we invited. @returns false when it is no answer */
  receive({ from, envelope }: Incoming): boolean {
    const found = answerOf(envelope.content);
    if (found === undefined) return false;
    const group = this.#o.stored.byId(found.group);
    // Only who was invited by this device is waited for, and says each thing once.
    const waits = group?.state === "joined" && group.admitted.includes(from);
    if (!waits || group.answers?.[from] === found.answer) return true;
    if (!this.#answers.allows(`${group.id} ${from}`, steadyNow())) return true;
    this.#change(group.jid, (waiting) => ({ ...waiting, [from]: found.answer }));
    const name = this.#o.nameOf(from);
    this.#o.line(
      group.jid,
      found.answer === "later"
        ? `${name} put the invitation aside, to answer later.`
        : `${name} declined the invitation: invite them again, or withdraw it.`,
    );
    this.#o.changed(group.jid);
    return true;
  }

  /** @param to who waits, with what they answered, by bare JID */
  #change(
    jid: string,
    to: (
      waiting: Readonly<Record<string, InvitationAnswer | null>>,
    ) => Record<string, InvitationAnswer | null>,
  ): void {
    const group = this.#o.stored.get(jid);
    if (group === undefined) return;
    const { admitted, answers = {} } = group;
    const after = to(Object.fromEntries(admitted.map((one) => [one, answers[one] ?? null])));
    const answered = Object.entries(after).flatMap(([one, answer]) =>
      answer === null ? [] : [[one, answer] as const]
    );
    this.#o.stored.put({
      ...group,
      admitted: Object.keys(after),
      answers: Object.fromEntries(answered),
    });
  }
}

/** A person's bare address as it was typed. @throws SimppdError `bad-jid` */
export function personOf(typed: string): string {
  const jid = Jid.tryParse(typed)?.bare();
  if (jid !== undefined && jid.local !== "") return jid.toString();
  throw new SimppdError("bad-jid", `"${typed}" is no person's address, such as bob@example.org.`);
}
