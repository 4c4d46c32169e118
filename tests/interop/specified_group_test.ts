import assert from "node:assert/strict";
import { join } from "node:path";
import { App, KeyServerHome } from "../../daemon/app/mod.ts";
import {
  COMPONENT_SECRET as EJABBERD_SECRET,
  startEjabberd,
} from "../../scripts/peers/ejabberd.ts";
import { COMPONENT_SECRET, startProsody } from "../../scripts/peers/prosody.ts";
import { until } from "../daemon.ts";
import { absent } from "../real_parts.ts";

const PASSWORD = "wonderland";

const PEERS = [
  {
    name: "Prosody",
    program: "prosody",
    start: startProsody,
    secret: COMPONENT_SECRET,
    rooms: "rooms",
  },
  {
    name: "ejabberd",
    program: "ejabberdctl",
    start: startEjabberd,
    secret: EJABBERD_SECRET,
    rooms: "conference",
  },
] as const;

for (const peer of PEERS) {
  const { name, program } = peer;
  Deno.test({
    name: `on ${name}: a key server keeps a group by its specification; its owner makes the room`,
    ignore: absent(program),
    fn: () => shareGroup(peer),
  });
}

async function shareGroup(
  { start: startPeer, secret, rooms }: typeof PEERS[number],
): Promise<void> {
  const accounts = { anna: PASSWORD, bob: PASSWORD, eve: PASSWORD };
  const server = (await startPeer({ accounts, archive: true }))!;
  const root = await Deno.makeTempDir({ prefix: "simppd-specified-" });
  const { domain, ports, pin } = server;
  const component = {
    domain: `component.${domain}`,
    secret,
    host: "127.0.0.1",
    port: ports.component,
  };
  const start = () => KeyServerHome.start({ state: join(root, "keys"), for: [], component });
  let keys = await start();
  const apps: App[] = [];
  const sign = async (name: string) => {
    const app = await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
    apps.push(app);
    const place = { server: `127.0.0.1:${ports.starttls}`, pin };
    await app.signIn({ jid: `${name}@${domain}`, password: PASSWORD, nick: name, ...place });
    return app;
  };
  try {
    const [anna, bob, eve] = [await sign("anna"), await sign("bob"), await sign("eve")];
    const room = `team@${rooms}.${domain}`;
    const { jid, fingerprint } = anna.status().account!;
    const text = [
      "simppd group specification 1",
      "name = Team",
      `group = ${"7c".repeat(16)}`,
      `room = ${room}`,
      `key-server = ${keys.view.jid} ${keys.view.key}`,
      `owner = ${jid} ${fingerprint}`,
      `access = jid bob@${domain}`,
    ].join("\n");
    // It is there first, and does not take the room.
    await keys.stop();
    keys = await start();
    keys.host(text);
    await assert.rejects(bob.joinSpecifiedGroup(text), { code: "no-such-room" });
    const made = await anna.joinSpecifiedGroup(text);
    assert.deepEqual([made.state, made.role], ["in", "owner"]);
    assert.equal((await bob.joinSpecifiedGroup(text)).state, "in");
    await until("the key server in the room", () => keys.rooms.includes(room));
    await until("two members", () => anna.groups()[0]!.members.length === 2);
    await bob.sendToGroup(room, "by the list");
    await until(
      "what Bob said",
      () => anna.roomMessages(room).find(({ body }) => body === "by the list"),
    );
    await assert.rejects(eve.joinSpecifiedGroup(text), { code: "room-members-only" });
    assert.deepEqual(eve.groups(), []);
  } finally {
    for (const app of apps) await app.close();
    await keys.stop();
    await server.stop();
    await Deno.remove(root, { recursive: true });
  }
}
