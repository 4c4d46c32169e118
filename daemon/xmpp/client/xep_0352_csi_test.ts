import assert from "node:assert/strict";
import { NS } from "../core/mod.ts";
import { answerVersion, XmppClient } from "./mod.ts";
import { admit, DOMAIN, PASSWORD, scriptedServer } from "./testing.ts";

const CSI = `<csi xmlns='${NS.clientState}'/>`;

/** Everything a client said to a server with these features while `use` ran. */
async function heardOf(
  offered: string,
  use: (client: XmppClient, say: (xml: string) => Promise<void>) => Promise<void> | void,
): Promise<string> {
  let heard = "";
  let say: (xml: string) => Promise<void> = () => Promise.resolve();
  const ended = Promise.withResolvers<void>();
  const server = await scriptedServer("direct", async (peer) => {
    await admit(peer, { features: offered });
    say = (xml) => peer.write(xml);
    await peer.gone();
    heard = peer.heard;
    ended.resolve();
  });
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: { kind: "pin", pin: server.certificate.pin },
  });
  answerVersion(client, "simppd");
  try {
    await client.connect();
    await use(client, (xml) => say(xml));
  } finally {
    await client.close();
    await ended.promise;
    await server.stop();
  }
  return heard.replace(/^.*?<\/iq>/s, "");
}

Deno.test("a server that offers it is told when nobody looks, and when somebody does", async () => {
  const heard = await heardOf(CSI, (client) => {
    client.setActive(true);
    client.setActive(false);
    client.setActive(false);
    client.setActive(true);
  });
  assert.deepEqual(heard.match(/<(in)?active/g), ["<inactive", "<active"]);
});

Deno.test("a server that does not offer it is told nothing", async () => {
  const heard = await heardOf("", (client) => client.setActive(false));
  assert.doesNotMatch(heard, /active/);
});

Deno.test("who asks for our software hears its name and nothing else", async () => {
  const heard = await heardOf("", async (client, say) => {
    await say(
      `<iq type='get' id='v' from='you@example.org/x'><query xmlns='${NS.version}'/></iq>` +
        `<message id='end'/>`,
    );
    await new Promise<void>((resolve) => client.hooks.message(() => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
  const answer = /<iq type="result" id="v".*?<\/iq>/.exec(heard)![0];
  assert.match(answer, /<name>simppd<\/name><version><\/version><\/query>/);
  assert.doesNotMatch(answer, /<os|linux|deno/i);
});
