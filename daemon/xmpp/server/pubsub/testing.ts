import { el, type Element, NS } from "../../core/mod.ts";
import { conditionOf, DOMAIN, type TestBed, type TestClient } from "../testing.ts";

export const ALICE = `alice@${DOMAIN}`;
export const BOB = `bob@${DOMAIN}`;
export const EVE = `eve@${DOMAIN}`;
export const NODE = "urn:example:node";

/** A submitted form; names get `pubsub#` before them. */
export function form(type: string, values: Record<string, string | string[]>): Element {
  const field = (name: string, value: string | string[]) =>
    el("field", { var: name }, ...[value].flat().map((text) => el("value", {}, text)));
  return el(
    "x",
    { xmlns: NS.dataForms, type: "submit" },
    field("FORM_TYPE", type),
    ...Object.entries(values).map(([name, value]) => field(`pubsub#${name}`, value)),
  );
}

export function pubsub(...children: (Element | undefined)[]): Element {
  return el("pubsub", { xmlns: NS.pubsub }, ...children);
}

export function owner(...children: Element[]): Element {
  return el("pubsub", { xmlns: NS.pubsubOwner }, ...children);
}

export function publishing(
  id: string,
  text: string,
  options: Record<string, string | string[]> = {},
  node = NODE,
): Element {
  return pubsub(
    el("publish", { node }, el("item", { id }, el("t", { xmlns: "urn:example" }, text))),
    el("publish-options", {}, form(NS.pubsubPublishOptions, options)),
  );
}

export const items = (node = NODE) => pubsub(el("items", { node }));
export const subscribing = (jid: string, node = NODE) => pubsub(el("subscribe", { node, jid }));
export const unsubscribing = (jid: string, node = NODE) => pubsub(el("unsubscribe", { node, jid }));
export const configuring = (values: Record<string, string | string[]>, node = NODE) =>
  owner(el("configure", { node }, form(NS.pubsubNodeConfig, values)));
export const affiliating = (people: Record<string, string>, node = NODE) =>
  owner(el(
    "affiliations",
    { node },
    ...Object.entries(people).map(([jid, affiliation]) => el("affiliation", { jid, affiliation })),
  ));
export const managing = (people: Record<string, string>, node = NODE) =>
  owner(el(
    "subscriptions",
    { node },
    ...Object.entries(people).map(([jid, state]) =>
      el("subscription", { jid, subscription: state })
    ),
  ));

/** Asks for a change. @returns "done", or the condition of the error, and what is more specific */
export async function outcome(
  client: TestClient,
  type: "get" | "set",
  payload: Element,
  to?: string,
): Promise<string> {
  const answer = await client.request(type, payload, to);
  if (answer.attrs.type === "result") return "done";
  const specific = answer.getChild("error")!.getChildElements()
    .find((child) => child.getNS() === NS.pubsubErrors);
  return [conditionOf(answer), specific?.getName()].filter(Boolean).join(" ");
}

/** The state a subscription request is answered with, or the error. */
export async function subscribeAs(client: TestClient, jid: string, node = NODE): Promise<string> {
  const answer = await client.request("set", subscribing(jid, node), ALICE);
  if (answer.attrs.type === "error") {
    return await outcome(client, "set", subscribing(jid, node), ALICE);
  }
  return answer.getChild("pubsub")!.getChild("subscription")!.attrs.subscription!;
}

/** What an answer's or message's `<subscription/>` or `<affiliation/>` elements say. */
export function listed(stanza: Element, kind: "subscription" | "affiliation"): string[] {
  const holder = stanza.getChildElements()[0]!.getChild(`${kind}s`)!;
  return holder.getChildren(kind).map(({ attrs }) =>
    [attrs.node, attrs.jid, attrs[kind]].filter(Boolean).join(" ")
  );
}

/** The texts of items, and names of other events, that came to a client up to now. */
export async function eventsOf(client: TestClient): Promise<string[]> {
  return (await client.settle()).flatMap((stanza) => {
    const event = stanza.getChild("event", NS.pubsubEvent)?.getChildElements()[0];
    if (event === undefined) return [];
    const texts = event.getChildren("item").map((item) => {
      const { publisher } = item.attrs;
      return (publisher ? `${publisher}: ` : "") + (item.getChildText("t") ?? "");
    });
    const retracted = event.getChildren("retract").map(({ attrs }) => `-${attrs.id}`);
    return event.getName() === "items" ? [...texts, ...retracted] : [event.getName()];
  });
}

/** Lets `watcher` see alice's presence, in these groups of hers. */
export async function befriend(
  alice: TestClient,
  watcher: TestClient,
  name: string,
  groups: string[] = [],
): Promise<void> {
  const jid = `${name}@${DOMAIN}`;
  const item = el("item", { jid }, ...groups.map((group) => el("group", {}, group)));
  await alice.request("set", el("query", { xmlns: NS.roster }, item));
  alice.send(el("presence", { to: jid, type: "subscribed" }));
  await alice.settle();
  watcher.send(el("presence", { to: ALICE, type: "subscribe" }));
  await watcher.presence("subscribed", ALICE);
  await watcher.settle();
}

/** Alice, bob who sees her presence, and eve who does not. */
export async function three(bed: TestBed): Promise<[TestClient, TestClient, TestClient]> {
  const alice = await bed.online("alice", "a");
  const bob = await bed.online("bob", "b");
  const eve = await bed.online("eve", "e");
  await befriend(alice, bob, "bob");
  await alice.settle();
  return [alice, bob, eve];
}
