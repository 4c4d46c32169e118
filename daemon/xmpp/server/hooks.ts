import { type Element, type Jid, StanzaError } from "../core/mod.ts";
import type { Login } from "./login/login.ts";
import type { Session } from "./session.ts";

/** An IQ request that an extension answers. */
export interface IqRequest {
  readonly session: Session;
  readonly iq: Element;
  readonly type: "get" | "set";
  /** The one child of the stanza. */
  readonly payload: Element;
  /** Local part of the account it is addressed to; "" for the server itself. */
  readonly account: string;
}

/** @returns the child of the result. @throws StanzaError to answer with an error */
export type IqHandler = (
  request: IqRequest,
) => Element | undefined | Promise<Element | undefined>;

/** @returns the child of the result. @throws StanzaError */
export type LoginIqHandler = (
  login: Login,
  type: "get" | "set",
  payload: Element,
) => Element | undefined | Promise<Element | undefined>;

/**
 * Takes a message of a session or a service to an account; `from` is true, `to` is an address of
 * this domain. @throws StanzaError
 */
export type MessageHandler = (from: Jid, message: Element, to: Jid) => void;

/** Takes presence of a session, to an address here or to nobody in particular. @throws StanzaError */
export type PresenceHandler = (session: Session, presence: Element, to: Jid) => void;

/** Takes an element of a bound stream that is no stanza. @throws StreamError to end the stream */
export type NonzaHandler = (session: Session, element: Element) => void;

/**
 * Enables a feature while a resource is bound (XEP-0386); `session` was sent nothing yet.
 * @returns what `<bound/>` says of it, if anything
 */
export type Bind2Handler = (session: Session, element: Element) => Element | undefined;

/** The server itself, or the bare JID of an account (one's own when there is no `to`). */
export type Scope = "server" | "account";

/** Whether stanzas may pass between two bare addresses. */
export type Passage = "open" | "blocked-by-sender" | "blocked-by-recipient";

/**
 * One moment that extensions wait for; they are called in the order they registered, each whether or
 * not another one failed.
 */
export class Hook<Args extends unknown[]> {
  #listeners: ((...args: Args) => void)[] = [];
  on(listener: (...args: Args) => void): void {
    this.#listeners.push(listener);
  }
  /** @throws what the first one threw that failed */
  run(...args: Args): void {
    let failure: { error: unknown } | undefined;
    for (const listener of this.#listeners) {
      try {
        listener(...args);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}

/** Where extensions register. One extension is one file, and imports no other. */
export class Hooks {
  /** A bound resource is gone. */
  readonly closed = new Hook<[session: Session]>();
  /** Available presence was broadcast; `before` is what stood before it, if anything. */
  readonly available = new Hook<[session: Session, before: Element | undefined]>();
  /** The client's features became known or changed (XEP-0115). */
  readonly capable = new Hook<[session: Session]>();
  /** `subscriber` may see `owner`'s presence from now on (local parts). */
  readonly subscribed = new Hook<[owner: string, subscriber: string]>();
  /** `watcher` may see `owner`'s presence no longer (local parts). */
  readonly unsubscribed = new Hook<[owner: string, watcher: string]>();
  /** An account was removed: its sessions end. */
  readonly removed = new Hook<[account: string]>();
  /** The server is about to end all streams. */
  readonly stopping = new Hook<[]>();

  /** Marks a message for one account before it is delivered; gives the copy to deliver. */
  stamp: (message: Element, account: string) => Element = (message) => message;
  /**
   * A message, as its receiver got it, was delivered or kept. `audience`: the sessions it was
   * written to.
   */
  readonly accepted = new Hook<
    [from: Jid, message: Element, to: Jid, audience: readonly Session[]]
  >();

  /** Adds to available presence before it is kept and broadcast. */
  dress: (session: Session, presence: Element) => Element = (_, presence) => presence;
  /** An item was published on a node of the session's account (XEP-0163). */
  readonly published = new Hook<[session: Session, node: string, item: Element]>();
  /** What lies on a node is another than before, or it is gone; `session` made that. */
  readonly nodeChanged = new Hook<[session: Session, account: string, node: string]>();
  /** An account set its vCard (XEP-0054). */
  readonly vcardSet = new Hook<[request: IqRequest, vcard: Element]>();

  /** Now and then, when deadlines are looked at. */
  readonly swept = new Hook<[]>();

  /** A message, here also as it was written, went to all these sessions of one account. */
  readonly delivered = new Hook<[message: Element, xml: string, audience: readonly Session[]]>();

  /** A client that read slowly has caught up. */
  readonly relieved = new Hook<[session: Session]>();

  /**
   * Takes what an account sends to its own bare address and is the server's to read, such as the
   * answer to a form. @returns whether it was that @throws StanzaError
   */
  answerToServer: (from: Jid, message: Element) => boolean = () => false;

  message: MessageHandler | undefined;
  presence: PresenceHandler | undefined;
  passage: (from: Jid, to: Jid) => Passage = () => "open";
  /** Keeps a message that nobody is online for. @throws StanzaError when it cannot */
  keepMessage: ((account: string, message: Element, sender: Jid) => void) | undefined;

  #iq = new Map<string, IqHandler>();
  #nonzas = new Map<string, NonzaHandler>();
  #bind2 = new Map<string, Bind2Handler>();
  #bound: ((session: Session) => Element | undefined)[] = [];
  #loginIq = new Map<string, LoginIqHandler>();
  #features = { login: [] as (() => Element)[], bound: [] as (() => Element)[] };
  #disco = {
    server: { features: new Set<string>(), identities: [] as Identity[] },
    account: { features: new Set<string>(), identities: [] as Identity[] },
  };

  /** Answers requests whose child is `<name xmlns=ns/>`; `*` for any name. */
  iq(scope: Scope, name: string, ns: string, handler: IqHandler): void {
    this.#iq.set(`${scope} ${name} ${ns}`, handler);
  }
  iqHandler(scope: Scope, payload: Element): IqHandler | undefined {
    const ns = payload.getNS();
    return this.#iq.get(`${scope} ${payload.getName()} ${ns}`) ??
      this.#iq.get(`${scope} * ${ns}`);
  }

  /** Answers requests of a stream that has not logged in yet. */
  loginIq(name: string, ns: string, handler: LoginIqHandler): void {
    this.#loginIq.set(`${name} ${ns}`, handler);
  }
  loginIqHandler(payload: Element): LoginIqHandler | undefined {
    return this.#loginIq.get(`${payload.getName()} ${payload.getNS()}`);
  }

  /** Takes `<name xmlns=ns/>` of bound streams. */
  nonza(name: string, ns: string, handler: NonzaHandler): void {
    this.#nonzas.set(`${name} ${ns}`, handler);
  }
  nonzaHandler(element: Element): NonzaHandler | undefined {
    return this.#nonzas.get(`${element.getName()} ${element.getNS()}`);
  }

  /** Offers a feature, and takes elements of its namespace, within `<bind/>` of XEP-0386. */
  bind2(ns: string, handler: Bind2Handler): void {
    this.#bind2.set(ns, handler);
  }
  bind2Handler(element: Element): Bind2Handler | undefined {
    return this.#bind2.get(element.getNS() ?? "");
  }
  /** Namespaces of what can be enabled while binding. */
  get bind2Features(): string[] {
    return [...this.#bind2.keys()];
  }

  /** Adds to what `<bound/>` says of every session, such as the state of its archive. */
  bound(make: (session: Session) => Element | undefined): void {
    this.#bound.push(make);
  }
  boundElements(session: Session): Element[] {
    return this.#bound.map((make) => make(session)).filter((element) => element !== undefined);
  }

  /** Adds to the stream features offered before (`login`) or after login (`bound`). */
  streamFeature(when: "login" | "bound", make: () => Element): void {
    this.#features[when].push(make);
  }
  streamFeatures(when: "login" | "bound"): Element[] {
    return this.#features[when].map((make) => make());
  }

  /** What service discovery says of an account's node. @throws StanzaError */
  nodeInfo: (request: IqRequest, node: string) => Element = () => {
    throw new StanzaError("cancel", "item-not-found");
  };

  /** Adds to what service discovery says (XEP-0030). */
  feature(scope: Scope, ...names: string[]): void {
    for (const name of names) this.#disco[scope].features.add(name);
  }
  identity(scope: Scope, identity: Identity): void {
    this.#disco[scope].identities.push(identity);
  }
  disco(scope: Scope): { features: ReadonlySet<string>; identities: readonly Identity[] } {
    return this.#disco[scope];
  }
}

/** What an entity is (XEP-0030 section 3.1). */
export interface Identity {
  category: string;
  type: string;
  name?: string;
}
