import assert from "node:assert/strict";
import type { Emitter } from "../../daemon/base/mod.ts";
import {
  announceCaps,
  Bookmarks,
  DirectInvitations,
  Disco,
  type Endpoint,
  GROUP_OPTIONS,
  Pep,
  Presence,
  type Room,
  type RoomEvent,
  Rooms,
  type TlsTrust,
  XmppClient,
} from "../../daemon/xmpp/client/mod.ts";
import { el, Jid, StanzaError } from "../../daemon/xmpp/core/mod.ts";
import { makeServerCertificate, startCarriedServer } from "../../daemon/xmpp/server/mod.ts";
import { startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";

const NAMES = ["romeo", "juliet", "tybalt"];
const ACCOUNTS = Object.fromEntries(NAMES.map((name) => [name, `pass of ${name}`]));

/** A server with the accounts of {@link NAMES}. */
interface Home {
  readonly domain: string;
  readonly endpoint: Endpoint;
  readonly trust: TlsTrust;
  /** Does it tell one's other devices what is taken back? ejabberd 23.01 does not. */
  readonly tellsRemoval: boolean;
  stop(): Promise<void>;
}

/** Servers, by name; undefined for one that is not installed. */
const HOMES: Record<string, () => Promise<Home | undefined>> = {
  async carried() {
    const domain = "carried.test";
    const { certificatePem, keyPem, pin } = await makeServerCertificate(domain);
    const server = await startCarriedServer({
      database: ":memory:",
      domain,
      host: "127.0.0.1",
      port: 0,
      certificatePem,
      keyPem,
    });
    for (const name of NAMES) await server.createAccount(name, ACCOUNTS[name]!);
    const endpoint: Endpoint = { host: "127.0.0.1", port: server.port, tls: "direct" };
    const trust: TlsTrust = { kind: "pin", pin };
    return { domain, endpoint, trust, tellsRemoval: true, stop: () => server.stop() };
  },
  async Prosody() {
    return peer(await startProsody({ accounts: ACCOUNTS, hash: "SHA-256" }), true);
  },
  async ejabberd() {
    return peer(await startEjabberd({ accounts: ACCOUNTS }), false);
  },
};

type Peer = Awaited<ReturnType<typeof startProsody | typeof startEjabberd>>;

function peer(started: Peer, tellsRemoval: boolean): Home | undefined {
  if (started === undefined) return undefined;
  const { domain, ports, pin, stop } = started;
  const endpoint: Endpoint = { host: "127.0.0.1", port: ports.direct, tls: "direct" };
  return { domain, endpoint, trust: { kind: "pin", pin }, tellsRemoval, stop };
}

function person({ domain, endpoint, trust }: Home, name: string, resource?: string) {
  const client = new XmppClient({
    jid: `${name}@${domain}`,
    password: ACCOUNTS[name]!,
    endpoints: [endpoint],
    trust,
    ...(resource === undefined ? {} : { resource }),
  });
  announceCaps(client, new Disco(client, "test", "https://example.org/test"));
  const rooms = new Rooms(client);
  const direct = new DirectInvitations(client);
  new Presence(client);
  const pep = new Pep(client);
  return { client, rooms, direct, pep, bookmarks: new Bookmarks(client, pep) };
}

/** The next event that fits. */
function next<T, U extends T>(emitter: Emitter<T>, fits: (event: T) => event is U): Promise<U>;
function next<T>(emitter: Emitter<T>, fits: (event: T) => boolean): Promise<T>;
function next<T>(emitter: Emitter<T>, fits: (event: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    const seen: T[] = [];
    const late = setTimeout(() => {
      const kinds = seen.map((event) => (event as { kind?: string }).kind).join(", ");
      reject(new Error(`waited 10 s in vain for ${fits}; came: ${kinds}`));
    }, 10_000);
    const off = emitter.on((event) => {
      seen.push(event);
      if (!fits(event)) return;
      clearTimeout(late);
      off();
      resolve(event);
    });
  });
}

type Of<K extends RoomEvent["kind"]> = Extract<RoomEvent, { kind: K }>;

function happens<K extends RoomEvent["kind"]>(
  room: Room,
  kind: K,
  fits: (event: Of<K>) => boolean = () => true,
): Promise<Of<K>> {
  return next(room.events, (event): event is Of<K> => event.kind === kind && fits(event as Of<K>));
}

const condition = (error: unknown) => error instanceof StanzaError ? error.condition : error;

for (const [name, start] of Object.entries(HOMES)) {
  Deno.test(`rooms on ${name}: made, entered by invitation, talked in, administered, destroyed`, async () => {
    const home = await start();
    if (home === undefined) {
      if (Deno.env.get("CI")) throw new Error(`${name} is not installed`);
      Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${name} is not installed\n`));
      return;
    }
    const [romeo, juliet, tybalt] = NAMES.map((each) => person(home, each)) as [
      ReturnType<typeof person>,
      ReturnType<typeof person>,
      ReturnType<typeof person>,
    ];
    const people = [romeo, juliet, tybalt];
    try {
      await Promise.all(people.map(({ client }) => client.connect()));
      await play(home, romeo, juliet, tybalt);
    } finally {
      await Promise.all(people.map(({ client }) => client.close()));
      await home.stop();
    }
  });
}

async function play(
  home: Home,
  romeo: ReturnType<typeof person>,
  juliet: ReturnType<typeof person>,
  tybalt: ReturnType<typeof person>,
): Promise<void> {
  const services = await romeo.rooms.services();
  assert.equal(services.length, 1);
  const address = Jid.parse(`balcony@${services[0]}`);
  const nowhere = Jid.parse(`nowhere@${services[0]}`);
  await assert.rejects(
    romeo.rooms.join(nowhere, "romeo"),
    (error: Error & { code?: string }) => error.code === "no-such-room",
  );
  assert.equal(romeo.rooms.get(nowhere), undefined);

  const mine = await romeo.rooms.create(address, "romeo", { ...GROUP_OPTIONS, name: "Balcony" });
  assert.equal(mine.state, "in");
  assert.equal(mine.self?.affiliation, "owner");
  assert.equal(mine.self?.jid?.toString(), romeo.client.jid.toString());
  const options = await mine.administration.options();
  for (const [key, value] of Object.entries(GROUP_OPTIONS)) {
    assert.equal(options[key as keyof typeof options], value, key);
  }
  assert.equal(options.name, "Balcony");
  await assert.rejects(
    juliet.rooms.create(address, "juliet", GROUP_OPTIONS),
    (error: Error & { code?: string }) => error.code === "room-exists",
  );
  await assert.rejects(
    juliet.rooms.join(address, "juliet"),
    (error) => condition(error) === "registration-required",
  );

  // In by invitation: mediated, which makes a member.
  const invited = next(juliet.rooms.events, ({ kind }) => kind === "invitation");
  mine.administration.invite(juliet.client.jid.bare(), "come");
  const event = await invited;
  assert.ok(event.kind === "invitation");
  assert.equal(event.invitation.room.toString(), address.toString());
  assert.equal(event.invitation.from.bare().toString(), romeo.client.jid.bare().toString());
  assert.equal(event.invitation.reason, "come");
  const joined = happens(mine, "joined");
  const hers = await juliet.rooms.join(event.invitation.room, "juliet");
  assert.equal((await joined).occupant.jid?.toString(), juliet.client.jid.toString());
  assert.deepEqual(hers.occupants.map(({ nick }) => nick).sort(), ["juliet", "romeo"]);
  assert.equal(hers.claims.nonAnonymous, true);
  assert.equal(hers.self?.affiliation, "member");

  // Or directly, once a member.
  await mine.administration.setAffiliation(tybalt.client.jid, "member");
  const direct = next(tybalt.direct.events, () => true);
  romeo.direct.send(tybalt.client.jid, address, { reason: "fight?" });
  assert.equal((await direct).room.toString(), address.toString());
  const his = await tybalt.rooms.join(address, "tybalt", { history: 0 });
  const members = (await mine.administration.affiliated("member")).map(String).sort();
  assert.deepEqual(members, [juliet, tybalt].map(({ client }) => client.jid.bare().toString()));

  // Talk, elements too; one's own comes back.
  const heard = [mine, hers, his].map((room) =>
    happens(room, "message", ({ message }) => message.id === "m1")
  );
  hers.say(
    [el("body", {}, `wherefore <&> "ä👋🏽"?`), el("own", { xmlns: "urn:example" }, "x")],
    "m1",
  );
  const [one, echo] = await Promise.all(heard);
  assert.equal(one!.message.body, `wherefore <&> "ä👋🏽"?`);
  assert.equal(one!.message.stanza.getChild("own", "urn:example")?.getText(), "x");
  assert.equal(one!.message.occupant?.jid?.toString(), juliet.client.jid.toString());
  assert.deepEqual([one!.message.nick, one!.message.own, echo!.message.own], [
    "juliet",
    false,
    true,
  ]);
  assert.ok(one!.message.stanzaId);
  assert.equal(one!.message.stanzaId, echo!.message.stanzaId);
  const whispered = happens(mine, "private");
  hers.whisper("romeo", "psst");
  assert.deepEqual(
    [(await whispered).message.body, (await whispered).message.nick],
    ["psst", "juliet"],
  );
  const subject = happens(hers, "subject", ({ text }) => text === "love");
  mine.setSubject("love");
  await subject;
  assert.equal(hers.subject.text, "love");

  // Nicks.
  const renamed = happens(mine, "nick");
  hers.setNick("Jule");
  assert.deepEqual([(await renamed).before, (await renamed).occupant.nick], ["juliet", "Jule"]);
  await waitFor(() => hers.nick === "Jule");
  const taken = happens(hers, "refused");
  hers.setNick("romeo");
  assert.equal((await taken).error.condition, "conflict");
  assert.equal(hers.nick, "Jule");
  assert.equal(await hers.check(), true);

  // Roles and affiliations.
  await assert.rejects(his.administration.kick("romeo"), StanzaError);
  const promoted = happens(hers, "changed", ({ occupant }) => occupant.self);
  await mine.administration.setAffiliation(juliet.client.jid, "admin");
  assert.equal((await promoted).occupant.affiliation, "admin");
  const kicked = happens(his, "out");
  const left = happens(mine, "left");
  await hers.administration.kick("tybalt", "too loud");
  assert.deepEqual([(await kicked).why, (await kicked).circumstances.reason], [
    "kicked",
    "too loud",
  ]);
  assert.equal((await left).why, "kicked");
  assert.equal(his.state, "out");
  await his.enter("tybalt", { history: 0 });
  const banned = happens(his, "out");
  await mine.administration.setAffiliation(tybalt.client.jid, "outcast", "enough");
  assert.equal((await banned).why, "banned");
  // In a members-only room Prosody says no more than that he is no member.
  const shut = ["forbidden", "registration-required"];
  await assert.rejects(his.enter("tybalt"), (error) => shut.includes(String(condition(error))));

  // A connection that is cut: resumed where the server can, else entered again by itself.
  const online = next(juliet.client.events, ({ state }) => state === "online");
  juliet.client.reconnect();
  await online;
  await waitFor(() => hers.state === "in" && mine.occupant("Jule") !== undefined);
  const again = happens(hers, "message", ({ message }) => message.id === "m2");
  mine.say("are you there?", "m2");
  await again;
  // A new session enters again, under the same nick.
  const waiting = happens(hers, "state", ({ state }) => state === "waiting");
  const back = happens(hers, "state", ({ state }) => state === "in");
  await juliet.client.close();
  await waiting;
  await juliet.client.connect();
  await back;
  assert.equal(hers.nick, "Jule");
  await waitFor(() => mine.occupant("Jule") !== undefined);
  // Shown out while nobody told us: asking the room tells.
  juliet.client.send(el("presence", { to: `${address}/Jule`, type: "unavailable" }));
  await happens(hers, "state", ({ state }) => state === "out");
  await hers.reenter();

  // Kept for all devices of the account, and read by nobody else.
  const tablet = person(home, "juliet", "tablet");
  try {
    await tablet.client.connect();
    const told = next(tablet.bookmarks.events, ({ kind }) => kind === "bookmark");
    const bookmark = {
      room: address,
      name: "Balcony",
      nick: "Jule",
      password: undefined,
      autojoin: true,
    };
    // A server that does not know yet what the tablet wants to hear tells it nothing.
    for (let tries = 0; tries < 50 && tablet.bookmarks.get(address) === undefined; tries++) {
      await juliet.bookmarks.set(bookmark);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.deepEqual(await told, { kind: "bookmark", bookmark });
    await juliet.bookmarks.set({ ...bookmark, room: Jid.parse(`other@${services[0]}`) });
    const removed = home.tellsRemoval
      ? next(tablet.bookmarks.events, ({ kind }) => kind === "removed")
      : undefined;
    await juliet.bookmarks.remove(address);
    await removed;
    const left = await tablet.pep.fetch(tablet.client.jid, "urn:xmpp:bookmarks:1");
    assert.deepEqual(left.map(({ id }) => id), [`other@${services[0]}`]);
    if (home.tellsRemoval) {
      assert.deepEqual(tablet.bookmarks.all.map(({ room }) => room.local), ["other"]);
    }
    const stolen = await romeo.pep.fetch(juliet.client.jid, "urn:xmpp:bookmarks:1")
      .catch(() => []);
    assert.deepEqual(stolen, []);
  } finally {
    await tablet.client.close();
  }

  const destroyed = happens(hers, "out");
  await mine.administration.destroy({ reason: "dawn" });
  assert.deepEqual(
    [(await destroyed).why, (await destroyed).circumstances.reason],
    ["destroyed", "dawn"],
  );
}

async function waitFor(done: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !done(); tries++) await new Promise((r) => setTimeout(r, 20));
  assert.ok(done());
}
