import assert from "node:assert/strict";
import { el } from "../../daemon/xmpp/core/mod.ts";
import { Slixmpp } from "../../scripts/peers/slixmpp.ts";
import { absentPeer } from "../real_parts.ts";
import { DOMAIN, heard, type Home, until, withHome } from "./carried_home.ts";
import type { Person } from "./people.ts";

const ignore = absentPeer("slixmpp", Slixmpp.installed());

interface Parties {
  readonly home: Home;
  readonly romeo: Slixmpp;
  readonly juliet: Person;
}

/** What the server may not offer yet, by what it would say in service discovery. */
interface Part {
  readonly name: string;
  /** Feature of the account or of the server, or of one of its services. */
  readonly feature: string;
  run(parties: Parties): Promise<void>;
}

const PARTS: readonly Part[] = [
  {
    name: "subscriptions to nodes",
    feature: "http://jabber.org/protocol/pubsub#access-authorize",
    run: subscriptions,
  },
  { name: "carbons", feature: "urn:xmpp:carbons:2", run: carbons },
  { name: "archive", feature: "urn:xmpp:mam:2", run: archive },
  { name: "rooms", feature: "http://jabber.org/protocol/muc", run: rooms },
  { name: "upload", feature: "urn:xmpp:http:upload:0", run: upload },
  { name: "version", feature: "jabber:iq:version", run: version },
];

Deno.test("slixmpp on the carried server, with our client", { ignore }, async (t) => {
  await withHome(["romeo", "juliet", "nurse"], async (home) => {
    const romeo = await Slixmpp.start(home.account("romeo", "starttls"));
    try {
      await romeo.request("connect");
      const juliet = await home.ours("juliet");
      const parties: Parties = { home, romeo, juliet };
      await t.step("chat both ways", () => chat(parties));
      await t.step("roster and presence", () => roster(parties));
      await t.step("blocking", () => blocking(parties));
      await t.step("personal eventing", () => eventing(parties));
      await t.step("a message that waits", () => offline(parties));
      await t.step("a cut in the middle", () => cut(parties));
      const offered = await features(romeo);
      for (const { name, feature, run } of PARTS) {
        assert.ok(offered.has(feature), `the server does not offer ${feature}`);
        await t.step(name, () => run(parties));
      }
      assert.equal((await juliet.disco.info(`romeo@${DOMAIN}`)).features.size > 0, true);
    } finally {
      await romeo.stop();
    }
  });
});

/** Of the server, of the account itself, and of the server's services. */
async function features(client: Slixmpp): Promise<Set<string>> {
  const items = await client.request<string[]>("items", { of: DOMAIN });
  const all = [DOMAIN, `romeo@${DOMAIN}`, ...items]
    .map((of) => client.request<string[]>("features", { of }));
  return new Set((await Promise.all(all)).flat());
}

async function chat({ home, romeo, juliet }: Parties): Promise<void> {
  const text = `wherefore? <&> "ä👋🏽" ${"x".repeat(20_000)}`;
  const came = heard(juliet, home.bare("romeo"));
  await romeo.request("send", { to: home.bare("juliet"), body: text });
  assert.equal(await came, text);
  juliet.client.send(
    el("message", { to: home.bare("romeo"), type: "chat" }, el("body", {}, text)),
  );
  const event = await romeo.until(({ event }) => event === "message", "the answer");
  assert.equal(event.body, text);
  assert.equal(event.from, juliet.client.jid.toString());
}

async function roster({ home, romeo, juliet }: Parties): Promise<void> {
  const [hers, his] = [home.bare("juliet"), home.bare("romeo")];
  await romeo.request("subscription", { to: hers, kind: "subscribe" });
  await until(() => juliet.roster.pending().length === 1, "his request");
  juliet.roster.approve(his);
  juliet.roster.subscribe(his);
  await romeo.until((event) => event.event === "presence" && event.type === "subscribe", "hers");
  await romeo.request("subscription", { to: hers, kind: "subscribed" });
  await until(() => juliet.roster.get(his)?.subscription === "both", "both see each other");
  await romeo.request("roster_set", { jid: hers, name: "Jule" });
  await romeo.until(({ items }) => items?.[hers]?.name === "Jule", "the push of her name");
  assert.deepEqual(await romeo.request("roster_get"), { [hers]: "both" });

  await romeo.request("presence", { status: "under the balcony", show: "away" });
  await until(() => juliet.presence.of(his).status === "under the balcony", "his status");
  assert.equal(juliet.presence.of(his).show, "away");
  juliet.presence.set({ show: "dnd", status: "asleep" });
  await romeo.until(({ status, type }) => status === "asleep" && type === "dnd", "her status");
}

async function blocking({ home, romeo, juliet }: Parties): Promise<void> {
  const [hers, his] = [home.bare("juliet"), home.bare("romeo")];
  await romeo.request("block", { jid: hers });
  assert.deepEqual(await romeo.request("blocked"), [hers]);
  await until(() => juliet.presence.of(his).show === "offline", "the blocked one sees nobody");
  juliet.client.send(el("message", { to: his, type: "chat" }, el("body", {}, "unheard")));
  await juliet.client.confirm();
  await romeo.request("unblock", { jid: hers });
  assert.deepEqual(await romeo.request("blocked"), []);
  await until(() => juliet.presence.of(his).show === "away", "he is seen again");
  await romeo.request("ping");
  assert.ok(!romeo.events.some(({ body }) => body === "unheard"));
}

async function eventing({ home, romeo, juliet }: Parties): Promise<void> {
  const node = "urn:example:mood";
  const told = new Promise<string>((resolve) => {
    juliet.pep.onEvent(node, (_, items) => resolve(items[0]?.payload.getText() ?? ""));
  });
  const xml = `<mood xmlns="${node}">in love</mood>`;
  await romeo.request("publish", { node, item: "current", xml });
  assert.equal(await told, "in love");
  await juliet.pep.publish(node, "current", el("mood", { xmlns: node }, "so am I"));
  const items = await romeo.request<{ id: string; xml: string }[]>("fetch", {
    of: home.bare("juliet"),
    node,
  });
  assert.deepEqual(items.map(({ id }) => id), ["current"]);
  assert.match(items[0]!.xml, />so am I</);
}

/** A stranger asks for a node of the access model authorize, and is let in (XEP-0060). */
async function subscriptions({ home, romeo }: Parties): Promise<void> {
  const node = "urn:example:diary";
  const his = home.bare("romeo");
  const publish = (item: string) =>
    romeo.request("publish", { node, item, xml: `<entry xmlns="${node}">${item}</entry>` });
  await publish("first");
  await romeo.request("node_access", { node, model: "authorize" });
  const nurse = await Slixmpp.start(home.account("nurse"));
  try {
    await nurse.request("connect");
    assert.equal(await nurse.request("node_subscribe", { of: his, node }), "pending");
    await assert.rejects(nurse.request("fetch", { of: his, node }));
    const jid = home.bare("nurse");
    assert.deepEqual(await romeo.request("node_subscriptions", { node }), { [jid]: "pending" });
    await romeo.request("node_grant", { node, jid, state: "subscribed" });
    await publish("second");
    const event = await nurse.until((one) => one.ids?.includes("second") ?? false, "the event");
    assert.deepEqual([event.from, event.node], [his, node]);
    await romeo.request("node_affiliate", { node, jid, affiliation: "outcast" });
    await publish("third");
    await assert.rejects(nurse.request("fetch", { of: his, node }));
    await nurse.request("ping");
    assert.ok(!nurse.events.some(({ ids }) => ids?.includes("third")));
  } finally {
    await nurse.stop();
  }
}

async function offline({ home, juliet }: Parties): Promise<void> {
  const nurse = home.bare("nurse");
  juliet.client.send(el("message", { to: nurse, type: "chat" }, el("body", {}, "are you up?")));
  const late = await Slixmpp.start(home.account("nurse"));
  try {
    await late.request("connect");
    assert.equal((await late.until(({ event }) => event === "message", "it")).body, "are you up?");
  } finally {
    await late.stop();
  }
}

/** What is sent while the connection is gone arrives, once it is resumed (XEP-0198). */
async function cut({ home, romeo, juliet }: Parties): Promise<void> {
  const his = home.bare("romeo");
  const { jid } = await romeo.request<{ jid: string }>("who");
  const back = romeo.request("cut");
  juliet.client.send(el("message", { to: his, type: "chat" }, el("body", {}, "still there?")));
  assert.deepEqual(await back, { how: "resumed", jid });
  await romeo.until(({ body }) => body === "still there?", "what was sent meanwhile");
  const came = heard(juliet, his);
  await romeo.request("send", { to: home.bare("juliet"), body: "I am" });
  assert.equal(await came, "I am");
}

async function carbons({ home, romeo, juliet }: Parties): Promise<void> {
  const [hers, his] = [home.bare("juliet"), home.bare("romeo")];
  const second = await Slixmpp.start(home.account("romeo"));
  try {
    await second.request("connect");
    await second.request("carbons");
    await romeo.request("send", { to: hers, body: "from my first" });
    const sent = await second.until(({ way }) => way === "sent", "what the first one sent");
    assert.deepEqual([sent.body, sent.to], ["from my first", hers]);
    await romeo.request("carbons");
    juliet.client.send(
      el("message", { to: `${his}`, type: "chat" }, el("body", {}, "to all of you")),
    );
    // Both are available: each gets the message itself or a copy, and none gets two.
    for (const one of [romeo, second]) {
      await one.until(({ body }) => body === "to all of you", "the message or its copy");
      await one.request("ping");
      assert.ok(!one.events.some(({ body }) => body === "to all of you"));
    }
  } finally {
    await second.stop();
  }
}

async function archive({ home, romeo, juliet }: Parties): Promise<void> {
  const [hers, his] = [home.bare("juliet"), home.bare("romeo")];
  const first = heard(juliet, his);
  await romeo.request("send", { to: hers, body: "archived, one" });
  await first;
  const came = romeo.until(({ body }) => body === "archived, two", "her answer");
  juliet.client.send(el("message", { to: his, type: "chat" }, el("body", {}, "archived, two")));
  await came;
  const found = await romeo.request<{ from: string; body: string }[]>("archive", {
    with_jid: hers,
  });
  const last = found.slice(-2);
  assert.deepEqual(last.map(({ body }) => body), ["archived, one", "archived, two"]);
  assert.deepEqual(last.map(({ from }) => from.split("/")[0]), [his, hers]);
}

async function rooms({ home, romeo }: Parties): Promise<void> {
  const services = await romeo.request<string[]>("items", { of: DOMAIN });
  const muc = services.find((service) => service.startsWith("rooms."))!;
  const room = `capulet@${muc}`;
  const { created } = await romeo.request<{ created: boolean }>("join", { room, nick: "romeo" });
  assert.ok(created);
  await romeo.request("configure", { room });
  const nurse = await Slixmpp.start(home.account("nurse"));
  try {
    await nurse.request("connect");
    // A room is for its members, unless it is said otherwise.
    await assert.rejects(nurse.request("join", { room, nick: "nurse" }));
    const values = { "muc#roomconfig_membersonly": false };
    await romeo.request("configure", { room, values });
    await nurse.request("join", { room, nick: "nurse" });
    await nurse.request("send", { to: room, body: "who is here?", type: "groupchat" });
    const { from, type } = await romeo.until(({ body }) => body === "who is here?", "her words");
    assert.deepEqual([from, type], [`${room}/nurse`, "groupchat"]);
  } finally {
    await nurse.stop();
  }
}

async function upload({ romeo }: Parties): Promise<void> {
  const text = "a letter ".repeat(1_000);
  const { url, text: came } = await romeo.request<{ url: string; text: string }>("upload", {
    name: "letter.txt",
    text,
  });
  assert.match(url, /^https:\/\/.*letter\.txt$/);
  assert.equal(came, text);
}

async function version({ romeo }: Parties): Promise<void> {
  assert.match(await romeo.request<string>("version", { of: DOMAIN }), /simppd/);
}
