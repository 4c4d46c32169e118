/** Daemons that meet in groups, for tests: the first carries the server that all use. @module */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AppEvent, GroupView } from "../views/mod.ts";
import { makeServerCertificate, XmppServer } from "../xmpp/server/mod.ts";
import { App } from "./gate.ts";
import { KeyServerHome } from "./keystone/key_server_home.ts";

/** Daemons by name; the first carries the server that all use. */
export class Party {
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

  /** Tables in which a device keeps something of groups' keys. */
  keptKeys(name: string): string[] {
    const db = new DatabaseSync(join(this.#root, name, "simppd.db"), { readOnly: true });
    try {
      const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
        .map(({ name }) => String(name)).filter((name) => name.startsWith("group_"));
      assert.ok(tables.length > 3);
      return tables.filter((table) => db.prepare(`SELECT 1 FROM ${table}`).get() !== undefined);
    } finally {
      db.close();
    }
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

export const isOnline = (app: App, jid: string) =>
  app.contacts().some((contact) => contact.jid === jid && contact.presence === "online");

/** Alice carries a server; the others join it. */
export async function withParty(
  others: string[],
  work: (party: Party) => Promise<void>,
): Promise<void> {
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
export function until(app: App, condition: () => boolean): Promise<AppEvent | undefined> {
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

export const only = (app: App): GroupView | undefined => app.groups()[0];
export const bodies = (app: App, jid: string) =>
  app.roomMessages(jid).filter(({ kind }) => kind === "chat").map(({ nick, mine, body }) =>
    `${mine ? ">" : "<"} ${nick}: ${body}`
  );
export const lines = (app: App, jid: string) =>
  app.roomMessages(jid).filter(({ kind }) => kind === "notice").map(({ body }) => body);
export const people = (app: App) => only(app)!.members.map(({ jid }) => jid.split("@")[0]).sort();

/** Alice makes a group and invites; each accepts. @returns its address */
export async function meet(party: Party, names: string[]): Promise<string> {
  const alice = party.app("Alice");
  const { jid } = await alice.createGroup({ name: "Circle" });
  for (const name of names) await bring(party, jid, name);
  return jid;
}

export async function bring(party: Party, jid: string, name: string): Promise<void> {
  const app = party.app(name);
  await party.app("Alice").inviteToGroup(jid, party.jid(name));
  await until(app, () => only(app)?.state === "invited");
  await app.answerGroup(jid, "accept");
  await until(app, () => only(app)?.state === "in");
}

export const everywhere = (party: Party, names: string[], condition: (app: App) => boolean) =>
  Promise.all(names.map((name) => until(party.app(name), () => condition(party.app(name)))));

const DOMAIN = "chat.test", KEYS = `keys.${DOMAIN}`, PASSWORD = "correct horse battery";

/** A server with a key server as its component, and daemons with accounts there. */
export interface WithKeyServer {
  keys(): KeyServerHome;
  /** Starts the key server anew. @param specifications of groups it keeps by itself */
  restart(specifications: readonly string[]): Promise<void>;
  sign(name: string): Promise<App>;
  /** Makes contacts of two. */
  meet(one: App, other: App): Promise<void>;
}

/** @param makers who may have groups kept */
export async function withKeyServer(
  makers: readonly string[],
  work: (around: WithKeyServer) => Promise<void>,
): Promise<void> {
  const { certificatePem, keyPem, pin } = await makeServerCertificate(DOMAIN);
  const server = await XmppServer.start({
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
    limits: { scramIterations: 4096 },
    components: { host: "127.0.0.1", port: 0, domains: [{ domain: KEYS, secret: PASSWORD }] },
  });
  const root = await Deno.makeTempDir({ prefix: "simppd-groups-" });
  const start = () =>
    KeyServerHome.start({
      state: join(root, "keys"),
      for: makers.map((name) => `${name}@${DOMAIN}`),
      component: { domain: KEYS, secret: PASSWORD, host: "127.0.0.1", port: server.componentPort },
    });
  const open: App[] = [];
  let keys = await start();
  try {
    await work({
      keys: () => keys,
      async restart(specifications) {
        await keys.stop();
        keys = await start();
        for (const each of specifications) keys.host(each);
      },
      async sign(name) {
        const app = await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
        open.push(app);
        await server.createAccount(name, PASSWORD);
        await app.signIn({
          jid: `${name}@${DOMAIN}`,
          password: PASSWORD,
          nick: name,
          server: `127.0.0.1:${server.port}`,
          pin,
        });
        return app;
      },
      async meet(one, other) {
        const [a, b] = [one, other].map((app) => app.status().account!.jid) as [string, string];
        await one.addContact({ jid: b });
        await until(other, () => other.contacts().some(({ jid }) => jid === a));
        await other.changeContact(a, { accept: true });
        await until(one, () => isOnline(one, b));
      },
    });
  } finally {
    for (const each of open.reverse()) await each.close();
    await keys.stop();
    await server.stop();
    await Deno.remove(root, { recursive: true });
  }
}
