import { logOf, SimppdError } from "../base/mod.ts";
import type { Received } from "../simpp/mod.ts";
import { SimppError } from "../simpp/mod.ts";
import type { Messages } from "../store/mod.ts";
import type { MessageView } from "../views/mod.ts";
import { el, type Element, newId, NS } from "../xmpp/core/mod.ts";
import type { SealedLink } from "./sealed_link.ts";

const RECEIPTS = "urn:xmpp:receipts";
const ORIGIN_ID = "urn:xmpp:sid:0";
/** Longest text of one message, in characters. */
export const MAX_BODY = 10_000;
const MAX_ID = 128;
/** What was sent longer ago is not sent again when a session was renewed. */
const RESEND_AGE = 7 * 86_400_000;

/** Chat messages: kept until they have left, shown with where they are, answered with receipts. */
export class Chats {
  readonly #messages: Messages;
  readonly #link: SealedLink;
  readonly #changed: (message: MessageView) => void;
  #flushing: Promise<void> | undefined;
  #again = false;

  constructor(messages: Messages, link: SealedLink, changed: (message: MessageView) => void) {
    this.#messages = messages;
    this.#link = link;
    this.#changed = changed;
  }

  /** Keeps a message and sends it as soon as it can. @throws SimppdError `bad-input` */
  send(contact: string, body: string): MessageView {
    if (body.trim() === "" || body.length > MAX_BODY) {
      throw new SimppdError(
        "bad-input",
        body.trim() === ""
          ? "The message is empty."
          : `A message holds at most ${MAX_BODY} characters and this one has ${body.length}.`,
      );
    }
    const message: MessageView = {
      id: newId(),
      contact,
      mine: true,
      at: Date.now(),
      kind: "chat",
      body,
      delivery: "pending",
      problem: null,
      suite: null,
    };
    this.#messages.add(message, false);
    this.#changed(message);
    void this.flush();
    return message;
  }

  /** Sends what is waiting, oldest first; called after each login too. */
  flush(): Promise<void> {
    this.#again = true;
    this.#flushing ??= this.#run().finally(() => this.#flushing = undefined);
    return this.#flushing;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (const message of this.#messages.pending()) {
        if (!await this.#sendOne(message)) return;
      }
    }
  }

  /** False when the connection is gone: what waits goes on waiting. */
  async #sendOne(message: MessageView): Promise<boolean> {
    const content = [
      el("body", { xmlns: NS.client }, message.body),
      el("request", { xmlns: RECEIPTS }),
      el("origin-id", { xmlns: ORIGIN_ID, id: message.id }),
    ];
    try {
      const { suite } = await this.#link.send(message.contact, content, {
        store: true,
        copy: true,
        id: message.id,
      });
      this.#delivery(message.contact, message.id, "sent", { suite });
      return true;
    } catch (error) {
      if (!(error instanceof SimppError)) {
        logOf("app").info("a message waits: {error}", { error });
        return false;
      }
      const problem = { code: error.code, message: error.publicMessage };
      this.#delivery(message.contact, message.id, "failed", { problem });
      return true;
    }
  }

  /** Sends again what a contact never said to have: they could not open it. */
  resend(contact: string): void {
    for (const id of this.#messages.undelivered(contact, Date.now() - RESEND_AGE)) {
      this.#messages.sendAgain(contact, id);
    }
    void this.flush();
  }

  /**
   * Takes chat content out of an opened message; false when there is none in it.
   * @param own our address: a message from it is a copy of what another device of ours sent
   */
  receive(received: Received, own: string): boolean {
    const { content, to } = received.envelope;
    const copy = received.from === own;
    const find = (name: string, ns: string) => content.find((child) => child.is(name, ns));
    const receipt = find("received", RECEIPTS);
    if (receipt !== undefined && !copy) {
      this.#delivery(received.from, receipt.attrs.id ?? "", "delivered");
      return true;
    }
    const body = find("body", NS.client);
    const id = find("origin-id", ORIGIN_ID)?.attrs.id ?? "";
    if (body === undefined || id === "" || id.length > MAX_ID) return false;
    const message: MessageView = {
      id,
      contact: copy ? to : received.from,
      mine: copy,
      at: Math.min(received.envelope.time, Date.now()),
      kind: "chat",
      body: body.getText().slice(0, MAX_BODY),
      delivery: copy ? "sent" : null,
      problem: null,
      suite: received.suite,
    };
    if (this.#messages.add(message, !copy)) this.#changed(message);
    if (!copy && find("request", RECEIPTS) !== undefined) this.#acknowledge(received, id);
    return true;
  }

  /** A line of ours in the chat: a missed call, a change of keys. */
  line(contact: string, kind: Exclude<MessageView["kind"], "chat">, body: string): void {
    const message: MessageView = {
      id: newId(),
      contact,
      mine: false,
      at: Date.now(),
      kind,
      body,
      delivery: null,
      problem: null,
      suite: null,
    };
    this.#messages.add(message, kind === "missed-call");
    this.#changed(message);
  }

  /** The server returned a message of ours: it cannot be delivered. */
  returned(contact: string, id: string, message: string): void {
    this.#delivery(contact, id, "failed", { problem: { code: "returned", message } });
  }

  #acknowledge(received: Received, id: string): void {
    const content: Element[] = [el("received", { xmlns: RECEIPTS, id })];
    this.#link.send(received.from, content, { store: true })
      .catch((error) => logOf("app").info("a receipt was not sent: {error}", { error }));
  }

  #delivery(
    contact: string,
    id: string,
    delivery: NonNullable<MessageView["delivery"]>,
    extra: Parameters<Messages["setDelivery"]>[3] = {},
  ): void {
    const changed = this.#messages.setDelivery(contact, id, delivery, extra);
    if (changed !== undefined) this.#changed(changed);
  }
}
