import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { Simpp } from "../simpp/mod.ts";
import { KeyMaterial, MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import { Pep, XmppClient } from "../xmpp/client/mod.ts";
import { makeServerCertificate, XmppServer } from "../xmpp/server/mod.ts";
import { PepDirectory } from "./pep_directory.ts";
import { Publishing } from "./publishing.ts";

const DAY = 86_400_000;
const X25519 = 1;
const ML_KEM_768 = 2;

/** Waits until `look` holds; fails after 10 s. */
async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !await look(); tries++) {
    if (tries === 500) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("signed prekeys are renewed in a connection that lasts, and nothing goes on after it", async () => {
  const domain = "publishing.simppd";
  const certificate = await makeServerCertificate(domain);
  const server = await XmppServer.start({
    database: ":memory:",
    domain,
    host: "127.0.0.1",
    port: 0,
    ...certificate,
    limits: { scramIterations: 4096 },
  });
  const password = "correct horse battery";
  await server.createAccount("alice", password);
  const jid = `alice@${domain}`;
  const client = new XmppClient({
    jid,
    password,
    endpoints: [{ host: "127.0.0.1", port: server.port, tls: "direct" }],
    trust: { kind: "pin", pin: certificate.pin },
  });
  const db = openDatabase(":memory:", MIGRATIONS);
  try {
    const vault = new Vault(systemRandom(32), systemRandom);
    const keys = new KeyMaterial(db, vault);
    const pep = new Pep(client);
    const directory = new PepDirectory(() => pep);
    let now = Date.now();
    const simpp = new Simpp({ db, vault, directory, now: () => now });
    simpp.setAccount(jid);
    let published = 0;
    const counting = { publish: () => simpp.publish().then(() => void published++) };
    const publishing = new Publishing(counting, () => {}, 20);
    publishing.attach(client);
    let logins = 0;
    client.events.on(({ state }) => {
      if (state === "online") logins++;
    });
    const ids = () => [X25519, ML_KEM_768].map((kind) => keys.prekeys(kind).map(({ id }) => id));
    const bundle = () => directory.fetchBundle(jid, simpp.device);
    /** Two publications from now: whatever is due by then was seen by the second of them. */
    const another = async () => {
      const before = published;
      await until("another publication", () => published >= before + 2);
    };

    await client.connect();
    const first = await bundle();
    assert.ok(first !== undefined);
    now += 6 * DAY;
    await another();
    assert.deepEqual(ids(), [[1], [1]]);
    now += 2 * DAY;
    await another();
    assert.deepEqual(ids(), [[1, 2], [1, 2]]);
    const renewed = keys.prekeys(X25519)[1]!.public.toHex();
    assert.ok((await bundle())!.toHex().includes(renewed), "the new prekey is in the bundle");
    assert.ok(!first.toHex().includes(renewed));
    // A month after the first is not offered any more, it cannot open anything either.
    now += 36 * DAY;
    await another();
    assert.deepEqual(ids(), [[2, 3], [2, 3]]);
    assert.equal(logins, 1);
    assert.equal(publishing.problem, null);

    await client.close();
    const end = published;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(published, end);
  } finally {
    await client.close();
    await server.stop();
    db.close();
  }
});

Deno.test("keys that could not be published are a problem that is told, until they are", async () => {
  let fail = true;
  let told = 0;
  let online = (_: unknown, _signal: AbortSignal): Promise<void> => Promise.resolve();
  const client = { hooks: { online: (hook: typeof online) => void (online = hook) } };
  const publish = () => fail ? Promise.reject(new Error("storage full")) : Promise.resolve();
  const publishing = new Publishing({ publish }, () => told++, 5);
  publishing.attach(client as unknown as XmppClient);
  const ending = new AbortController();
  await online(client, ending.signal);
  assert.equal(publishing.problem?.code, "keys-not-published");
  assert.equal(told, 1);
  fail = false;
  await until("the problem to end", () => publishing.problem === null);
  assert.equal(told, 2);
  ending.abort();
});
