import assert from "node:assert/strict";
import { el, type Element, NS, serialise } from "../../core/mod.ts";
import { DOMAIN, type TestBed, type TestClient } from "../testing.ts";

export const ROOMS = `rooms.${DOMAIN}`;

/** Bare JID of a room. */
export function roomOf(name: string): string {
  return `${name}@${ROOMS}`;
}

/** Status codes of a stanza, ascending. */
export function codesOf(stanza: Element): number[] {
  return (stanza.getChild("x", NS.mucUser)?.getChildren("status") ?? [])
    .map(({ attrs }) => Number(attrs.code)).sort((a, b) => a - b);
}

/** The item of a room's presence or message. */
export function itemOf(stanza: Element): Element {
  const item = stanza.getChild("x", NS.mucUser)?.getChild("item");
  assert.ok(item, serialise(stanza));
  return item;
}

/** Asks to enter. @returns own presence, or the error */
export async function enter(
  client: TestClient,
  name: string,
  nick: string,
  ...inX: Element[]
): Promise<Element> {
  client.send(
    el("presence", { to: `${roomOf(name)}/${nick}` }, el("x", { xmlns: NS.muc }, ...inX)),
  );
  return await client.until(
    (stanza) =>
      stanza.is("presence") && stanza.attrs.from!.startsWith(roomOf(name)) &&
      (stanza.attrs.type === "error" || codesOf(stanza).includes(110)),
    "own presence in the room",
  );
}

/** A submitted form of a room's configuration, names without `muc#roomconfig_`. */
export function configuration(fields: Record<string, string> = {}): Element {
  const field = (name: string, value: string) => el("field", { var: name }, el("value", {}, value));
  return el(
    "query",
    { xmlns: NS.mucOwner },
    el(
      "x",
      { xmlns: NS.dataForms, type: "submit" },
      field("FORM_TYPE", NS.mucRoomConfig),
      ...Object.entries(fields).map(([name, value]) => field(`muc#roomconfig_${name}`, value)),
    ),
  );
}

/** Everybody comes in, members are not asked for, those outside see nobody. */
export const OPEN = { membersonly: "0" };

/** Makes a room, entered by its owner. */
export async function make(
  owner: TestClient,
  name: string,
  fields: Record<string, string> = OPEN,
  nick = "owner",
): Promise<void> {
  assert.ok(codesOf(await enter(owner, name, nick)).includes(201));
  const answer = await owner.request("set", configuration(fields), roomOf(name));
  assert.equal(answer.attrs.type, "result", serialise(answer));
}

/** A change by `muc#admin`. @returns the answer */
export function administer(
  client: TestClient,
  name: string,
  ...items: Record<string, string>[]
): Promise<Element> {
  const query = el("query", { xmlns: NS.mucAdmin }, ...items.map((item) => el("item", item)));
  return client.request("set", query, roomOf(name));
}

/** A list by `muc#admin`. @returns what it lists by `key`, or the error's condition */
export async function list(
  client: TestClient,
  name: string,
  item: Record<string, string>,
  key: "jid" | "nick" = "jid",
): Promise<string[] | string> {
  const query = el("query", { xmlns: NS.mucAdmin }, el("item", item));
  const answer = await client.request("get", query, roomOf(name));
  if (answer.attrs.type === "error") return answer.getChild("error")!.getChildElements()[0]!.name;
  return answer.getChild("query")!.getChildren("item").map(({ attrs }) => attrs[key] ?? "");
}

/** A message to everybody. */
export function say(client: TestClient, name: string, text: string, ...more: Element[]): void {
  client.send(
    el("message", { to: roomOf(name), type: "groupchat", id: text }, el("body", {}, text), ...more),
  );
}

/** The next message of a room that holds `text`. */
export function heard(client: TestClient, text: string): Promise<Element> {
  return client.until(
    (stanza) => stanza.is("message") && stanza.getChildText("body") === text,
    `"${text}"`,
  );
}

/** Clients in an open room, the first its owner, each under its own name. */
export async function gather(
  bed: TestBed,
  name: string,
  fields: Record<string, string>,
  ...names: string[]
): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (const [index, who] of names.entries()) {
    const client = await bed.login(who);
    if (index === 0) await make(client, name, fields, who);
    else assert.equal((await enter(client, name, who)).attrs.type, undefined);
    clients.push(client);
  }
  for (const client of clients) await client.settle();
  return clients;
}
