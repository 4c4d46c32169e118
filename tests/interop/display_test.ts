import assert from "node:assert/strict";
import { join } from "node:path";
import { png } from "../../daemon/app/display/testing.ts";
import { bytesOf, content, sending, until } from "../../daemon/app/files/testing.ts";
import { App } from "../../daemon/app/mod.ts";
import { startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";
import { absent } from "../real_parts.ts";

const NAMES = ["alice", "bob", "carol", "dave"];
const ACCOUNTS = Object.fromEntries(NAMES.map((name) => [name, `pass of ${name}`]));

/** How a person gets an account, so that Alice knows them. */
type Enter = (app: App, name: string, alice: App | undefined) => Promise<void>;

const jidOf = (app: App) => app.status().account!.jid;

/** On the server that Alice's daemon carries. */
const onCarried: Enter = async (app, name, alice) => {
  if (alice === undefined) await app.carry({ nick: name, reach: "this-machine" });
  else await app.join({ link: (await alice.invite()).link, nick: name });
};

/** On somebody's server, where everybody has an account. */
function onForeign(
  server: { domain: string; ports: { starttls: number }; pin: string },
): Enter {
  return async (app, name, alice) => {
    const { domain, ports, pin } = server;
    const jid = `${name}@${domain}`;
    const place = { server: `127.0.0.1:${ports.starttls}`, pin };
    await app.signIn({ jid, password: ACCOUNTS[name]!, nick: name, ...place });
    if (alice === undefined) return;
    await alice.addContact({ jid });
    await until(app, () => app.contacts().some(({ subscription }) => subscription === "asked"));
    await app.changeContact(jidOf(alice), { accept: true });
  };
}

const SERVERS = [
  { name: "the carried server", start: () => Promise.resolve(null) },
  {
    name: "Prosody",
    program: "prosody",
    start: () => startProsody({ accounts: ACCOUNTS, archive: true }),
  },
  {
    name: "ejabberd",
    program: "ejabberdctl",
    start: () => startEjabberd({ accounts: ACCOUNTS, archive: true }),
  },
];

for (const { name, program, start } of SERVERS) {
  Deno.test({
    name: `on ${name} a display opens by itself for whom it is meant, is replaced and cleared`,
    ignore: program !== undefined && absent(program),
    fn: async () => {
      const server = await start();
      const root = await Deno.makeTempDir({ prefix: "simppd-display-" });
      const apps: App[] = [];
      try {
        await play(root, apps, server ? onForeign(server) : onCarried);
      } finally {
        for (const app of apps.reverse()) await app.close();
        await server?.stop();
        await Deno.remove(root, { recursive: true });
      }
    },
  });
}

async function play(root: string, apps: App[], enter: Enter): Promise<void> {
  const open = async (name: string) => {
    const app = await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
    const [alice] = apps;
    apps.push(app);
    await enter(app, name, alice);
    if (alice === undefined) return app;
    const sees = (app: App, other: string) =>
      until(
        app,
        () => app.contacts().some(({ jid, presence }) => jid === other && presence === "online"),
      );
    await Promise.all([sees(alice, jidOf(app)), sees(app, jidOf(alice))]);
    return app;
  };
  const alice = await open("alice");
  const [bob, carol] = [await open("bob"), await open("carol")];
  const { jid: group } = await alice.createGroup({ name: "Circle" });
  const letIn = async (app: App) => {
    await alice.inviteToGroup(group, jidOf(app));
    await until(app, () => app.groups()[0]?.state === "invited");
    await app.answerGroup(group, "accept");
    await until(app, () => app.groups()[0]?.state === "in");
  };
  for (const app of [bob, carol]) await letIn(app);
  const policy = { maxBytes: 10_000_000, kinds: ["picture" as const] };
  bob.setDisplayPolicy(group, { ...policy, from: "displayers" });
  carol.setDisplayPolicy(null, { ...policy, from: "nobody" });

  // It opens where its receiver lets it, and waits where they do not.
  const map = png(64, 48);
  const present = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
    alice.presentFile({ to: group, name, ...sending(bytes) });
  assert.equal((await present("map.png", map)).state, "showing");
  const there = await until(bob, () => item(bob, "map.png", "showing"));
  assert.deepEqual([there.state, there.from, there.place], ["showing", jidOf(alice), group]);
  assert.deepEqual(await shownBytes(bob, there.id), map);
  const waits = await until(carol, () => item(carol, "map.png", "display-not-let"));
  assert.deepEqual([waits.state, waits.reason!.code], ["withheld", "display-not-let"]);
  assert.equal(carol.showDisplay(waits.id).items[0]!.state, "showing");
  assert.deepEqual(await shownBytes(carol, waits.id), map);

  // Another takes its place; history tells of both.
  await present("plan.png", png(48, 64));
  await until(bob, () => item(bob, "plan.png")?.state === "showing");
  assert.deepEqual(history(bob), ["plan.png showing", "map.png past replaced"]);

  // Meant for Bob alone: Carol sees that there is a file, and has nothing to open it with.
  const secret = png(32, 32, [1, 2, 3]);
  const allowed = { people: [jidOf(bob)] };
  await alice.sendFile({
    to: group,
    name: "secret.png",
    display: true,
    allowed,
    ...sending(secret),
  });
  const his = await until(bob, () => item(bob, "secret.png", "showing"));
  assert.deepEqual(await shownBytes(bob, his.id), secret);
  const hers = await until(
    carol,
    () =>
      carol.files({ place: group }).find(({ name, state }) =>
        name === "secret.png" && state === "done"
      ),
  );
  assert.deepEqual([hers.locked, hers.here, item(carol, "secret.png")], [true, false, undefined]);
  await assert.rejects(carol.showFile(hers.id), { code: "file-not-here" });

  // Its presenter takes it back.
  await alice.clearPresented(group);
  await until(bob, () => item(bob, "secret.png")?.reason?.code === "cleared");
  assert.deepEqual(bob.displays().items.filter(({ state }) => state === "showing"), []);

  // Who joins later has neither the file nor the display, whatever the server kept.
  const dave = await open("dave");
  await letIn(dave);
  await present("after.png", png(8, 8));
  await until(dave, () => item(dave, "after.png"));
  assert.deepEqual(dave.displays().items.map(({ name }) => name), ["after.png"]);
  assert.deepEqual(dave.files({ place: group }).map(({ name }) => name), ["after.png"]);

  // Of a kind that is not let open by itself.
  const film = content(3_000_000);
  film.set(new TextEncoder().encode("RIFF\0\0\0\0WAVEfmt "));
  await present("sound.wav", film);
  const heavy = await until(bob, () => item(bob, "sound.wav", "display-kind"));
  assert.deepEqual([heavy.state, heavy.reason!.code], ["withheld", "display-kind"]);
  assert.deepEqual(await bytesOf(bob, heavy.id), film);
}

/** @param as its state, or why it stands so */
const item = (app: App, wanted: string, as?: string) =>
  app.displays().items.find(({ name, state, reason }) =>
    name === wanted && (as === undefined || state === as || reason?.code === as)
  );

const history = (app: App) =>
  app.displays().items.map(({ name, state, reason }) =>
    [name, state, reason?.code].filter(Boolean).join(" ")
  );

async function shownBytes(app: App, id: string): Promise<Uint8Array> {
  const source = await app.displaySource(id);
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}
