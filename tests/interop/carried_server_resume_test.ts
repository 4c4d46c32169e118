import assert from "node:assert/strict";
import { type Endpoint, type FastToken, XmppClient } from "../../daemon/xmpp/client/mod.ts";
import { makeServerCertificate, startCarriedServer } from "../../daemon/xmpp/server/mod.ts";
import { cuttingProxy } from "./cutting_proxy.ts";
import { cutAndReturn, throughCuts } from "./through_cuts.ts";

const DOMAIN = "carried.test";

Deno.test("client and carried server, cut off", async (t) => {
  const { certificatePem, keyPem, pin } = await makeServerCertificate(DOMAIN);
  const server = await startCarriedServer({
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
  });
  const kept: FastToken[] = [];
  const tokens = {
    load: () => kept.at(-1),
    save: (token?: FastToken) => void (token === undefined ? kept.length = 0 : kept.push(token)),
  };
  const client = (name: string, port = server.port) => {
    const endpoint: Endpoint = { host: "127.0.0.1", port, tls: "direct" };
    return new XmppClient({
      jid: `${name}@${DOMAIN}`,
      password: `pass of ${name}`,
      endpoints: [endpoint],
      trust: { kind: "pin", pin },
      ...(name === "romeo" ? { tokens } : {}),
    });
  };
  try {
    for (const name of ["romeo", "juliet"]) await server.createAccount(name, `pass of ${name}`);
    await t.step("200 messages each way and 5 cuts: none lost, none doubled", async () => {
      const proxy = cuttingProxy(server.port);
      await throughCuts({ romeo: client("romeo", proxy.port), juliet: client("juliet"), proxy });
    });
    await t.step("the login is bound, and a token resumes the session", async () => {
      kept.length = 0;
      const proxy = cuttingProxy(server.port);
      const romeo = client("romeo", proxy.port);
      try {
        await romeo.connect();
        assert.equal(romeo.login?.mechanism, "SCRAM-SHA-256-PLUS");
        assert.equal(kept.at(-1)?.mechanism, "HT-SHA-256-ENDP");
        const { jid } = romeo;
        await cutAndReturn(romeo, proxy);
        assert.equal(romeo.login?.mechanism, "HT-SHA-256-ENDP");
        assert.equal(romeo.jid, jid);
      } finally {
        await romeo.close();
        await proxy.stop();
      }
    });
  } finally {
    await server.stop();
  }
});
