import assert from "node:assert/strict";
import { NS } from "../core/mod.ts";
import { XmppClient } from "./client.ts";
import { admit, DOMAIN, PASSWORD, scriptedServer } from "./testing.ts";
import { ExternalServices } from "./xep_0215_external_services.ts";
import { HttpUpload } from "./xep_0363_upload.ts";

/** A client whose every request gets the next of `answers`, written before is `first`. */
async function answered(
  answers: readonly string[],
  use: (client: XmppClient, services: ExternalServices) => Promise<void>,
  first = "",
): Promise<void> {
  const server = await scriptedServer("direct", async (peer) => {
    await admit(peer);
    if (first !== "") await peer.write(first);
    for (const answer of answers) {
      const request = await peer.read("</iq>");
      const iq = /<iq [^>]*type="get"[^>]*>/.exec(request)![0];
      const id = /\sid="([^"]+)"/.exec(iq)![1];
      const to = /\sto="([^"]+)"/.exec(iq)![1];
      await peer.write(`<iq type='result' id='${id}' from='${to}'>${answer}</iq>`);
    }
    await peer.gone();
  });
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: { kind: "pin", pin: server.certificate.pin },
  });
  try {
    const services = new ExternalServices(client);
    const changed = new Promise<void>((resolve) => services.changed.on(resolve));
    await client.connect();
    if (first !== "") await changed;
    await use(client, services);
  } finally {
    await client.close();
    await server.stop();
  }
}

const OWN = { domain: DOMAIN, trust: { kind: "ca" } } as const;
const SERVICE = { jid: `upload.${DOMAIN}`, maxBytes: 100 };
const FILE = { name: "a.png", size: 5 };

function slot(put: string, get: string, headers = ""): string {
  return `<slot xmlns='${NS.upload}'><put url='${put}'>${headers}</put><get url='${get}'/></slot>`;
}

Deno.test("HttpUpload sends only headers that a slot may ask for, and goes to https alone", async () => {
  const url = "https://server.test/a";
  const header = (name: string, value: string) => `<header name='${name}'>${value}</header>`;
  const headers = header("AUTHORIZATION", "Bearer\nx") + header("Cookie", "a=b") +
    header("Host", "evil.test") + header("Content-Length", "1") + header("X-Evil", "1") +
    header("Transfer-Encoding", "chunked") + header("Expires", "\u00e4") +
    header("", "x") + "<header>x</header>";
  const answers = [
    slot(url, url, headers),
    slot("http://server.test/a", url),
    slot(url, "file:///etc/passwd"),
    slot("", ""),
    "<other xmlns='urn:x'/>",
  ];
  await answered(answers, async (client) => {
    const upload = new HttpUpload(client, OWN);
    assert.deepEqual(await upload.slot(SERVICE, FILE), {
      put: url,
      get: url,
      headers: { authorization: "Bearerx", cookie: "a=b" },
    });
    for (let i = 1; i < answers.length; i++) {
      await assert.rejects(upload.slot(SERVICE, FILE), { code: "bad-upload-slot" });
    }
    await assert.rejects(upload.slot(SERVICE, { ...FILE, size: 101 }), {
      code: "upload-too-large",
    });
  });
});

Deno.test("ExternalServices reads what is usable, few of them, and hears that they changed", async () => {
  const service = (attrs: string) => `<service ${attrs}/>`;
  const given = [
    service(`type='turn' host='turn.test' port='3478' transport='udp' restricted='true'`),
    service(`type='stuns' host='stun.test' transport='tcp'`),
    service(`type='ftp' host='ftp.test' port='21'`),
    service(`type='turn' host='a b' port='1'`),
    service(`type='turn' host='x' port='70000'`),
    service(`type='turn' host='x' transport='sctp'`),
    service(`type='turn'`),
    service(`type='stun' host='x' username='${"u".repeat(600)}'`),
  ];
  const many = service(`type='stun' host='x'`).repeat(500);
  const list = (inside: string) => `<services xmlns='${NS.externalServices}'>${inside}</services>`;
  const credentials = `<credentials xmlns='${NS.externalServices}'>` +
    service(
      `type='turn' host='turn.test' port='3478' transport='udp' username='1:a' password='p' ` +
        `expires='2030-01-01T00:00:00Z'`,
    ) + "</credentials>";
  const push = `<iq type='set' id='p' from='${DOMAIN}'>${list(given[0]!)}</iq>`;
  await answered([list(given.join("")), list(many), credentials], async (_client, services) => {
    const [turn, stuns, stun, ...others] = await services.list();
    assert.deepEqual(others, []);
    assert.deepEqual(turn, {
      type: "turn",
      host: "turn.test",
      port: 3478,
      transport: "udp",
      restricted: true,
    });
    assert.deepEqual([stuns!.port, stuns!.transport], [5349, "tcp"]);
    assert.equal(stun!.username, undefined);
    assert.equal((await services.list()).length, 32);
    const usable = await services.credentials(turn!);
    assert.deepEqual([usable!.username, usable!.password], ["1:a", "p"]);
    assert.equal(usable!.expires, Date.UTC(2030, 0));
  }, push);
});
