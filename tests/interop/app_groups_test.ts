import assert from "node:assert/strict";
import { join } from "node:path";
import { App } from "../../daemon/app/mod.ts";
import { XmppServer } from "../../daemon/xmpp/server/mod.ts";
import { makeTestCertificate } from "../../scripts/peers/certificate.ts";
import { startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";
import { until } from "../daemon.ts";
import { absent } from "../real_parts.ts";
import { type CuttingProxy, cuttingProxy } from "./cutting_proxy.ts";

const ACCOUNTS = { alice: "wonderland", bob: "a builder", carol: "a singer of hymns" };
type Name = keyof typeof ACCOUNTS;
const ROUNDS = 6;

interface Server {
  readonly domain: string;
  readonly ports: { readonly direct: number };
  readonly pin: string;
  stop(): Promise<void>;
}

async function startOurs(): Promise<Server> {
  const domain = "carried.test";
  const { certificatePem, keyPem, pin } = await makeTestCertificate(domain);
  const server = await XmppServer.start({
    database: ":memory:",
    domain,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
    limits: { scramIterations: 4096 },
  });
  for (const [name, password] of Object.entries(ACCOUNTS)) {
    await server.createAccount(name, password);
  }
  return { domain, pin, ports: { direct: server.port }, stop: () => server.stop() };
}

const SERVERS = [
  { name: "the carried server", program: undefined, start: startOurs },
  { name: "Prosody", program: "prosody", start: () => startProsody({ accounts: ACCOUNTS }) },
  { name: "ejabberd", program: "ejabberdctl", start: () => startEjabberd({ accounts: ACCOUNTS }) },
];

for (const { name, program, start } of SERVERS) {
  Deno.test({
    name: `three daemons share a group on ${name}: away, expelled, cut off while the key changes`,
    ignore: program !== undefined && absent(program),
    fn: async () => {
      const server = (await start())!;
      const root = await Deno.makeTempDir({ prefix: "simppd-app-groups-" });
      const home = new Home(root, server);
      try {
        await shareGroup(home);
      } finally {
        await home.close();
        await server.stop();
        await Deno.remove(root, { recursive: true });
      }
    },
  });
}

/** Daemons of people, each with a network of its own that can be cut. */
class Home {
  readonly #root: string;
  readonly #server: Server;
  readonly #apps = new Map<Name, App>();
  readonly #proxies = new Map<Name, CuttingProxy>();

  constructor(root: string, server: Server) {
    this.#root = root;
    this.#server = server;
  }

  jid(name: Name): string {
    return `${name}@${this.#server.domain}`;
  }
  cut(name: Name): void {
    this.#proxies.get(name)!.cut();
  }

  /** The daemon of somebody, signed in when it is the first time. */
  async open(name: Name): Promise<App> {
    const app = await App.open({ state: join(this.#root, name), callHosts: ["127.0.0.1"] });
    this.#apps.set(name, app);
    if (!this.#proxies.has(name)) {
      const proxy = cuttingProxy(this.#server.ports.direct);
      this.#proxies.set(name, proxy);
      await app.signIn({
        jid: this.jid(name),
        password: ACCOUNTS[name],
        nick: name,
        server: `127.0.0.1:${proxy.port}`,
        pin: this.#server.pin,
      });
    }
    await until(`${name} online`, () => app.status().state === "online" || undefined);
    return app;
  }

  async end(name: Name): Promise<void> {
    await this.#apps.get(name)!.close();
    this.#apps.delete(name);
  }

  async close(): Promise<void> {
    for (const app of [...this.#apps.values()].reverse()) await app.close();
    for (const proxy of this.#proxies.values()) await proxy.stop();
  }
}

async function shareGroup(home: Home): Promise<void> {
  const alice = await home.open("alice");
  let bob = await home.open("bob");
  const carol = await home.open("carol");
  for (const [name, app] of [["bob", bob], ["carol", carol]] as const) {
    await alice.addContact({ jid: home.jid(name) });
    await until(`${name} asked`, () => app.contacts()[0]);
    await app.changeContact(home.jid("alice"), { accept: true });
  }
  await until(
    "both contacts",
    () =>
      alice.contacts().filter(({ presence }) => presence === "online").length === 2 || undefined,
  );

  const { jid } = await alice.createGroup({ name: "Circle" });
  for (const [name, app] of [["bob", bob], ["carol", carol]] as const) {
    await alice.inviteToGroup(jid, home.jid(name));
    await until("the invitation", () => app.groups().find(({ state }) => state === "invited"));
    await app.answerGroup(jid, "accept");
    await until(`${name} in`, () => app.groups()[0]?.state === "in" || undefined);
  }
  await inStep("all three", alice, bob, carol);
  const listed = bob.groups()[0]!.members.map(({ name, role, presence }) => [name, role, presence]);
  assert.deepEqual(listed.map(([, role]) => role), ["owner", "member", "member"]);
  await until(
    "all present",
    () => bob.groups()[0]!.members.every(({ presence }) => presence === "online") || undefined,
  );
  await carol.sendToGroup(jid, "hello all");
  for (const app of [alice, bob]) await until("heard", () => heard(app, jid).length || undefined);

  // One is away while the key changes and something is said.
  await home.end("bob");
  await until(
    "Bob away",
    () =>
      alice.groups()[0]!.members.find((each) => each.jid === home.jid("bob"))!.presence ===
        "offline" || undefined,
  );
  await alice.expelFromGroup(jid, home.jid("carol"));
  await until("Carol out", () => carol.groups()[0]!.state === "out" || undefined);
  await alice.sendToGroup(jid, "without Carol, while Bob is away");
  await until("it sent", () => heard(alice, jid).length === 2 || undefined);
  bob = await home.open("bob");
  await until("what was missed", () => heard(bob, jid).length === 2 || undefined);
  await inStep("after the expulsion", alice, bob);
  assert.deepEqual(heard(carol, jid), ["carol: hello all"]);
  // Bob did not see who put her out, and is not told that she left by herself.
  const told = bob.roomMessages(jid).map(({ body }) => body).join("\n");
  assert.match(told, /carol@\S+ is gone, the key changed/);
  assert.doesNotMatch(told, /carol@\S+ left/);

  // The streams of both, the key server's and the member's, break while the key changes.
  let said = heard(bob, jid).length;
  for (let round = 0; round < ROUNDS; round++) {
    const role = round % 2 === 0 ? "admin" : "member";
    const change = alice.setGroupRole(jid, home.jid("bob"), role);
    change.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, round * 5));
    home.cut(round % 4 < 2 ? "bob" : "alice");
    await change;
    const [from, to] = round % 2 === 0 ? [alice, bob] : [bob, alice];
    await until("a key to write under", async () => {
      try {
        return await from.sendToGroup(jid, `round ${round}`);
      } catch (error) {
        assert.match((error as { code: string }).code, /key-not-here|not-online|offline|room/);
      }
    });
    await until(`round ${round}`, () => heard(to, jid).length > said || undefined);
    said++;
    await inStep(`round ${round}`, alice, bob);
  }
  assert.deepEqual(heard(bob, jid), heard(alice, jid));
  assert.equal(heard(bob, jid).length, 2 + ROUNDS);
  for (const app of [alice, bob]) {
    const lost = app.groups()[0]!.refused.filter(({ code }) => code !== "repeated");
    assert.deepEqual(lost, []);
    const warnings = app.roomMessages(jid).filter(({ body }) =>
      /restored|rolled|fork|forged|unsigned|proved/i.test(body)
    );
    assert.deepEqual(warnings, []);
  }
  await bob.leaveGroup(jid);
  await until("Bob left", () => alice.groups()[0]!.members.length === 1 || undefined);
  const news = alice.roomMessages(jid).map(({ body }) => body);
  assert.ok(news.some((body) => /^Epoch \d+: bob left, the key changed/.test(body)), news.join());
}

/** Waits until all are in the same epoch, and know the same members. */
async function inStep(what: string, ...apps: App[]): Promise<void> {
  const state = (app: App) => {
    const [{ epoch, members, state } = assert.fail("no group")] = app.groups();
    return JSON.stringify([
      state,
      epoch?.number,
      members.map(({ device, role }) => [device, role]),
    ]);
  };
  await until(`all in step, ${what}`, () => {
    const [first, ...rest] = apps.map(state);
    return rest.every((each) => each === first) || undefined;
  });
}

/** What was said and got there, in order. */
const heard = (app: App, jid: string) =>
  app.roomMessages(jid).filter(({ kind, delivery }) => kind === "chat" && delivery !== "pending")
    .map(({ nick, body }) => `${nick.split("@")[0]}: ${body}`);
