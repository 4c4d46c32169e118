import { logOf, SimppdError } from "../../../base/mod.ts";
import { el, type Element, iqResult, newId, NS, StanzaError, StreamError } from "../../core/mod.ts";
import { BoundStream } from "./bound_stream.ts";
import { refusal } from "../refusal.ts";
import { Session } from "../session.ts";
import type { Stage, StagedStream } from "./stage.ts";
import type { StreamHost } from "./stream_host.ts";
import {
  managementFailed,
  managementFeature,
  type Resumed,
  resumeSession,
} from "../xep_0198_stream_management.ts";

/** A stream whose client has logged in and has no resource yet (RFC 6120 section 7). */
export class Binding implements Stage {
  readonly #host: StreamHost;
  readonly #stream: StagedStream;
  readonly #account: string;

  constructor(host: StreamHost, stream: StagedStream, account: string) {
    this.#host = host;
    this.#stream = stream;
    this.#account = account;
  }

  features(): Element[] {
    const bound = this.#host.hooks.streamFeatures("bound");
    return [el("bind", { xmlns: NS.bind }), managementFeature(), ...bound];
  }

  handle(element: Element): Promise<void> | void {
    if (element.is("resume", NS.streamManagement)) return this.#resume(element);
    if (element.getNS() === NS.streamManagement) {
      return this.#stream.send(managementFailed("unexpected-request"));
    }
    const bind = element.getChild("bind", NS.bind);
    if (!element.is("iq", NS.client) || element.attrs.type !== "set" || bind === undefined) {
      throw new StreamError("not-authorized", "bind a resource first");
    }
    delete element.attrs.from;
    try {
      const wanted = bind.getChildText("resource") || newId();
      const session = bindResource(this.#host, this.#stream, this.#account, wanted);
      this.#stream.enter(new BoundStream(this.#host, this.#stream, session));
      const jid = el("jid", {}, session.jid.toString());
      this.#stream.send(iqResult(element, el("bind", { xmlns: NS.bind }, jid)));
    } catch (error) {
      if (error instanceof StreamError) throw error;
      this.#stream.send(refusal(element, error));
    }
  }

  async #resume(element: Element): Promise<void> {
    const result = await resumeSession(this.#host, this.#account, element);
    if (this.#stream.closed) return;
    if (!("session" in result)) return this.#stream.send(result);
    this.#stream.send(result.element);
    continueSession(this.#host, this.#stream, result);
  }
}

/**
 * Makes a session of `account`.
 * @throws StanzaError `bad-request`, `resource-constraint`
 * @throws StreamError `not-authorized` when the account was removed meanwhile
 */
export function bindResource(
  host: StreamHost,
  stream: StagedStream,
  account: string,
  resource: string,
): Session {
  const { limits, resumptions, sessions, storage } = host;
  const created = storage.accounts.created(account);
  if (created === undefined || created !== stream.created) {
    throw new StreamError("not-authorized", "the account was removed");
  }
  const jid = fullJid(host, account, resource);
  const crowded = () => sessions.of(account).length >= limits.sessionsPerAccount;
  if (sessions.get(jid) === undefined && crowded()) {
    // One that has no client at the moment goes first.
    const oldest = resumptions.oldest(account);
    if (oldest !== undefined) host.sessionOver(oldest);
    if (crowded()) {
      throw new StanzaError("wait", "resource-constraint", "too many sessions of this account");
    }
  }
  const session = new Session(jid, stream.outlet, limits.outQueueBytes);
  host.bind(session);
  return session;
}

/** The session is on this stream from now on; what its client missed comes first. */
export function continueSession(host: StreamHost, stream: StagedStream, resumed: Resumed): void {
  const { session } = resumed;
  logOf("xmpp-server").info("{jid} came back", { jid: session.jid.toString() });
  stream.enter(new BoundStream(host, stream, session));
  resumed.attach(stream.outlet);
}

function fullJid(host: StreamHost, account: string, resource: string) {
  try {
    return host.address(account).withResource(resource);
  } catch (error) {
    if (error instanceof SimppdError) {
      throw new StanzaError("modify", "bad-request", "bad resource");
    }
    throw error;
  }
}
