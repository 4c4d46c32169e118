import {
  el,
  Jid,
  LIMITS_AFTER_AUTH,
  NS,
  parseElement,
  serialise,
  StanzaError,
} from "../core/mod.ts";
import { delayed } from "./delay.ts";
import type { Extension, Host } from "./host.ts";
import type { Session } from "./session.ts";
import { isDatabaseTrouble } from "./storage/database.ts";
import { isWorthKeeping } from "./storage_hints.ts";

/** Escaping, spelt namespaces and stamps made it more than what came, never by this much. */
const REREAD = {
  bytes: 16 * LIMITS_AFTER_AUTH.bytes,
  depth: LIMITS_AFTER_AUTH.depth,
  attributes: 4 * LIMITS_AFTER_AUTH.attributes,
  children: 2 * LIMITS_AFTER_AUTH.children,
};

interface Unconfirmed {
  /** Text, which is far smaller than the tree, and is hardly ever read again. */
  xml: string;
  /** All that it was written to. */
  audience: readonly Session[];
}

/**
 * A connection can be dead long before anybody notices. Every message worth keeping is remembered
 * until its receiver has answered a ping written behind it (XEP-0199); when the session ends first,
 * what it never confirmed goes to the account's other sessions or to the offline store. A message
 * may so come twice, but is never lost in between.
 */
export const unconfirmed: Extension = (host) => {
  const waiting = new WeakMap<Session, Waiting>();

  host.hooks.delivered.on((message, xml, audience) => {
    if (!isWorthKeeping(message)) return;
    const open = audience.filter((session) => session.open);
    // Writing may have ended a session that reads too slowly.
    if (open.length === 0) return deliverAgain(host, xml, audience);
    for (const session of open) {
      const before = waiting.get(session);
      const list = before ?? new Waiting();
      list.add({ xml, audience }, host.limits.outQueueBytes);
      if (before !== undefined) continue;
      waiting.set(session, list);
      confirm(session, list);
    }
  });
  host.hooks.closed.on((session) => {
    const list = waiting.get(session);
    waiting.delete(session);
    for (const { xml, audience } of list?.take() ?? []) deliverAgain(host, xml, audience);
  });

  /** Asks for a sign of life, for all that was written before it. */
  function confirm(session: Session, list: Waiting): void {
    const written = list.written;
    session.ask(el("ping", { xmlns: NS.ping }), (answer) => {
      if (answer === undefined) return;
      list.confirmed(written);
      if (list.empty) waiting.delete(session);
      else confirm(session, list);
    });
  }
};

/** What one session has not confirmed, in the order it was written. */
class Waiting {
  /** How many were written to the session since the first. */
  written = 0;
  #list: Unconfirmed[] = [];
  #bytes = 0;

  get empty(): boolean {
    return this.#list.length === 0;
  }

  /** Nobody may make us remember more than what would wait on the wire; the newest stays. */
  add(entry: Unconfirmed, mostBytes: number): void {
    this.written++;
    this.#list.push(entry);
    this.#bytes += entry.xml.length;
    while (this.#bytes > mostBytes && this.#list.length > 1) this.#drop();
  }

  /** The first `count` that were written have come. */
  confirmed(count: number): void {
    while (this.#list.length > this.written - count) this.#drop();
  }

  take(): Unconfirmed[] {
    const list = this.#list;
    this.#list = [];
    return list;
  }

  #drop(): void {
    this.#bytes -= this.#list.shift()!.xml.length;
  }
}

function deliverAgain(host: Host, written: string, audience: readonly Session[]): void {
  // Another one that has it is there: if that one dies too, it will be its turn.
  if (audience.some((session) => session.open)) return;
  const account = audience[0]!.account;
  const late = host.sessions.available(account)
    .filter(({ priority, full }) => priority >= 0 && !full);
  const message = parseElement(written, REREAD);
  const again = delayed(message, host.domain, host.address(account));
  if (late.length > 0) {
    const xml = serialise(again);
    for (const session of late) session.sendXml(xml);
    host.hooks.delivered.run(again, xml, late);
    return;
  }
  try {
    host.hooks.keepMessage?.(account, again, Jid.parse(message.attrs.from!).bare());
  } catch (error) {
    // A full store: its sender was told of none, and nobody is there to be told now.
    if (!(error instanceof StanzaError || isDatabaseTrouble(error))) throw error;
  }
}
