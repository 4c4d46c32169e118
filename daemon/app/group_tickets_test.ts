import assert from "node:assert/strict";
import { join } from "node:path";
import { systemRandom } from "../crypto/mod.ts";
import { UserDirectory } from "../group/mod.ts";
import type { GroupView } from "../views/mod.ts";
import { makeServerCertificate, XmppServer } from "../xmpp/server/mod.ts";
import { App } from "./gate.ts";
import { KeyServerHome } from "./keystone/key_server_home.ts";
import { startHttpsRegistrar, startSimppRegistrar } from "./keystone/registrar_home.ts";
import { authority, issued } from "./keystone/testing_certificates.ts";

const DOMAIN = "keystone.test", KEYS = `keys.${DOMAIN}`, BY_SIMPP = `registrar.${DOMAIN}`;
const SECRET = "correct horse battery", PASSWORD = "a password of Bob";

interface Bed {
  readonly root: string;
  readonly component: (domain: string) => {
    domain: string;
    secret: string;
    host: string;
    port: number;
  };
  /** Signs somebody in, as a contact of those before. */
  person(name: string): Promise<App>;
  closing(what: { close(): Promise<void> }): void;
}

async function withServer(work: (bed: Bed) => Promise<void>): Promise<void> {
  const { certificatePem, keyPem, pin } = await makeServerCertificate(DOMAIN);
  const server = await XmppServer.start({
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
    limits: { scramIterations: 4096 },
    components: {
      host: "127.0.0.1",
      port: 0,
      domains: [KEYS, BY_SIMPP].map((domain) => ({ domain, secret: SECRET })),
    },
  });
  const root = await Deno.makeTempDir({ prefix: "simppd-tickets-" });
  const open: { close(): Promise<void> }[] = [];
  let first: App | undefined;
  const component = (domain: string) => ({
    domain,
    secret: SECRET,
    host: "127.0.0.1",
    port: server.componentPort,
  });
  try {
    await work({
      root,
      component,
      closing: (what) => open.push(what),
      async person(name) {
        const app = await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
        open.push(app);
        await server.createAccount(name, SECRET);
        await app.signIn({
          jid: address(name),
          password: SECRET,
          nick: name,
          server: `127.0.0.1:${server.port}`,
          pin,
        });
        if (first === undefined) return first = app;
        await first.addContact({ jid: address(name) });
        await until(app, () => app.contacts().length === 1);
        await app.changeContact(first.status().account!.jid, { accept: true });
        const online = first;
        await until(
          online,
          () =>
            online.contacts().some(({ jid, presence }) =>
              jid === address(name) && presence === "online"
            ),
        );
        return app;
      },
    });
  } finally {
    for (const each of open.reverse()) await each.close();
    await server.stop();
    await Deno.remove(root, { recursive: true });
  }
}

const address = (name: string) => `${name}@${DOMAIN}`;
const only = (app: App): GroupView | undefined => app.groups()[0];

/** Waits until `condition` holds, looking again at each event; fails after 15 s. */
function until(app: App, condition: () => boolean): Promise<void> {
  if (condition()) return Promise.resolve();
  const { stack } = new Error();
  return new Promise((resolve, reject) => {
    const stop = app.events.on(() => {
      if (!condition()) return;
      clearTimeout(timer);
      stop();
      resolve();
    });
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`it did not happen within 15 s\n${stack}`));
    }, 15_000);
  });
}

Deno.test("a group that names registrars: one comes by certificate, one by password, who leaves is off the room's list", () =>
  withServer(async ({ root, component, person, closing }) => {
    const ca = await authority();
    const own = await issued(ca, [{ type: "ip", value: "127.0.0.1" }]);
    const https = { host: "127.0.0.1", port: 0, ...own };
    const users = UserDirectory.parse(
      await UserDirectory.line(address("bob"), PASSWORD, systemRandom),
    );
    const [keys, byPassword, byCertificate] = [
      await KeyServerHome.start({
        state: join(root, "k"),
        for: [DOMAIN],
        component: component(KEYS),
      }),
      await startHttpsRegistrar({ state: join(root, "p"), ...https, users }),
      await startHttpsRegistrar({ state: join(root, "c"), ...https, clientCa: ca.pem }),
    ];
    for (const each of [keys, byPassword, byCertificate]) closing({ close: () => each.stop() });
    const [anna, bob] = [await person("anna"), await person("bob")];
    const [passwords, certificates] = [byPassword.view, byCertificate.view];
    const registrars = [
      `people ${passwords.key} ${passwords.method} ${passwords.address}`,
      `office ${certificates.key} ${certificates.method} ${certificates.address}`,
    ];
    const keyServer = { jid: KEYS, key: keys.view.key };
    const asked = { name: "Lab", keyServer, registrars };
    const refused = {
      code: "ticket-needed",
      publicMessage: /office \(https:.*certificate.*Nothing was made\.$/,
    };
    await assert.rejects(anna.createGroup(asked), refused);
    assert.deepEqual(anna.groups(), []);
    await assert.rejects(anna.createGroup({ ...asked, registrars: ["people"] }), {
      code: "bad-input",
    });
    const shown = await issued(ca, [{ type: "email", value: address("anna") }]);
    const { jid } = await anna.createGroup({ ...asked, ticket: { ...shown, ca: ca.pem } });
    assert.equal(only(anna)!.state, "in");
    assert.deepEqual(only(anna)!.registrars.map(({ name, method }) => [name, method]), [
      ["people", "directory"],
      ["office", "certificate"],
    ]);

    await anna.inviteToGroup(jid, address("bob"));
    await until(bob, () => only(bob)?.state === "invited");
    await assert.rejects(bob.answerGroup(jid, "accept"), { code: "ticket-needed" });
    assert.deepEqual([only(bob)!.state, only(bob)!.problem?.code], ["out", "ticket-needed"]);
    const wrong = { password: "another", ca: ca.pem };
    await assert.rejects(bob.joinGroup(jid, wrong), { code: "not-authenticated" });
    await assert.rejects(bob.joinGroup(jid, { ...wrong, registrar: "nobody" }), {
      code: "unknown-registrar",
    });
    // A registrar whose certificate nobody vouches for is shown no password.
    await assert.rejects(bob.joinGroup(jid, { password: PASSWORD }), {
      code: "registrar-untrusted",
    });
    await assert.rejects(bob.joinGroup(jid, { certificate: "x", key: "y" }), { code: "bad-input" });
    const joined = await bob.joinGroup(jid, { password: PASSWORD, ca: ca.pem });
    assert.deepEqual([joined.state, joined.problem], ["in", null]);
    await until(anna, () => only(anna)!.members.length === 2);
    await bob.sendToGroup(jid, "hello");
    await until(anna, () => anna.roomMessages(jid).some(({ body }) => body === "hello"));

    // Who left is off the room's list too, by the room's owner, though a component keeps the keys.
    const listed = () => anna.roomMembers(jid).some((one) => one.jid === address("bob"));
    assert.equal(listed(), true);
    await bob.leaveGroup(jid);
    await until(anna, () => !listed());
    assert.deepEqual(only(anna)!.admitted, []);
    // Invited again they need another ticket: nothing of the password was kept.
    await anna.inviteToGroup(jid, address("bob"));
    await until(bob, () => only(bob)?.state === "invited");
    await assert.rejects(bob.answerGroup(jid, "accept"), { code: "ticket-needed" });

    // A certificate is kept, sealed, and serves when one comes back after an expulsion.
    const his = await issued(ca, [{ type: "email", value: address("bob") }]);
    assert.equal((await bob.joinGroup(jid, { ...his, ca: ca.pem })).state, "in");
    await anna.expelFromGroup(jid, address("bob"));
    await until(bob, () => only(bob)!.state === "out");
    await assert.rejects(bob.joinGroup(jid), { code: /room-|expelled/ });
    await anna.inviteToGroup(jid, address("bob"));
    assert.equal((await bob.joinGroup(jid)).state, "in");
    const [line = ""] = his.key.split("\n").slice(1);
    for await (const { name, isFile } of Deno.readDir(join(root, "bob"))) {
      if (!isFile) continue;
      const bytes = await Deno.readFile(join(root, "bob", name));
      const found = [PASSWORD, line].find((secret) => holds(bytes, secret));
      assert.equal(found, undefined, `in clear in ${name}`);
    }
  }));

const holds = (bytes: Uint8Array, secret: string) =>
  new TextDecoder("latin1").decode(bytes).includes(secret);

Deno.test("a registrar that takes SIMPP identities is asked without anybody's doing", () =>
  withServer(async ({ root, component, person, closing }) => {
    const keys = await KeyServerHome.start({
      state: join(root, "k"),
      for: [DOMAIN],
      component: component(KEYS),
    });
    closing({ close: () => keys.stop() });
    const registrar = await startSimppRegistrar({
      state: join(root, "r"),
      component: component(BY_SIMPP),
    });
    closing({ close: () => registrar.stop() });
    const anna = await person("anna");
    const { key, method, address } = registrar.view;
    const made = await anna.createGroup({
      name: "Lab",
      keyServer: { jid: KEYS, key: keys.view.key },
      registrars: [`one ${key} ${method} ${address}`],
    });
    assert.equal(made.state, "in");
    // Its answer is no word of a key server's.
    assert.deepEqual(anna.roomMessages(made.jid).filter(({ body }) => /key server/.test(body)), []);
    assert.deepEqual(made.refused, []);
  }));
