import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { connect as connectTls, TLSSocket } from "node:tls";
import { loginProfile, type LoginProfileId, systemRandom } from "../../daemon/crypto/mod.ts";
import {
  registerByInvitation,
  setPassword,
  XmppClient,
  type XmppClientOptions,
} from "../../daemon/xmpp/client/mod.ts";
import type { LoginKey, PublicLoginKey } from "../../daemon/xmpp/core/mod.ts";
import {
  makeServerCertificate,
  type ServerCertificate,
  type ServerOptions,
  XmppServer,
} from "../../daemon/xmpp/server/mod.ts";

const DOMAIN = "login.simppd";
const ALICE = `alice@${DOMAIN}`;
const certificate = await makeServerCertificate(DOMAIN);

/** New keys of a client. */
function newKeys(...profiles: LoginProfileId[]) {
  return profiles.map((id) => ({
    profile: loginProfile(id),
    own: loginProfile(id).clientSigner.generate(systemRandom),
  }));
}
type NewKeys = ReturnType<typeof newKeys>;

const publicOf = (keys: NewKeys): PublicLoginKey[] =>
  keys.map(({ profile, own }) => ({ profile: profile.id, public: own.public }));

function pin(keys: NewKeys, server: readonly PublicLoginKey[]): LoginKey[] {
  return keys.flatMap((key) => {
    const theirs = server.find(({ profile }) => profile === key.profile.id);
    return theirs === undefined ? [] : [{ ...key, server: theirs.public }];
  });
}

async function withServer(
  options: Partial<ServerOptions>,
  test: (server: XmppServer) => Promise<void>,
): Promise<void> {
  const server = await XmppServer.start({
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    ...certificate,
    limits: { scramIterations: 4096 },
    ...options,
  });
  try {
    await test(server);
  } finally {
    await server.stop();
  }
}

const reach = (port: number, { pin }: ServerCertificate = certificate) => ({
  endpoints: [{ host: "127.0.0.1", port, tls: "direct" as const }],
  trust: { kind: "pin" as const, pin },
});

/** Connects once. @returns how the login went, or the code of why it did not */
async function outcome(
  port: number,
  secret: { keys: LoginKey[] } | { password: string },
  change: Partial<XmppClientOptions> = {},
) {
  const client = new XmppClient({ jid: ALICE, ...reach(port), ...secret, ...change });
  try {
    await client.connect();
    return client.login;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.close();
    assert.equal(client.login, undefined);
  }
}

for (const id of ["simpp-modern", "simpp-2009"] as const) {
  Deno.test(`client and server log in by SIMPP-1 under ${id}, from the invitation on`, () =>
    withServer({ loginProfiles: [id] }, async (server) => {
      const keys = newKeys(id);
      const own = pin(keys, await server.createAccount("alice", { loginKeys: publicOf(keys) }));
      const mutual = { mechanism: "SIMPP-1", mutual: true, profile: id, channelBound: true };
      assert.deepEqual(await outcome(server.port, { keys: own }), mutual);
      const { token } = await server.createInvitation(ALICE, 60);
      const bobs = newKeys(id);
      const given = await registerByInvitation({
        domain: DOMAIN,
        ...reach(server.port),
        token,
        username: "bob",
        loginKeys: publicOf(bobs),
      });
      const jid = `bob@${DOMAIN}`;
      assert.deepEqual(await outcome(server.port, { keys: pin(bobs, given) }, { jid }), mutual);
      // Alice's key does not open Bob's account.
      assert.equal(await outcome(server.port, { keys: own }, { jid }), "login-key-refused");
    }));
}

Deno.test("of two profiles the stronger one is used", () =>
  withServer({ loginProfiles: ["simpp-2009", "simpp-modern"] }, async (server) => {
    const keys = newKeys("simpp-2009", "simpp-modern");
    const own = pin(keys, await server.createAccount("alice", { loginKeys: publicOf(keys) }));
    assert.equal(own.length, 2);
    const went = await outcome(server.port, { keys: own });
    assert.deepEqual(went, {
      mechanism: "SIMPP-1",
      mutual: true,
      profile: "simpp-modern",
      channelBound: true,
    });
  }));

Deno.test("a password set later lets other clients in, and the keys go on to work", () =>
  withServer({}, async (server) => {
    const keys = newKeys("simpp-modern");
    const own = pin(keys, await server.createAccount("alice", { loginKeys: publicOf(keys) }));
    const password = "correct horse battery";
    assert.equal(await outcome(server.port, { password }), "bad-password");
    const client = new XmppClient({ jid: ALICE, ...reach(server.port), keys: own });
    await client.connect();
    await assert.rejects(setPassword(client, "short"), { code: "password-refused" });
    await setPassword(client, password);
    await client.close();
    const mechanism = "SCRAM-SHA-256-PLUS";
    const scram = { mechanism, mutual: false, profile: null, channelBound: true };
    assert.deepEqual(await outcome(server.port, { password }), scram);
    assert.equal((await outcome(server.port, { keys: own }) as { mutual: boolean }).mutual, true);
  }));

Deno.test("a server that holds the TLS key and not the login key is not believed", async () => {
  const keys = newKeys("simpp-modern");
  let own: LoginKey[] = [];
  await withServer({}, async (server) => {
    own = pin(keys, await server.createAccount("alice", { loginKeys: publicOf(keys) }));
  });
  await withServer({}, async (forger) => {
    await forger.createAccount("alice", { loginKeys: publicOf(keys) });
    assert.equal(await outcome(forger.port, { keys: own }), "server-not-proven");
  });
});

Deno.test("a server that offers SIMPP-1 no more gets no password instead, nor anything else", () =>
  withServer({ loginProfiles: [] }, async (server) => {
    await server.createAccount("alice", "correct horse battery");
    const [key] = newKeys("simpp-modern");
    const keys = [{ ...key!, server: new Uint8Array(32) }];
    assert.equal(await outcome(server.port, { keys }), "login-downgraded");
    // Who has both keeps to the keys.
    const both = { keys, password: "correct horse battery" };
    assert.equal(await outcome(server.port, both), "login-downgraded");
    assert.equal((await server.stats()).bannedAddresses, 0);
  }));

Deno.test("under an authority SIMPP-1 binds as with a pin, and no account is made by keys", () =>
  withServer({}, async (server) => {
    const keys = newKeys("simpp-modern");
    const own = pin(keys, await server.createAccount("alice", { loginKeys: publicOf(keys) }));
    const trust = { kind: "ca" as const, extra: [certificate.certificatePem] };
    const went = await outcome(server.port, { keys: own }, { trust });
    assert.equal((went as { mutual: boolean }).mutual, true);
    const register = registerByInvitation({
      domain: DOMAIN,
      ...reach(server.port),
      trust,
      token: "x",
      username: "bob",
      loginKeys: publicOf(keys),
    });
    await assert.rejects(register, { code: "registration-refused" });
  }));

/** A man in the middle: TLS of its own on both sides, every byte of XMPP passed on, or changed. */
async function relay(
  identity: ServerCertificate,
  to: number,
  change: (text: string) => string = (text) => text,
) {
  const sockets = new Set<Socket>();
  const listener = createServer((raw) => {
    const near = new TLSSocket(raw, {
      isServer: true,
      cert: identity.certificatePem,
      key: identity.keyPem,
    });
    const far = connectTls({ port: to, host: "127.0.0.1", rejectUnauthorized: false });
    for (const socket of [raw, near, far] as Socket[]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
    near.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => near.write(change(bytes.toString())));
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", () => resolve()));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => listener.close(() => resolve()));
  };
  return { port: (listener.address() as { port: number }).port, close };
}

Deno.test("who relays between two TLS connections is found out, even when its key is pinned", () =>
  withServer({}, async (server) => {
    const keys = newKeys("simpp-modern");
    const own = pin(keys, await server.createAccount("alice", { loginKeys: publicOf(keys) }));
    const foreign = await makeServerCertificate(DOMAIN);
    const middle = await relay(foreign, server.port);
    try {
      const misled = { trust: reach(0, foreign).trust };
      assert.equal(await outcome(middle.port, { keys: own }, misled), "server-not-proven");
      // SCRAM too, which is bound to the certificate the server shows.
      await server.createAccount("bob", "correct horse battery");
      const jid = `bob@${DOMAIN}`;
      const scram = { password: "correct horse battery" };
      const went = await outcome(middle.port, scram, { jid, ...misled });
      assert.equal(went, "bad-password");
    } finally {
      await middle.close();
    }
  }));

Deno.test("who holds the server's TLS key can hide a mechanism, and is found out", () =>
  withServer({}, async (server) => {
    const keys = newKeys("simpp-modern");
    const own = pin(keys, await server.createAccount("alice", { loginKeys: publicOf(keys) }));
    for (
      const hidden of ["<mechanism>SIMPP-1</mechanism>", "<mechanism>SCRAM-SHA-256</mechanism>"]
    ) {
      const middle = await relay(certificate, server.port, (text) => text.replaceAll(hidden, ""));
      try {
        assert.equal(await outcome(middle.port, { keys: own }), "login-downgraded", hidden);
      } finally {
        await middle.close();
      }
    }
  }));
