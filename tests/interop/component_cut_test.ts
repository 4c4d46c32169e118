import assert from "node:assert/strict";
import { join } from "node:path";
import { KeyServerHome } from "../../daemon/app/mod.ts";
import { eventually, StackMember } from "../../daemon/app/keystone/testing_member.ts";
import { sleep, toHex } from "../../daemon/base/mod.ts";
import { systemRandom } from "../../daemon/crypto/mod.ts";
import { parseSpecification, printSpecification } from "../../daemon/group/mod.ts";
import { makeServerCertificate, XmppServer } from "../../daemon/xmpp/server/mod.ts";
import { cuttingProxy } from "./cutting_proxy.ts";

const DOMAIN = "keystone.test", KEYS = `keys.${DOMAIN}`, ROOM = `group@rooms.${DOMAIN}`;
const SECRET = "a secret of components", PASSWORD = "correct horse battery";

Deno.test("a component is cut off while it changes the key: all members have it soon after", async () => {
  const { certificatePem, keyPem } = await makeServerCertificate(DOMAIN);
  const server = await XmppServer.start({
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
    limits: { scramIterations: 4096 },
    components: { host: "127.0.0.1", port: 0, domains: [{ domain: KEYS, secret: SECRET }] },
  });
  const root = await Deno.makeTempDir({ prefix: "simppd-keystone-" });
  const proxy = cuttingProxy(server.componentPort);
  const component = { domain: KEYS, secret: SECRET, host: "127.0.0.1", port: proxy.port };
  const home = await KeyServerHome.start({ state: join(root, "keys"), for: [DOMAIN], component });
  const people: StackMember[] = [];
  try {
    for (const name of ["anna", "bob", "carl"]) {
      await server.createAccount(name, PASSWORD);
      const at = { domain: DOMAIN, port: server.port, pem: certificatePem, password: PASSWORD };
      people.push(await new StackMember(name, at).online());
    }
    const [anna, bob, carl] = people as [StackMember, StackMember, StackMember];
    const spec = parseSpecification([
      "simppd group specification 1",
      "name = Test",
      `group = ${toHex(systemRandom(16))}`,
      `room = ${ROOM}`,
      `key-server = ${KEYS} ${home.view.key}`,
      `access = domain ${DOMAIN}`,
      `owner = ${anna.jid} ${anna.simpp.fingerprint}`,
    ].join("\n"));
    await anna.makeRoom(ROOM, [KEYS, bob.jid, carl.jid]);
    home.host(printSpecification(spec));
    for (const each of [bob, carl]) await each.enter(ROOM);
    await eventually(() => home.rooms.includes(ROOM), "the key server is in the room");
    for (const each of people) await each.use(spec).join();
    const epoch = () => home.view.groups[0]!.epoch;
    for (const role of ["admin", "member", "admin"] as const) {
      const before = epoch();
      const acted = anna.group!.setRole(carl.jid, role);
      // At the moment it has changed the key: nothing of that has left its machine.
      for (let tries = 0; epoch() === before && tries < 15_000; tries++) await sleep(1);
      proxy.cut();
      await acted;
      await eventually(
        () => people.every(({ group }) => group!.epoch?.number === before + 1),
        `all have epoch ${before + 1}`,
      );
      assert.equal(epoch(), before + 1);
      bob.say(`epoch ${before + 1}`);
      await eventually(() => carl.read.includes(`epoch ${before + 1}`), "read under it");
    }
  } finally {
    for (const each of people) await each.close();
    await home.stop();
    await proxy.stop();
    await server.stop();
    await Deno.remove(root, { recursive: true });
  }
});
