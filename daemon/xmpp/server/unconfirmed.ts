import { el, type Element, Jid, NS, serialise, StanzaError } from "../core/mod.ts";
import { delayed } from "./delay.ts";
import type { Extension, Host } from "./host.ts";
import type { Session } from "./session.ts";
import { isWorthKeeping } from "./storage_hints.ts";

interface Unconfirmed {
  message: Element;
  size: number;
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

  host.hooks.delivered.on((message, size, audience) => {
    if (!isWorthKeeping(message)) return;
    const open = audience.filter((session) => session.open);
    // Writing may have ended a session that reads too slowly.
    if (open.length === 0) return deliverAgain(host, message, audience);
    for (const session of open) {
      const before = waiting.get(session);
      const list = before ?? new Waiting();
      list.add({ message, size, audience }, host.limits.outQueueBytes);
      if (before !== undefined) continue;
      waiting.set(session, list);
      confirm(session, list);
    }
  });
  host.hooks.closed.on((session) => {
    const list = waiting.get(session);
    waiting.delete(session);
    for (const { message, audience } of list?.take() ?? []) deliverAgain(host, message, audience);
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
    this.#bytes += entry.size;
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
    this.#bytes -= this.#list.shift()!.size;
  }
}

function deliverAgain(host: Host, message: Element, audience: readonly Session[]): void {
  // Another one that has it is there: if that one dies too, it will be its turn.
  if (audience.some((session) => session.open)) return;
  const account = audience[0]!.account;
  const late = host.sessions.available(account)
    .filter(({ priority, full }) => priority >= 0 && !full);
  const again = delayed(message, host.domain, host.address(account));
  if (late.length > 0) {
    const xml = serialise(again);
    for (const session of late) session.sendXml(xml);
    host.hooks.delivered.run(again, xml.length, late);
    return;
  }
  try {
    host.hooks.keepMessage?.(account, again, Jid.parse(message.attrs.from!).bare());
  } catch (error) {
    // A full store: its sender was told of none, and nobody is there to be told now.
    if (!(error instanceof StanzaError)) throw error;
  }
}
