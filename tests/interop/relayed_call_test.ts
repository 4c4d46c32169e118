import assert from "node:assert/strict";
import { join } from "node:path";
import { App } from "../../daemon/app/mod.ts";
import type { CallView } from "../../daemon/views/mod.ts";
import { startCarriedServer } from "../../daemon/xmpp/server/mod.ts";
import { makeTestCertificate } from "../../scripts/peers/certificate.ts";
import { type Coturn, startCoturn } from "../../scripts/peers/coturn.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";
import { until } from "../daemon.ts";
import { absent } from "../real_parts.ts";

const ACCOUNTS = { alice: "wonderland", bob: "the builder" };
const CAMERA = { camera: "test", size: "160x120", fps: 10 } as const;

interface Server {
  readonly domain: string;
  readonly port: number;
  readonly pin: string;
  stop(): Promise<void>;
}

/** The carried server, that knows of coturn. */
async function carried({ port, secret }: Coturn): Promise<Server> {
  const domain = "carried.test";
  const { certificatePem, keyPem, pin } = await makeTestCertificate(domain);
  const server = await startCarriedServer({
    database: ":memory:",
    domain,
    host: "127.0.0.1",
    port: 0,
    starttlsPort: 0,
    certificatePem,
    keyPem,
    software: { name: "simppd", version: "test" },
    turn: [{ host: "127.0.0.1", port, transport: "udp", secret }],
  });
  for (const [name, password] of Object.entries(ACCOUNTS)) {
    await server.createAccount(name, password);
  }
  return { domain, pin, port: server.starttlsPort!, stop: () => server.stop() };
}

/** Prosody, that knows of coturn by mod_turn_external. */
async function prosody(turn: Coturn): Promise<Server> {
  const { domain, pin, ports, stop } = (await startProsody({ accounts: ACCOUNTS, turn }))!;
  return { domain, pin, port: ports.starttls, stop };
}

const HOMES = [
  { name: "the carried server", programs: [], start: carried },
  { name: "Prosody", programs: ["prosody"], start: prosody },
];

for (const { name, programs, start } of HOMES) {
  Deno.test({
    name: `two daemons of ${name} call through the TURN server it names, and only through that`,
    ignore: ["turnserver", "ffmpeg", ...programs].some(absent),
    fn: async () => {
      const coturn = (await startCoturn())!;
      const server = await start(coturn);
      const root = await Deno.makeTempDir({ prefix: "simppd-relayed-" });
      const open = (name: string) =>
        App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
      const [alice, bob] = [await open("alice"), await open("bob")];
      try {
        await befriend(alice, bob, server);
        assert.equal((await alice.setCallRoute("relay-only")).calls, "relay-only");
        await relayed(alice, bob, server, coturn);
      } finally {
        await bob.close();
        await alice.close();
        await server.stop();
        await coturn.stop();
        await Deno.remove(root, { recursive: true });
      }
    },
  });
}

async function relayed(alice: App, bob: App, { domain }: Server, coturn: Coturn): Promise<void> {
  const [out, incoming] = await call(alice, bob, domain);
  // Bob's own way stays as it was; he sees an address of the relay's and no other.
  const log = await coturn.log();
  const relays = [...log.matchAll(/Local relay addr: (127\.0\.0\.1:\d+)/g)].map(([, at]) => at!);
  assert.equal(out.info!.path!.kind, "relay");
  assert.equal(incoming.info!.path!.kind, "relay");
  assert.ok(relays.includes(incoming.info!.path!.remote), incoming.info!.path!.remote);
  assert.ok(relays.includes(out.info!.path!.local), out.info!.path!.local);
  for (const app of [alice, bob]) {
    await until("pictures", () => (app.call(out.id).info?.receive.frames ?? 0) > 5 || undefined);
  }
  await alice.hangUp(out.id);
  await until("the end", () => bob.call(incoming.id).state === "ended" || undefined);

  Deno.kill(coturn.pid, "SIGKILL");
  const { id } = await alice.startCall(`bob@${domain}`, CAMERA);
  const ringing = await until("Bob's second call", () => waiting(bob));
  await bob.acceptCall(ringing.id, CAMERA);
  const over = await until("the end without a relay", () => {
    const view = alice.call(id);
    return view.state === "ended" ? view : undefined;
  });
  assert.equal(over.reason, "no-path");
  assert.match(over.detail!, /no relay answered/);
}

async function call(from: App, to: App, domain: string): Promise<[CallView, CallView]> {
  const { id } = await from.startCall(`bob@${domain}`, CAMERA);
  const ringing = await until("Bob's call", () => waiting(to));
  await to.acceptCall(ringing.id, CAMERA);
  const active = (app: App) =>
    until("the call", () => {
      const view = app.call(id);
      if (view.state === "ended") throw new Error(`the call ended: ${view.detail}`);
      return view.state === "active" && view.info?.path ? view : undefined;
    });
  return await Promise.all([active(from), active(to)]);
}

const waiting = (app: App) => app.calls().find(({ state }) => state === "ringing");

async function befriend(alice: App, bob: App, server: Server): Promise<void> {
  for (const [app, name] of [[alice, "alice"], [bob, "bob"]] as const) {
    const place = { server: `127.0.0.1:${server.port}`, pin: server.pin };
    const jid = `${name}@${server.domain}`;
    await app.signIn({ jid, password: ACCOUNTS[name], nick: name, ...place });
  }
  await alice.addContact({ jid: `bob@${server.domain}` });
  await until("Alice's wish", () => bob.contacts()[0]);
  await bob.changeContact(`alice@${server.domain}`, { accept: true });
  for (const app of [alice, bob]) {
    await until("the other online", () => {
      const [contact] = app.contacts();
      return contact?.presence === "online" && contact.subscription === "both" ? true : undefined;
    });
  }
}
