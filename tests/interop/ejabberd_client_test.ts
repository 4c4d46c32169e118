import assert from "node:assert/strict";
import { type Endpoint, type TlsTrust, XmppClient } from "../../daemon/xmpp/client/mod.ts";
import { type Ejabberd, startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { absent } from "../real_parts.ts";
import { befriend, person, portOf, publish, talk } from "./people.ts";

const ignore = absent("ejabberdctl");
const ACCOUNTS = { romeo: "pass of romeo", juliet: "pass of juliet" } as const;

const WAYS: {
  tls: Endpoint["tls"];
  names: readonly [string, string];
  trust: (ejabberd: Ejabberd) => TlsTrust;
}[] = [
  { tls: "direct", names: ["romeo", "juliet"], trust: ({ pin }) => ({ kind: "pin", pin }) },
  {
    tls: "starttls",
    names: ["mercutio", "nurse"],
    trust: ({ caPem }) => ({ kind: "ca", extra: [caPem] }),
  },
];

Deno.test("client and ejabberd", { ignore }, async (t) => {
  const accounts = { ...ACCOUNTS, mercutio: "pass of mercutio", nurse: "pass of nurse" };
  const ejabberd = (await startEjabberd({ accounts }))!;
  const endpoint = (tls: Endpoint["tls"]): Endpoint => ({
    host: "127.0.0.1",
    port: portOf(ejabberd.ports, tls),
    tls,
  });
  try {
    for (const { tls, names, trust } of WAYS) {
      await t.step(`two befriend, talk and publish (${tls})`, async () => {
        const [one, other] = names.map((name) =>
          person(ejabberd.domain, name, endpoint(tls), trust(ejabberd))
        );
        try {
          await Promise.all([one!.client.connect(), other!.client.connect()]);
          await befriend(one!, other!);
          await talk(one!, other!);
          await publish(one!, other!);
        } finally {
          await Promise.all([one!.client.close(), other!.client.close()]);
        }
      });
      await t.step(`wrong password, pin and authority are told apart (${tls})`, async () => {
        const refusal = async (trust: TlsTrust, password: string) => {
          const client = new XmppClient({
            jid: `romeo@${ejabberd.domain}`,
            password,
            endpoints: [endpoint(tls)],
            trust,
          });
          const code = await client.connect().then(() => "online", (error) => error.code);
          await client.close();
          return code;
        };
        assert.equal(await refusal({ kind: "pin", pin: ejabberd.pin }, "wrong"), "bad-password");
        const other = { kind: "pin", pin: "A".repeat(43) } as const;
        assert.equal(await refusal(other, ACCOUNTS.romeo), "untrusted-certificate");
        assert.equal(await refusal({ kind: "ca" }, ACCOUNTS.romeo), "untrusted-certificate");
      });
    }
  } finally {
    await ejabberd.stop();
  }
});
