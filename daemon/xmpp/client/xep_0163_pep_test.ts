import assert from "node:assert/strict";
import { NS } from "../core/mod.ts";
import { Pep, XmppClient } from "./mod.ts";
import { admit, DOMAIN, PASSWORD, type Script, scriptedServer } from "./testing.ts";

function event(attrs: string, id: string): string {
  return `<message ${attrs}><event xmlns='${NS.pubsubEvent}'><items node='n'>` +
    `<item id='${id}'><n xmlns='urn:n'/></item></items></event></message>`;
}

Deno.test("events are heard from bare addresses only, and are no messages otherwise", async () => {
  const script: Script = async (peer) => {
    await admit(peer);
    await peer.write(
      event(`from='eve@${DOMAIN}/phone' type='headline'`, "forged") +
        event(`from='eve@${DOMAIN}/phone'`, "forged") +
        event(`from='me@${DOMAIN}/there' type='normal'`, "forged") +
        event(`from='bob@${DOMAIN}' type='chat'`, "other type") +
        event(`from='bob@${DOMAIN}' type='headline'`, "plain") +
        event(`from='bob@${DOMAIN}'`, "as normal") +
        event("type='headline'", "own"),
    );
    await peer.gone();
  };
  const server = await scriptedServer("direct", script);
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: { kind: "pin", pin: server.certificate.pin },
  });
  let late: ReturnType<typeof setTimeout> | undefined;
  const inVain = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error("waited 10 s in vain")), 10_000);
  });
  try {
    const heard: string[] = [];
    const shown: string[] = [];
    const last = new Promise<void>((resolve) => {
      new Pep(client).onEvent("n", (from, [item]) => {
        heard.push(`${from} ${item!.id}`);
        if (item!.id === "own") resolve();
      });
    });
    client.hooks.message((stanza) => {
      shown.push(stanza.attrs.from!);
      return true;
    });
    await client.connect();
    await Promise.race([last, inVain]);
    assert.deepEqual(heard, [
      `bob@${DOMAIN} plain`,
      `bob@${DOMAIN} as normal`,
      `me@${DOMAIN} own`,
    ]);
    assert.deepEqual(shown, []);
  } finally {
    clearTimeout(late);
    await client.close();
    await server.stop();
  }
});
