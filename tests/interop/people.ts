import assert from "node:assert/strict";
import {
  announceCaps,
  Disco,
  type Endpoint,
  Pep,
  type PepItem,
  Presence,
  Rooms,
  Roster,
  type RosterEvent,
  type TlsTrust,
  XmppClient,
} from "../../daemon/xmpp/client/mod.ts";
import { el, type Element } from "../../daemon/xmpp/core/mod.ts";

/** The port of a real server for one way to encrypt. */
export function portOf(
  ports: { readonly direct: number; readonly starttls: number; readonly https: number },
  tls: Endpoint["tls"],
): number {
  return tls === "websocket" ? ports.https : ports[tls];
}

/** A client with all its extensions; the password is "pass of " and the name. */
export function person(domain: string, name: string, endpoint: Endpoint, trust: TlsTrust) {
  const client = new XmppClient({
    jid: `${name}@${domain}`,
    password: `pass of ${name}`,
    endpoints: [endpoint],
    trust,
  });
  const disco = new Disco(client, "test", "https://example.org/test");
  announceCaps(client, disco);
  const roster = new Roster(client);
  const rooms = new Rooms(client);
  const presence = new Presence(client);
  const pep = new Pep(client);
  return { client, disco, roster, rooms, presence, pep };
}

/** Resolves when `subscribe` calls back with what `wanted` accepts. */
function until<T>(
  subscribe: (listener: (event: T) => void) => () => void,
  wanted: (event: T) => boolean,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("waited 10 s in vain")), 10_000);
    const off = subscribe((event) => {
      if (!wanted(event)) return;
      clearTimeout(late);
      off();
      resolve(event);
    });
  });
}

/** See {@link person}. */
export type Person = ReturnType<typeof person>;

/** Two who did not know each other end in each other's rosters, and see presence. */
export async function befriend(romeo: Person, juliet: Person): Promise<void> {
  const events = (who: Person) => (listener: (event: RosterEvent) => void) =>
    who.roster.events.on(listener);
  const asked = until(events(juliet), ({ kind }) => kind === "request");
  romeo.roster.subscribe(juliet.client.jid, { text: "it is I" });
  const request = await asked;
  assert.ok(request.kind === "request" && request.request.text === "it is I");
  assert.equal(juliet.roster.pending().length, 1);

  const both = (who: Person) =>
    until(events(who), (event) => event.kind === "item" && event.item.subscription === "both");
  const mutual = Promise.all([both(romeo), both(juliet)]);
  const back = until(events(romeo), ({ kind }) => kind === "request");
  juliet.roster.approve(romeo.client.jid);
  juliet.roster.subscribe(romeo.client.jid);
  await back;
  romeo.roster.approve(juliet.client.jid);
  await mutual;
  assert.equal(juliet.roster.pending().length, 0);
  const named = until(
    events(romeo),
    (event) => event.kind === "item" && event.item.name === "Jule",
  );
  await romeo.roster.set(juliet.client.jid, "Jule");
  await named;
  assert.equal(romeo.roster.get(juliet.client.jid)?.subscription, "both");

  const away = until(
    (listener: (event: { presence: { show: string } }) => void) =>
      romeo.presence.events.on(listener),
    ({ presence }) => presence.show === "away",
  );
  juliet.presence.set({ show: "away", status: "on the balcony" });
  await away;
  assert.equal(romeo.presence.of(juliet.client.jid).status, "on the balcony");
}

/** A long message with all kinds of characters arrives as it was. */
export async function talk(romeo: Person, juliet: Person): Promise<void> {
  const text = `wherefore? <&> "ä👋🏽" ${"x".repeat(50_000)}`;
  const heard = until(
    (listener: (stanza: Element) => void) =>
      juliet.client.hooks.message((stanza) => listener(stanza)),
    (stanza) => stanza.getChild("body") !== undefined,
  );
  romeo.client.send(
    el("message", { to: juliet.client.jid.bare().toString(), type: "chat" }, el("body", {}, text)),
  );
  const stanza = await heard;
  assert.equal(stanza.getChildText("body"), text);
  assert.equal(stanza.attrs.from, romeo.client.jid.toString());
}

/** Juliet publishes, Romeo is told and fetches; the node's access changes on the way. */
export async function publish(romeo: Person, juliet: Person): Promise<void> {
  const node = "urn:example:node";
  const payload = (text: string) => el("thing", { xmlns: node }, text);
  const told = until(
    (listener: (event: { from: string; items: PepItem[] }) => void) =>
      romeo.pep.onEvent(node, (from, items) => listener({ from: from.toString(), items })),
    ({ items }) => items.length > 0,
  );
  await juliet.pep.publish(node, "one", payload("presence"), { accessModel: "presence" });
  // The node is there with another access model: it is changed.
  await juliet.pep.publish(node, "two", payload("open"), {
    accessModel: "open",
    maxItems: 5,
    persist: true,
  });
  const { from, items } = await told;
  assert.equal(from, juliet.client.jid.bare().toString());
  assert.equal(items[0]?.payload.getNS(), node);

  const two = await romeo.pep.fetch(juliet.client.jid, node, { itemId: "two" });
  assert.deepEqual(two.map(({ id, payload }) => [id, payload.getText()]), [["two", "open"]]);
  assert.equal((await juliet.pep.fetch(juliet.client.jid, node)).length, 2);
  await juliet.pep.retract(node, "two");
  assert.deepEqual(await romeo.pep.fetch(juliet.client.jid, node, { itemId: "two" }), []);
  assert.deepEqual(await romeo.pep.fetch(juliet.client.jid, "urn:example:absent"), []);
  const info = await romeo.disco.info(juliet.client.jid);
  assert.ok(info.features.has("urn:xmpp:ping"));
  assert.deepEqual(info.identities[0], romeo.disco.identity);
}
