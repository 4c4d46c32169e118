import { logOf, SimppdError } from "../base/mod.ts";
import type { Messages } from "../store/mod.ts";
import type { MessageView } from "../views/mod.ts";
import { readLink } from "../xmpp/client/mod.ts";
import { el, type Element, escapeText, newId, NS } from "../xmpp/core/mod.ts";
import type { Incoming } from "./incoming.ts";
import { markIn } from "./markers.ts";
import type { PlainLink } from "./plain_link.ts";
import type { SealedLink } from "./sealed_link.ts";

/** Somebody who has just joined publishes keys within this time, in ms; so long a message waits. */
const KEYS_WITHIN = 30_000;
const TRY_AGAIN = 1_500;
/** Errors that say something about the connection and nothing about a message. */
const CONNECTION = ["not-online", "not-confirmed", "closed", "timeout", "send-queue-full"];
/** A message is given up after the connection has ended so often right after it. */
const MAX_BREAKS = 4;
/** A contact's clock may be wrong; no message is shown as older than this, in ms. */
const OLDEST = 90 * 86_400_000;
/** Longest text of one message, in characters. */
export const MAX_BODY = 10_000;
/** Between a message's id and the number of its correction. */
const REVISION = "~";
const MAX_ID = 128;
/** What stands as the suite of a message in clear. */
const PLAIN = "none";
/** What was sent longer ago is not sent again when a session was renewed. */
const RESEND_AGE = 7 * 86_400_000;

/** Chat messages: kept until they have left, shown with where they are, answered with receipts. */
export class Chats {
  readonly #messages: Messages;
  readonly #link: SealedLink;
  readonly #plain: PlainLink;
  readonly #changed: (message: MessageView) => void;
  /** Contacts whose messages are being sent; true: once more when that is done. */
  readonly #sending = new Map<string, boolean>();
  /** How often the connection ended right after a message, by its id. */
  readonly #broke = new Map<string, number>();
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    messages: Messages,
    link: SealedLink,
    plain: PlainLink,
    changed: (message: MessageView) => void,
  ) {
    this.#messages = messages;
    this.#link = link;
    this.#plain = plain;
    this.#changed = changed;
  }

  /** Keeps a message and sends it as soon as it can. @throws SimppdError `bad-input` */
  send(contact: string, body: string): MessageView {
    checkBody(body);
    const message: MessageView = {
      id: newId(),
      contact,
      mine: true,
      at: Date.now(),
      kind: "chat",
      body,
      link: null,
      delivery: "pending",
      problem: null,
      edited: false,
      // Decided when it is written: what was meant to be encrypted never leaves in clear.
      suite: this.#plain.isAllowed(contact) ? PLAIN : null,
    };
    this.#messages.add(message, false);
    this.#changed(message);
    void this.flush();
    return message;
  }

  /** Replaces the text of one of ours (XEP-0308). @throws SimppdError `unknown-message`, `bad-input` */
  correct(contact: string, id: string, body: string): MessageView {
    checkBody(body);
    const revision = (this.#messages.revision(contact, true, id) ?? 0) + 1;
    const message = this.#messages.correct(contact, true, id, body, revision);
    if (message === undefined) {
      throw new SimppdError("unknown-message", "There is no such message of yours to correct.");
    }
    this.#changed(message);
    void this.flush();
    return message;
  }

  /** Sends what is waiting, of each contact oldest first; called after each login too. */
  async flush(): Promise<void> {
    const contacts = new Set(this.#messages.pending().map(({ contact }) => contact));
    await Promise.all([...contacts].map((contact) => this.#flushOne(contact)));
  }

  /** A contact whose server is slow holds up nobody else. */
  async #flushOne(contact: string): Promise<void> {
    if (this.#sending.has(contact)) return void this.#sending.set(contact, true);
    try {
      do {
        this.#sending.set(contact, false);
        for (const message of this.#messages.pending().filter((m) => m.contact === contact)) {
          if (!await this.#sendOne(message)) return;
        }
      } while (this.#sending.get(contact));
    } finally {
      this.#sending.delete(contact);
    }
  }

  /** False when the connection is gone: what waits goes on waiting. */
  async #sendOne(message: MessageView): Promise<boolean> {
    const revision = this.#messages.revision(message.contact, true, message.id) ?? 0;
    const name = revision === 0 ? message.id : `${message.id}${REVISION}${revision}`;
    const content = [
      el("body", { xmlns: NS.client }, message.body),
      el("request", { xmlns: NS.receipts }),
      el("origin-id", { xmlns: NS.stanzaIds, id: name }),
      el("markable", { xmlns: NS.chatMarkers }),
      ...(revision === 0 ? [] : [el("replace", { xmlns: NS.correction, id: message.id })]),
    ];
    try {
      if (message.suite === PLAIN) {
        await this.#plain.send(message.contact, content, { id: name });
        this.#delivery(message.contact, name, "sent", {});
        return true;
      }
      const { suite } = await this.#link.send(message.contact, content, {
        store: true,
        copy: true,
        id: name,
      });
      this.#delivery(message.contact, name, "sent", { suite });
      return true;
    } catch (error) {
      if (!(error instanceof SimppdError) || CONNECTION.includes(error.code)) {
        logOf("app").info("a message waits: {error}", { error });
        return error instanceof SimppdError && error.code === "not-confirmed"
          ? this.#mayWait(message, name)
          : false;
      }
      if (error.code === "no-keys" && Date.now() - message.at < KEYS_WITHIN) {
        this.#waiting ??= setTimeout(() => {
          this.#waiting = undefined;
          void this.flush();
        }, TRY_AGAIN);
        return true;
      }
      if (error.code === "no-common-suite") this.#link.refuse(message.contact);
      const problem = { code: error.code, message: error.publicMessage };
      this.#delivery(message.contact, name, "failed", { problem });
      return true;
    }
  }

  /**
   * A message after which the connection ended again and again is not tried for ever: it may be what
   * the server refuses.
   */
  #mayWait(message: MessageView, name: string): boolean {
    const tries = (this.#broke.get(name) ?? 0) + 1;
    this.#broke.set(name, tries);
    if (tries < MAX_BREAKS) return false;
    this.#broke.delete(name);
    this.#delivery(message.contact, name, "failed", {
      problem: {
        code: "not-taken",
        message: "The server did not take this message, several times over; it is not tried again.",
      },
    });
    return true;
  }

  /** Ends what waits; messages stay stored. */
  close(): void {
    clearTimeout(this.#waiting);
  }

  /** Sends again what a contact never said to have: they could not open it. */
  resend(contact: string): void {
    for (const id of this.#messages.undelivered(contact, Date.now() - RESEND_AGE)) {
      this.#messages.sendAgain(contact, id);
    }
    void this.flush();
  }

  /**
   * Takes chat content out of an opened message, or one in clear; false when there is none in it.
   * @param own our address: a message from it is a copy of what another device of ours sent
   * @param answered may the sender hear that it came? Strangers may not
   */
  receive(received: Incoming, own: string, answered: boolean): boolean {
    const { content, to } = received.envelope;
    const copy = received.from === own;
    const plain = received.suite === PLAIN;
    const find = (name: string, ns: string) => content.find((child) => child.is(name, ns));
    const mark = markIn(content);
    const arrived = find("received", NS.receipts)?.attrs.id ?? mark?.id;
    if (arrived !== undefined && !copy) {
      if (this.#isPlain(received.from, true, arrived) === plain) {
        this.#delivery(received.from, arrived, mark?.seen === true ? "seen" : "delivered");
      }
      return true;
    }
    const body = find("body", NS.client);
    const id = plain ? received.id ?? "" : find("origin-id", NS.stanzaIds)?.attrs.id ?? "";
    if (body === undefined || id === "" || id.length > MAX_ID) return false;
    const message: MessageView = {
      id,
      contact: copy ? to : received.from,
      mine: copy,
      at: Math.max(Math.min(received.envelope.time, Date.now()), Date.now() - OLDEST),
      kind: "chat",
      body: body.getText().slice(0, MAX_BODY),
      link: plain ? readLink(content) ?? null : null,
      delivery: copy ? "sent" : null,
      problem: null,
      edited: false,
      suite: received.suite,
    };
    const replaces = find("replace", NS.correction)?.attrs.id ?? "";
    if (replaces !== "") this.#replace(message, replaces);
    else if (this.#messages.add(message, !copy)) this.#changed(message);
    // What comes again out of an archive was acknowledged before.
    else if (plain) return true;
    if (!copy && answered && find("request", NS.receipts) !== undefined) {
      this.#acknowledge(received, id);
    }
    return true;
  }

  /** Did a message travel in clear? What is in clear says nothing of what was sealed. */
  #isPlain(contact: string, mine: boolean, name: string): boolean {
    const [id = ""] = name.split(REVISION);
    return this.#messages.get(contact, mine, id)?.suite === PLAIN;
  }

  /** A correction: the newest one stands; what it corrects may never have come. */
  #replace(message: MessageView, id: string): void {
    const { contact, mine, body, link } = message;
    const known = this.#messages.revision(contact, mine, id);
    const plain = message.suite === PLAIN;
    // Other programs do not number what they correct in clear: it comes in its order.
    const revision = plain ? (known ?? 0) + 1 : revisionOf(message.id, id);
    if (revision === undefined) return;
    if (known !== undefined && this.#isPlain(contact, mine, id) !== plain) return;
    if (known === undefined) this.#messages.add({ ...message, id }, !mine);
    else if (revision <= known) return;
    const changed = this.#messages.correct(contact, mine, id, body, revision, link);
    if (changed === undefined) return;
    this.#changed(mine ? this.#messages.setDelivery(contact, id, "sent") ?? changed : changed);
  }

  /**
   * A line of ours in the chat: a missed call, a change of keys.
   * @param id what comes again by the same stands once
   */
  line(
    contact: string,
    kind: Exclude<MessageView["kind"], "chat">,
    body: string,
    id: string = newId(),
  ): void {
    const message: MessageView = {
      id,
      contact,
      mine: false,
      at: Date.now(),
      kind,
      body: body.slice(0, MAX_BODY),
      link: null,
      delivery: null,
      problem: null,
      edited: false,
      suite: null,
    };
    if (this.#messages.add(message, kind === "missed-call")) this.#changed(message);
  }

  /** The server returned a message of ours: it cannot be delivered. */
  returned(contact: string, id: string, message: string): void {
    this.#delivery(contact, id, "failed", { problem: { code: "returned", message } });
  }

  #acknowledge({ from, suite }: Incoming, id: string): void {
    const content: Element[] = [el("received", { xmlns: NS.receipts, id })];
    if (suite === PLAIN && !this.#plain.isAllowed(from)) return;
    const sent = suite === PLAIN
      ? this.#plain.send(from, content)
      : this.#link.send(from, content, { store: true, standing: true });
    sent
      .catch((error) => logOf("app").info("a receipt was not sent: {error}", { error }));
  }

  #delivery(
    contact: string,
    name: string,
    delivery: NonNullable<MessageView["delivery"]>,
    extra: Parameters<Messages["setDelivery"]>[3] = {},
  ): void {
    const [id = "", revision = "0"] = name.split(REVISION);
    // What is said of an older text says nothing of the one that stands now.
    if (this.#messages.revision(contact, true, id) !== Number(revision)) return;
    const changed = this.#messages.setDelivery(contact, id, delivery, extra);
    if (changed === undefined) return;
    this.#changed(changed);
    if (delivery !== "seen") return;
    // Who has read one has read what came before it, as far as it came.
    const before = this.#messages.seenBefore(contact, id, changed.suite === PLAIN);
    for (const each of before) this.#changed(each);
  }
}

/** The number of a correction of `id`, 1 to 999,999; undefined when its name has none. */
function revisionOf(name: string, id: string): number | undefined {
  if (!name.startsWith(`${id}${REVISION}`)) return undefined;
  const digits = name.slice(id.length + REVISION.length);
  return /^[1-9]\d{0,5}$/.test(digits) ? Number(digits) : undefined;
}

/** @throws SimppdError `bad-input` for what is empty, too long or cannot stand in XML */
export function checkBody(body: string): void {
  try {
    escapeText(body);
  } catch (error) {
    throw new SimppdError(
      "bad-input",
      "The message holds a control character that cannot be sent; take it out.",
      error,
    );
  }
  if (body.trim() !== "" && body.length <= MAX_BODY) return;
  throw new SimppdError(
    "bad-input",
    body.trim() === ""
      ? "The message is empty."
      : `A message holds at most ${MAX_BODY} characters and this one has ${body.length}.`,
  );
}
