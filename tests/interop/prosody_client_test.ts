import assert from "node:assert/strict";
import {
  Disco,
  type Endpoint,
  Pep,
  type PepItem,
  Presence,
  registerByInvitation,
  Roster,
  type RosterEvent,
  type TlsTrust,
  XmppClient,
} from "../../daemon/xmpp/client/mod.ts";
import { announceCaps } from "../../daemon/xmpp/client/mod.ts";
import { el, type Element } from "../../daemon/xmpp/core/mod.ts";
import { type Prosody, startProsody } from "../../scripts/peers/prosody.ts";

type Hash = "SHA-1" | "SHA-256";

async function withProsody(hash: Hash, use: (prosody: Prosody) => Promise<void>): Promise<void> {
  const accounts = { romeo: "pass of romeo", juliet: "pass of juliet" };
  const prosody = await startProsody({ accounts, hash });
  if (prosody === undefined) {
    if (Deno.env.get("CI")) throw new Error("Prosody is not installed");
    Deno.stderr.writeSync(new TextEncoder().encode("skipped: Prosody is not installed\n"));
    return;
  }
  try {
    await use(prosody);
  } finally {
    await prosody.stop();
  }
}

function endpoint({ ports }: Prosody, tls: Endpoint["tls"]): Endpoint {
  return { host: "127.0.0.1", port: ports[tls], tls };
}

function person(prosody: Prosody, name: string, tls: Endpoint["tls"], trust: TlsTrust) {
  const client = new XmppClient({
    jid: `${name}@${prosody.domain}`,
    password: `pass of ${name}`,
    endpoints: [endpoint(prosody, tls)],
    trust,
  });
  const disco = new Disco(client, "test", "https://example.org/test");
  announceCaps(client, disco);
  const roster = new Roster(client);
  const presence = new Presence(client);
  const pep = new Pep(client);
  return { client, disco, roster, presence, pep };
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

const SHOWN: { hash: Hash; tls: Endpoint["tls"]; trust: (prosody: Prosody) => TlsTrust }[] = [
  { hash: "SHA-1", tls: "direct", trust: ({ pin }) => ({ kind: "pin", pin }) },
  { hash: "SHA-256", tls: "starttls", trust: ({ caPem }) => ({ kind: "ca", extra: [caPem] }) },
];

for (const { hash, tls, trust } of SHOWN) {
  Deno.test(`client and Prosody: two befriend, talk and publish (${tls}, ${hash})`, async () => {
    await withProsody(hash, async (prosody) => {
      const romeo = person(prosody, "romeo", tls, trust(prosody));
      const juliet = person(prosody, "juliet", tls, trust(prosody));
      try {
        await Promise.all([romeo.client.connect(), juliet.client.connect()]);
        await befriend(romeo, juliet);
        await talk(romeo, juliet);
        await publish(romeo, juliet);
        const info = await romeo.disco.info(juliet.client.jid);
        assert.ok(info.features.has("urn:xmpp:ping"));
        assert.deepEqual(info.identities[0], romeo.disco.identity);
      } finally {
        await Promise.all([romeo.client.close(), juliet.client.close()]);
      }
    });
  });
}

type Person = ReturnType<typeof person>;

async function befriend(romeo: Person, juliet: Person): Promise<void> {
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

async function talk(romeo: Person, juliet: Person): Promise<void> {
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

async function publish(romeo: Person, juliet: Person): Promise<void> {
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
}

Deno.test("client and Prosody: wrong password, pin, authority; an invitation; a stranger's PEP", async () => {
  await withProsody("SHA-1", async (prosody) => {
    const pinned: TlsTrust = { kind: "pin", pin: prosody.pin };
    const refusal = async (tls: Endpoint["tls"], trust: TlsTrust, password: string) => {
      const client = new XmppClient({
        jid: `romeo@${prosody.domain}`,
        password,
        endpoints: [endpoint(prosody, tls)],
        trust,
      });
      const code = await client.connect().then(() => "online", (error) => error.code);
      assert.equal(client.state, "failed");
      await client.close();
      return code;
    };
    for (const tls of ["direct", "starttls"] as const) {
      assert.equal(await refusal(tls, pinned, "wrong"), "bad-password");
      assert.equal(await refusal(tls, { kind: "ca" }, "x"), "untrusted-certificate");
      const other: TlsTrust = { kind: "pin", pin: "A".repeat(43) };
      assert.equal(await refusal(tls, other, "x"), "untrusted-certificate");
    }

    const invited = {
      domain: prosody.domain,
      endpoints: [endpoint(prosody, "starttls")],
      trust: pinned,
      token: await prosody.invite(),
      username: "mercutio",
      password: "pass of mercutio",
    };
    await assert.rejects(registerByInvitation({ ...invited, username: "romeo" }), {
      code: "username-taken",
    });
    await registerByInvitation(invited);
    await assert.rejects(registerByInvitation({ ...invited, username: "tybalt" }), {
      code: "invitation-used",
    });

    const mercutio = person(prosody, "mercutio", "direct", pinned);
    const romeo = person(prosody, "romeo", "starttls", pinned);
    try {
      await Promise.all([mercutio.client.connect(), romeo.client.connect()]);
      const thing = el("thing", { xmlns: "urn:example:open" });
      await romeo.pep.publish("urn:example:open", "a", thing, { accessModel: "open" });
      const items = await mercutio.pep.fetch(romeo.client.jid, "urn:example:open");
      assert.deepEqual(items.map(({ id }) => id), ["a"]);
    } finally {
      await Promise.all([mercutio.client.close(), romeo.client.close()]);
    }
  });
});
