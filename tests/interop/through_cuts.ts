import assert from "node:assert/strict";
import { Roster, type XmppClient } from "../../daemon/xmpp/client/mod.ts";
import { el, type Element } from "../../daemon/xmpp/core/mod.ts";
import type { CuttingProxy } from "./cutting_proxy.ts";

/** Waits until `done`; throws after 20 s. */
export async function until(done: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    if (tries > 2_000) throw new Error(`waited 20 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Numbers of the messages that came, in order. */
export function listen(client: XmppClient): number[] {
  const came: number[] = [];
  client.hooks.message((stanza) => {
    const number = stanza.getChildText("body");
    if (number !== null) came.push(Number(number));
  });
  return came;
}

/** Cuts, and has the client try again at once. */
export async function cutAndReturn(client: XmppClient, proxy: CuttingProxy): Promise<void> {
  proxy.cut();
  await until(() => client.state !== "online", "the client to notice");
  await client.connect().catch(() => {});
  await until(() => client.state === "online", "the client to come back");
}

/** A message of this number. */
export const message = (to: XmppClient, number: number): Element =>
  el("message", { to: to.jid.toString(), type: "chat" }, el("body", {}, String(number)));

/** Who talks, and what stands between Romeo and his server. Closed at the end. */
export interface Talk {
  readonly romeo: XmppClient;
  readonly juliet: XmppClient;
  readonly proxy: CuttingProxy;
  /**
   * ejabberd 23 passes on what it reads while the connection breaks and does not count it, so that
   * it comes twice (under one id); and it reorders. With it Romeo is cut off when all he sent is
   * confirmed, and in the middle of what he gets.
   */
  readonly countsLate?: boolean;
}

/**
 * 200 messages each way while Romeo is cut off five times in the middle of things: every one comes
 * once and in order, in one session whose roster is fetched once.
 */
export async function throughCuts(
  { romeo, juliet, proxy, countsLate = false }: Talk,
): Promise<void> {
  const roster = new Roster(romeo);
  let rosters = 0;
  let sessions = 0;
  let resumed = 0;
  let lost = 0;
  roster.events.on(({ kind }) => kind === "loaded" && rosters++);
  romeo.hooks.online(() => void sessions++);
  romeo.hooks.unacknowledged((stanzas) => void (lost += stanzas.length));
  romeo.events.on((event) => event.resumed && resumed++);
  const toRomeo = listen(romeo);
  const toJuliet = listen(juliet);
  const all = Array.from({ length: 200 }, (_, i) => i);
  try {
    await Promise.all([romeo.connect(), juliet.connect()]);
    const address = romeo.jid.toString();
    for (const number of all) {
      romeo.send(message(juliet, number));
      juliet.send(message(romeo, number));
      // Some of these are written now, some arrived, none confirmed.
      if (number % 40 === 20) {
        if (countsLate) await romeo.confirm();
        await cutAndReturn(romeo, proxy);
      } else if (number % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all([romeo.confirm(), juliet.confirm()]);
    await until(() => toRomeo.length >= 200 && toJuliet.length >= 200, "the messages");
    for (const came of [toJuliet, toRomeo]) {
      assert.deepEqual(countsLate ? came.toSorted((a, b) => a - b) : came, all);
    }
    assert.equal(romeo.jid.toString(), address);
    assert.deepEqual({ sessions, rosters, resumed, lost, connections: proxy.connections }, {
      sessions: 1,
      rosters: 1,
      resumed: 5,
      lost: 0,
      connections: 6,
    });
  } finally {
    await Promise.all([romeo.close(), juliet.close()]);
    await proxy.stop();
  }
}
