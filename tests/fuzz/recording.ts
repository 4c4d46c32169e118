import { concat, toBase64, utf8 } from "../../daemon/base/mod.ts";
import { loginProfile, systemRandom } from "../../daemon/crypto/mod.ts";
import { el, hashedTokenClient, NS, SIMPP_1 } from "../../daemon/xmpp/core/mod.ts";
import { XmppServer } from "../../daemon/xmpp/server/mod.ts";
import { PASSWORD, TestClient, testOptions } from "../../daemon/xmpp/server/testing.ts";
import {
  authenticate2,
  authenticateByKey,
  testBinding,
} from "../../daemon/xmpp/server/testing_managed.ts";
import { PLAYER, type Session, SESSIONS } from "./sessions.ts";
import { WirePeer } from "./wire_peer.ts";

/** All bytes of one stream, both ways. */
export interface Recording {
  readonly name: string;
  readonly said: Uint8Array;
  readonly heard: Uint8Array;
}

/** Plays every session, and a login by every mechanism, against a server; gives what was said. */
export async function record(): Promise<Recording[]> {
  const options = { ...await testOptions(), plain: true };
  const server = await XmppServer.start(options);
  try {
    for (const name of [PLAYER, "friend"]) await server.createAccount(name, PASSWORD);
    const recordings: Recording[] = [];
    for (const session of SESSIONS) recordings.push(await play(server, session));
    return [...recordings, ...await logins(server, options.certificatePem)];
  } finally {
    await server.stop();
  }
}

async function play(server: XmppServer, { name, steps }: Session): Promise<Recording> {
  const peer = await WirePeer.secure(server.port, (await testOptions()).certificatePem);
  for (const step of steps) {
    const before = peer.heard.length;
    await peer.write(step);
    // Some steps are answered and some are not.
    for (let i = 0; i < 10 && peer.heard.length === before; i++) await pause(5);
  }
  await pause(20);
  await peer.close();
  if (peer.malformed !== undefined || peer.errors.length > 0) {
    throw new Error(`${name} cannot be played: ${peer.errors}`, { cause: peer.malformed });
  }
  return { name, said: utf8(steps.join("")), heard: concat(...peer.heard.map((b) => b.slice())) };
}

/** The logins that are different each time. */
async function logins(server: XmppServer, certificatePem: string): Promise<Recording[]> {
  const recordings: Recording[] = [];
  const taped = async (name: string, login: (client: TestClient) => Promise<unknown>) => {
    const client = await TestClient.connect(server.port, certificatePem);
    const said: Uint8Array[] = [];
    const write = client.write.bind(client);
    client.write = (data) => {
      said.push(typeof data === "string" ? utf8(data) : data);
      return write(data);
    };
    await login(client);
    await client.close();
    const bytes = concat(...said.map((part) => part.slice()));
    recordings.push({ name: `a login by ${name}`, said: bytes, heard: new Uint8Array(0) });
  };
  for (const mechanism of ["SCRAM-SHA-1", "SCRAM-SHA-256"] as const) {
    await taped(mechanism, (client) => client.login(PLAYER, PASSWORD, "r", mechanism));
  }
  let token = "";
  const agent = el("user-agent", { id: "device" });
  await taped("SCRAM-SHA-256-PLUS in SASL2", async (client) => {
    const request = el("request-token", { xmlns: NS.fast, mechanism: "HT-SHA-256-ENDP" });
    const bind = el("bind", { xmlns: NS.bind2 }, el("enable", { xmlns: NS.streamManagement }));
    const success = await authenticate2(client, await client.open(), PLAYER, [
      agent,
      request,
      bind,
    ]);
    token = success.getChild("token", NS.fast)!.attrs.token!;
  });
  await taped("a token", async (client) => {
    await client.open();
    const { data } = await testBinding();
    const first = toBase64(hashedTokenClient("HT-SHA-256-ENDP", PLAYER, token, data).first());
    client.send(el(
      "authenticate",
      { xmlns: NS.sasl2, mechanism: "HT-SHA-256-ENDP" },
      el("initial-response", {}, first),
      agent,
      el("fast", { xmlns: NS.fast }),
    ));
    await client.until((element) => element.is("success"));
  });
  await taped(SIMPP_1, (client) => byKeys(server, client));
  return recordings;
}

async function byKeys(server: XmppServer, client: TestClient): Promise<void> {
  const own = loginProfile("simpp-modern").clientSigner.generate(systemRandom);
  const loginKeys = [{ profile: "simpp-modern", public: own.public }] as const;
  await server.createAccount("keys", { loginKeys });
  await client.open();
  await authenticateByKey(client, server, "keys", own);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
