/** The made-up daemon's contacts and chats. */
import type { AppEvent, ContactView, MessageView, StatusView, SuiteName } from "../api/views.ts";
import { fakeMessage } from "./fake_state.ts";
import { Refusal } from "./refusal.ts";

const SAFETY = "482910573328841002957163920481557720391846501173298465";

type Body = Record<string, unknown>;

interface ContactState {
  status: StatusView;
  contacts: Map<string, ContactView>;
  messages: Map<string, MessageView[]>;
  /** The text of the code that names the right keys. */
  code: string;
}

export class MockContacts {
  readonly #state: ContactState;
  readonly #emit: (event: AppEvent) => void;

  constructor(state: ContactState, emit: (event: AppEvent) => void) {
    this.#state = state;
    this.#emit = emit;
  }

  put(contact: ContactView): void {
    this.#state.contacts.set(contact.jid, contact);
    this.#emit({ type: "contact", data: contact });
  }

  say(message: MessageView): void {
    const talk = this.#state.messages.get(message.contact) ?? [];
    const known = talk.some(({ id }) => id === message.id);
    this.#state.messages.set(
      message.contact,
      known ? talk.map((one) => one.id === message.id ? message : one) : [...talk, message],
    );
    this.#emit({ type: "message", data: message });
  }

  /** Undefined where the path is about no contact. @throws Refusal */
  answer(
    method: string,
    path: string,
    body: Body,
    query: URLSearchParams,
  ): Response | undefined {
    const corrected = path.match(/^\/api\/contacts\/([^/]+)\/messages\/([^/]+)$/);
    if (corrected !== null) {
      return this.#correct(corrected[1]!, corrected[2]!, String(body["body"]));
    }
    const contact = path.match(/^\/api\/contacts\/([^/]+)(?:\/(\w+))?$/);
    return contact === null ? undefined : this.#on(method, contact[1]!, contact[2], body, query);
  }

  #on(
    method: string,
    jid: string,
    verb: string | undefined,
    body: Body,
    query: URLSearchParams,
  ): Response {
    const state = this.#state;
    const contact = state.contacts.get(jid);
    if (contact === undefined) throw new Refusal(404, "unknown-contact", "No such contact.");
    const changed = (change: Partial<ContactView>) => {
      this.put({ ...contact, ...change });
      return Response.json(state.contacts.get(jid));
    };
    switch (verb) {
      case undefined: {
        const gone = method === "DELETE" || body["accept"] === false;
        if (gone) {
          state.contacts.delete(jid);
          this.#emit({ type: "contact-removed", data: { jid } });
          return method === "DELETE" ? new Response(null, { status: 204 }) : Response.json(contact);
        }
        const { accept, ...rest } = body;
        return changed({ ...rest, ...accept === true ? { subscription: "both" } : {} });
      }
      case "safety":
        return Response.json({ number: SAFETY.padEnd(60, "7"), qr: `simpp:${SAFETY}` });
      case "verify":
        if ("qr" in body && !String(body["qr"]).startsWith("simpp-verify:")) {
          throw new Refusal(409, "no-code", "This is no code of simppd's.");
        }
        if ("qr" in body && body["qr"] !== state.code) {
          changed({ trust: { ...contact.trust, state: "changed", doubt: "differs" } });
          throw new Refusal(409, "not-trusted", "Their code names other keys.");
        }
        return changed({ trust: { ...contact.trust, state: "verified", doubt: null } });
      case "decide":
        if (body["accept"] === true) {
          return changed({ trust: { ...contact.trust, state: "first-use", doubt: null } });
        }
        return changed({
          trust: {
            ...contact.trust,
            state: "changed",
            doubt: contact.trust.state === "changed" ? "refused" : "differs",
          },
        });
      case "typing":
        return new Response(null, { status: 204 });
      case "policy": {
        const own = body["suites"] as SuiteName[] | null;
        const policy = own ?? state.status.policy;
        changed({ trust: { ...contact.trust, policy, ownPolicy: own !== null } });
        return Response.json(state.status);
      }
      case "read":
        changed({ unread: 0 });
        return new Response(null, { status: 204 });
      default:
        return method === "POST" ? this.#send(jid, String(body["body"])) : this.#page(jid, query);
    }
  }

  #send(jid: string, body: string): Response {
    if (body === "refuse this") throw new Refusal(409, "not-online", "You are not online.");
    const message = fakeMessage(jid, { mine: true, body, delivery: "pending" });
    this.say(message);
    return Response.json(message);
  }

  #correct(jid: string, id: string, body: string): Response {
    const message = this.#state.messages.get(jid)?.find((one) => one.id === id);
    if (message === undefined) throw new Refusal(404, "unknown-message", "No such message.");
    this.say({ ...message, body, edited: true, delivery: "pending" });
    return Response.json({ ...message, body, edited: true, delivery: "pending" });
  }

  #page(jid: string, query: URLSearchParams): Response {
    const before = Number(query.get("before") ?? Infinity);
    const all = (this.#state.messages.get(jid) ?? []).filter((message) => message.at < before);
    return Response.json(all.slice(-Number(query.get("limit") ?? 100)));
  }
}
