import assert from "node:assert/strict";
import { type Endpoint, registerByInvitation, XmppClient } from "../../daemon/xmpp/client/mod.ts";
import { type CarriedServer, makeServerCertificate } from "../../daemon/xmpp/server/mod.ts";
import { startCarriedServer } from "../../daemon/xmpp/server/mod.ts";
import { befriend, person, publish, talk } from "./people.ts";

const DOMAIN = "carried.test";

interface Home {
  readonly server: CarriedServer;
  readonly endpoint: Endpoint;
  readonly trust: { readonly kind: "pin"; readonly pin: string };
}

async function withCarriedServer(use: (home: Home) => Promise<void>): Promise<void> {
  const { certificatePem, keyPem, pin } = await makeServerCertificate(DOMAIN);
  const server = await startCarriedServer({
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
  });
  try {
    for (const name of ["romeo", "juliet"]) await server.createAccount(name, `pass of ${name}`);
    const endpoint: Endpoint = { host: "127.0.0.1", port: server.port, tls: "direct" };
    await use({ server, endpoint, trust: { kind: "pin", pin } });
  } finally {
    await server.stop();
  }
}

Deno.test("client and carried server: two befriend, talk and publish", async () => {
  await withCarriedServer(async ({ endpoint, trust }) => {
    const romeo = person(DOMAIN, "romeo", endpoint, trust);
    const juliet = person(DOMAIN, "juliet", endpoint, trust);
    try {
      await Promise.all([romeo.client.connect(), juliet.client.connect()]);
      await befriend(romeo, juliet);
      await talk(romeo, juliet);
      await publish(romeo, juliet);
    } finally {
      await Promise.all([romeo.client.close(), juliet.client.close()]);
    }
  });
});

Deno.test("client and carried server: an invitation makes an account and a friendship, once", async () => {
  await withCarriedServer(async ({ server, endpoint, trust }) => {
    const juliet = person(DOMAIN, "juliet", endpoint, trust);
    const mercutio = person(DOMAIN, "mercutio", endpoint, trust);
    try {
      await juliet.client.connect();
      const { token } = await server.createInvitation(`juliet@${DOMAIN}`, 60);
      const invited = {
        domain: DOMAIN,
        endpoints: [endpoint],
        trust,
        token,
        username: "mercutio",
        password: "pass of mercutio",
      };
      const other = { ...invited, token: "A".repeat(22), username: "tybalt" };
      await assert.rejects(registerByInvitation(other), { code: "invitation-used" });
      await assert.rejects(registerByInvitation({ ...invited, username: "romeo" }), {
        code: "username-taken",
      });
      const pushed = new Promise<void>((resolve) =>
        juliet.roster.events.on((event) =>
          event.kind === "item" && event.item.subscription === "both" && resolve()
        )
      );
      await registerByInvitation(invited);
      await assert.rejects(registerByInvitation({ ...invited, username: "tybalt" }), {
        code: "invitation-used",
      });
      await pushed;
      await mercutio.client.connect();
      assert.equal(mercutio.roster.get(`juliet@${DOMAIN}`)?.subscription, "both");
      await talk(mercutio, juliet);
    } finally {
      await Promise.all([juliet.client.close(), mercutio.client.close()]);
    }
  });
});

Deno.test("client and carried server: wrong password and wrong key are told apart", async () => {
  await withCarriedServer(async ({ endpoint, trust }) => {
    const refusal = async (password: string, pin: string) => {
      const client = new XmppClient({
        jid: `romeo@${DOMAIN}`,
        password,
        endpoints: [endpoint],
        trust: { kind: "pin", pin },
      });
      const code = await client.connect().then(() => "online", (error) => error.code);
      await client.close();
      return code;
    };
    assert.equal(await refusal("wrong", trust.pin), "bad-password");
    assert.equal(await refusal("pass of romeo", "A".repeat(43)), "untrusted-certificate");
    assert.equal(await refusal("pass of romeo", trust.pin), "online");
  });
});
