import assert from "node:assert/strict";
import { join } from "node:path";
import type { AppEvent, GroupView } from "../views/mod.ts";
import { App } from "./gate.ts";

/** Daemons by name; the first carries the server that all use. */
class Party {
  readonly #root: string;
  readonly #apps = new Map<string, App>();

  constructor(root: string) {
    this.#root = root;
  }

  app(name: string): App {
    return this.#apps.get(name)!;
  }
  jid(name: string): string {
    return this.app(name).status().account!.jid;
  }

  async open(name: string): Promise<App> {
    const app = await App.open({ state: join(this.#root, name), callHosts: ["127.0.0.1"] });
    this.#apps.set(name, app);
    return app;
  }

  /** Joins the server of the first, by an invitation of theirs; both are contacts then. */
  async add(name: string): Promise<App> {
    const [first] = this.#apps.values();
    const app = await this.open(name);
    await app.join({ link: (await first!.invite()).link, nick: name });
    await until(first!, () => isOnline(first!, this.jid(name)));
    await until(app, () => app.contacts().some(({ subscription }) => subscription === "both"));
    return app;
  }

  async close(name: string): Promise<void> {
    await this.app(name).close();
  }
  async restart(name: string): Promise<App> {
    await this.close(name);
    const app = await this.open(name);
    await until(app, () => app.status().state === "online");
    return app;
  }

  async end(): Promise<void> {
    for (const app of [...this.#apps.values()].reverse()) await app.close();
  }
}

const isOnline = (app: App, jid: string) =>
  app.contacts().some((contact) => contact.jid === jid && contact.presence === "online");

/** Alice carries a server; the others join it. */
async function withParty(others: string[], work: (party: Party) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-groups-" });
  const party = new Party(root);
  try {
    const alice = await party.open("Alice");
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    for (const name of others) await party.add(name);
    await work(party);
  } finally {
    await party.end();
    await Deno.remove(root, { recursive: true });
  }
}

/** Waits until `condition` holds, looking again at each event; fails after 15 s. */
function until(app: App, condition: () => boolean): Promise<AppEvent | undefined> {
  if (condition()) return Promise.resolve(undefined);
  const { stack } = new Error();
  return new Promise((resolve, reject) => {
    const stop = app.events.on((event) => {
      if (!condition()) return;
      clearTimeout(timer);
      stop();
      resolve(event);
    });
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`it did not happen within 15 s\n${stack}`));
    }, 15_000);
  });
}

const only = (app: App): GroupView | undefined => app.groups()[0];
const bodies = (app: App, jid: string) =>
  app.roomMessages(jid).filter(({ kind }) => kind === "chat").map(({ nick, mine, body }) =>
    `${mine ? ">" : "<"} ${nick}: ${body}`
  );
const lines = (app: App, jid: string) =>
  app.roomMessages(jid).filter(({ kind }) => kind === "notice").map(({ body }) => body);
const people = (app: App) => only(app)!.members.map(({ jid }) => jid.split("@")[0]).sort();

/** Alice makes a group and invites; each accepts. @returns its address */
async function meet(party: Party, names: string[]): Promise<string> {
  const alice = party.app("Alice");
  const { jid } = await alice.createGroup({ name: "Circle" });
  for (const name of names) await bring(party, jid, name);
  return jid;
}

async function bring(party: Party, jid: string, name: string): Promise<void> {
  const app = party.app(name);
  await party.app("Alice").inviteToGroup(jid, party.jid(name));
  await until(app, () => only(app)?.state === "invited");
  await app.answerGroup(jid, "accept");
  await until(app, () => only(app)?.state === "in");
}

const everywhere = (party: Party, names: string[], condition: (app: App) => boolean) =>
  Promise.all(names.map((name) => until(party.app(name), () => condition(party.app(name)))));

Deno.test("three make a group, talk, one is expelled, a fourth joins late: what each can read", () =>
  withParty(["Bob", "Carol", "Dave"], async (party) => {
    const [alice, bob, carol, dave] = ["Alice", "Bob", "Carol", "Dave"].map((n) =>
      party.app(n)
    ) as [
      App,
      App,
      App,
      App,
    ];
    const made = await alice.createGroup({ name: "Circle" });
    const { jid } = made;
    assert.deepEqual(
      [made.state, made.name, made.role, made.keyServer.own, made.epoch?.number],
      ["in", "Circle", "owner", true, 1],
    );
    const room = alice.rooms().find((one) => one.jid === jid)!;
    assert.deepEqual([room.encryption, room.state], ["keystone", "in"]);

    await alice.inviteToGroup(jid, party.jid("Bob"), { reason: "Tuesdays" });
    await until(bob, () => only(bob)?.state === "invited");
    const invited = only(bob)!;
    assert.deepEqual(
      [invited.invitation?.from, invited.invitation?.reason, invited.keyServer.jid],
      [party.jid("Alice"), "Tuesdays", party.jid("Alice")],
    );
    assert.equal(invited.keyServer.own, false);
    assert.equal(invited.keyServer.fingerprint, made.keyServer.fingerprint);
    assert.equal((await bob.answerGroup(jid, "later")).invitation?.later, true);
    await bob.answerGroup(jid, "accept");
    await bring(party, jid, "Carol");
    await everywhere(
      party,
      ["Alice", "Bob", "Carol"],
      (app) => only(app)!.state === "in" && people(app).join() === "alice,bob,carol",
    );
    assert.equal(new Set([alice, bob, carol].map((app) => only(app)!.epoch!.number)).size, 1);

    const sent = await bob.sendToGroup(jid, "between us");
    assert.deepEqual([sent.delivery, sent.encryption], ["pending", "keystone"]);
    await until(bob, () => bob.roomMessages(jid).some(({ delivery }) => delivery === "sent"));
    await everywhere(party, ["Alice", "Carol"], (app) => bodies(app, jid).length === 1);
    assert.deepEqual(bodies(carol, jid), [`< ${party.jid("Bob")}: between us`]);
    assert.deepEqual(bodies(alice, jid), ["< Bob: between us"]);
    assert.equal(alice.roomMessages(jid).at(-1)!.encryption, "keystone");
    const trust = Object.fromEntries(only(bob)!.members.map(({ jid, trust }) => [jid, trust]));
    assert.deepEqual(trust, {
      [party.jid("Alice")]: "first-use",
      [party.jid("Bob")]: "own",
      [party.jid("Carol")]: "unknown",
    });

    await alice.expelFromGroup(jid, party.jid("Bob"));
    await until(bob, () => only(bob)?.state === "out");
    await everywhere(party, ["Alice", "Carol"], (app) => people(app).join() === "alice,carol");
    await assert.rejects(bob.sendToGroup(jid, "let me in"));
    await carol.sendToGroup(jid, "without Bob");
    await until(alice, () => bodies(alice, jid).length === 2);

    await bring(party, jid, "Dave");
    await alice.sendToGroup(jid, "welcome Dave");
    await everywhere(
      party,
      ["Carol", "Dave"],
      (app) => bodies(app, jid).some((body) => body.endsWith("welcome Dave")),
    );
    assert.deepEqual(bodies(dave, jid), ["< Alice: welcome Dave"]);
    await until(dave, () => lines(dave, jid).some((line) => /before you joined/.test(line)));
    assert.equal(only(dave)!.refused.find(({ code }) => code === "before-you-joined")?.count, 2);
    assert.deepEqual(bodies(bob, jid), ["> Bob: between us"]);
    assert.deepEqual(
      bodies(carol, jid).map((body) => body.split(": ")[1]),
      ["between us", "without Bob", "welcome Dave"],
    );
    assert.ok(lines(carol, jid).some((line) => /^Epoch \d+: .*Bob|bob.*expelled/.test(line)));
  }));
