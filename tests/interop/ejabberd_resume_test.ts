import assert from "node:assert/strict";
import { type Endpoint, type TlsTrust, XmppClient } from "../../daemon/xmpp/client/mod.ts";
import { startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { absent } from "../real_parts.ts";
import { cuttingProxy } from "./cutting_proxy.ts";
import { portOf } from "./people.ts";
import { throughCuts } from "./through_cuts.ts";

Deno.test("client and ejabberd, cut off", { ignore: absent("ejabberdctl") }, async (t) => {
  const accounts = { romeo: "pass of romeo", juliet: "pass of juliet" };
  const ejabberd = (await startEjabberd({ accounts }))!;
  const trust: TlsTrust = { kind: "pin", pin: ejabberd.pin };
  const client = (name: string, tls: Endpoint["tls"], port = portOf(ejabberd.ports, tls)) =>
    new XmppClient({
      jid: `${name}@${ejabberd.domain}`,
      password: `pass of ${name}`,
      endpoints: [{ host: "127.0.0.1", port, tls, path: "/ws" }],
      trust,
    });
  try {
    for (const tls of ["direct", "starttls", "websocket"] as const) {
      await t.step(
        `200 messages each way and 5 cuts: none lost, none doubled (${tls})`,
        async () => {
          const proxy = cuttingProxy(portOf(ejabberd.ports, tls));
          const romeo = client("romeo", tls, proxy.port);
          await throughCuts({ romeo, juliet: client("juliet", "direct"), proxy, countsLate: true });
        },
      );
      await t.step(`the login keeps the password from the server (${tls})`, async () => {
        const romeo = client("romeo", tls);
        await romeo.connect();
        assert.match(romeo.login!.mechanism, /^SCRAM-SHA-/);
        await romeo.confirm();
        await romeo.close();
      });
    }
  } finally {
    await ejabberd.stop();
  }
});
