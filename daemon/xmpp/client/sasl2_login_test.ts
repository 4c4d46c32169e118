import assert from "node:assert/strict";
import { fromBase64, toBase64 } from "../../base/mod.ts";
import { loginProfile, systemRandom } from "../../crypto/mod.ts";
import { NS, simpp1Server } from "../core/mod.ts";
import { type FastToken, XmppClient, type XmppClientOptions } from "./mod.ts";
import {
  admit,
  DOMAIN,
  features,
  mechanisms,
  PASSWORD,
  type Script,
  scriptedServer,
} from "./testing.ts";
import { admitBySasl2, BOUND, type Sasl2Server } from "./testing_sasl2.ts";

type Served = Awaited<ReturnType<typeof scriptedServer>>;

function clientOf(server: Served, options: Partial<XmppClientOptions> = {}): XmppClient {
  return new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: { kind: "ca", extra: [server.certificate.caPem] },
    ...options,
  } as XmppClientOptions);
}

/** Connects once to a server that plays `script`; the code of the refusal, and what it heard. */
async function outcome(
  script: Script,
  options: Partial<XmppClientOptions> = {},
): Promise<{ code: string; heard: string }> {
  let heard = "";
  let done = Promise.resolve();
  const server = await scriptedServer("direct", (peer, count) => {
    const played = script(peer, count).then(() => peer.gone()).finally(() => heard += peer.heard);
    done = played.catch(() => {});
    return played;
  });
  const client = clientOf(server, options);
  const code = await client.connect().then(() => "online", (error) => error.code as string);
  await client.close();
  await server.stop();
  await done;
  return { code, heard };
}

const refusal = async (server: Sasl2Server) =>
  (await outcome(async (peer) => void await admitBySasl2(peer, server))).code;

Deno.test("SASL2 binds, begins stream management and asks for a token in one step", async () => {
  const seen: Awaited<ReturnType<typeof admitBySasl2>>[] = [];
  const server = await scriptedServer("direct", async (peer) => {
    seen.push(await admitBySasl2(peer, { fast: ["HT-SHA-256-NONE", "HT-SHA-256-ENDP"] }));
    await peer.gone();
  });
  const client = clientOf(server);
  try {
    await client.connect();
    assert.equal(client.jid.toString(), `me@${DOMAIN}/here`);
    assert.deepEqual(client.login, {
      mechanism: "SCRAM-SHA-256-PLUS",
      mutual: false,
      profile: null,
      channelBound: true,
    });
  } finally {
    await client.close();
    await server.stop();
  }
  const [{ header, authenticate, clientFirst }] = seen as [typeof seen[0]];
  assert.match(header, new RegExp(`from='me@${DOMAIN}'`));
  assert.match(clientFirst, /^p=tls-server-end-point,,n=me,r=/);
  assert.match(authenticate, /<user-agent id="[0-9a-f-]{36}"\/>/);
  assert.match(authenticate, /<bind [^>]*><tag>simppd<\/tag><enable [^>]*resume="true"\/><\/bind>/);
  assert.match(authenticate, /<request-token [^>]*mechanism="HT-SHA-256-ENDP"\/>/);
});

Deno.test("SASL2: a server that cheats is left with the reason, and bound to nothing", async () => {
  const offered = ["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "PLAIN"];
  const other = `<authorization-identifier>other@${DOMAIN}/x</authorization-identifier>`;
  const success = (inner: string) => `<success xmlns='${NS.sasl2}'>${inner}</success>`;
  const cases: [string, Sasl2Server, string][] = [
    [
      "success without a challenge",
      { instead: success(BOUND) + "<stream:features/>" },
      "login-refused",
    ],
    ["a wrong proof", { proof: () => toBase64(new Uint8Array(40)) }, "server-not-proven"],
    ["no proof", { proof: () => "" }, "server-not-proven"],
    ["a mechanism was cut on the way", {
      mechanisms: ["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"],
      says: { mechanisms: offered, channelBindings: ["tls-server-end-point", "tls-exporter"] },
    }, "login-downgraded"],
    ["a binding was cut on the way", {
      bindings: ["tls-exporter"],
      says: { mechanisms: offered, channelBindings: ["tls-server-end-point", "tls-exporter"] },
    }, "login-downgraded"],
    ["a further step", { instead: `<continue xmlns='${NS.sasl2}'/>` }, "login-refused"],
    ["another profile's success", { instead: `<success xmlns='${NS.sasl}'/>` }, "login-refused"],
    ["another's account", { success: other }, "wrong-account"],
    ["another's address", { success: `${other}<bound xmlns='${NS.bind2}'/>` }, "wrong-account"],
    ["no address", { success: `<bound xmlns='${NS.bind2}'/>` }, "wrong-account"],
    ["a bare address as bound", {
      success: `<authorization-identifier>me@${DOMAIN}</authorization-identifier>` +
        `<bound xmlns='${NS.bind2}'/>`,
    }, "wrong-account"],
    ["resumed, though nobody asked", {
      success: `<authorization-identifier>me@${DOMAIN}/here</authorization-identifier>` +
        `<resumed xmlns='${NS.streamManagement}' previd='one' h='0'/>`,
    }, "stream-undefined-condition"],
    ["a password that is wrong", {
      instead: `<failure xmlns='${NS.sasl2}'><not-authorized xmlns='${NS.sasl}'/></failure>`,
    }, "bad-password"],
    ["a reason nobody knows", {
      instead: `<failure xmlns='${NS.sasl2}'><gremlins/></failure>`,
    }, "login-refused"],
  ];
  for (const [what, server, code] of cases) assert.equal(await refusal(server), code, what);
});

Deno.test("SASL2 without a safe login is passed over for SASL, and PLAIN is never used", async () => {
  const { code, heard } = await outcome(async (peer) => {
    await peer.read("version='1.0'");
    await peer.write(features(
      `<authentication xmlns='${NS.sasl2}'><mechanism>PLAIN</mechanism></authentication>`,
    ));
  });
  assert.equal(code, "no-safe-login");
  assert.doesNotMatch(heard, /<auth/);
});

Deno.test("what is injected behind the success is no part of the session", async () => {
  // SASL: a new header must follow, and nothing that came before it counts.
  const injected = "<message><body>injected</body></message>";
  const { code } = await outcome((peer) => admit(peer, { afterSuccess: injected }).then(() => {}));
  assert.match(code, /^stream-bad-format$/);
  // SASL2: stanzas do not take the place of the features.
  const { code: none } = await outcome(async (peer) => {
    await admitBySasl2(peer, { after: injected + "</stream:stream>" });
  });
  assert.equal(none, "connection-lost");
});

Deno.test("the flag of SCRAM says truly whether a binding was offered", async () => {
  const first = async (server: Sasl2Server) => {
    let flag = "";
    await outcome(async (peer) => {
      const { clientFirst } = await admitBySasl2(peer, server);
      flag = clientFirst.slice(0, clientFirst.indexOf(",,"));
    });
    return flag;
  };
  assert.equal(await first({}), "p=tls-server-end-point");
  // It offers to bind, by what we do not have.
  assert.equal(await first({ bindings: ["tls-exporter", "tls-unique"] }), "n");
  assert.equal(await first({ mechanisms: ["SCRAM-SHA-256"] }), "y");
  // SHA-1 bound goes before SHA-256 that is not.
  assert.equal(
    await first({ mechanisms: ["SCRAM-SHA-256", "SCRAM-SHA-1-PLUS"] }),
    "p=tls-server-end-point",
  );
});

Deno.test("a binding offer that was cut is noticed by the server, through the flag", async () => {
  // The real server offered PLUS; the client saw none of it, and no hash tells.
  const { code } = await outcome(async (peer) => {
    await peer.read("version='1.0'");
    await peer.write(mechanisms("SCRAM-SHA-256"));
    const auth = await peer.read("</auth>");
    assert.match(new TextDecoder().decode(fromBase64(/>([^<]*)<\/auth>/.exec(auth)![1]!)), /^y,,/);
    await peer.write(`<failure xmlns='${NS.sasl}'><not-authorized/></failure>`);
  });
  assert.equal(code, "bad-password");
});

Deno.test("a token logs in next time; it is bound, rotated, and forgotten when refused", async () => {
  const soon = new Date(Date.now() + 60_000).toISOString();
  const give = (token: string) =>
    `${BOUND}<token xmlns='${NS.fast}' expiry='${soon}' token='${token}'/>`;
  const fast = ["HT-SHA-256-NONE", "HT-SHA-256-ENDP"];
  const plan: Sasl2Server[] = [
    { fast, success: give("first") },
    { fast, token: "first", success: give("second") },
    // It does not know the token any more; the client comes back on a new connection.
    { fast, token: "another" },
    { fast, success: give("third") },
    // It does not offer the bound mechanism: the token is not used unbound.
    { fast: ["HT-SHA-256-NONE"], token: "third" },
  ];
  const used: string[] = [];
  const server = await scriptedServer("direct", async (peer, count) => {
    const { authenticate } = await admitBySasl2(peer, plan[count - 1]!);
    used.push(/mechanism="([^"]+)"/.exec(authenticate)![1]!);
    await peer.gone();
  });
  let kept: FastToken | undefined;
  const tokens = { load: () => kept, save: (token?: FastToken) => void (kept = token) };
  const after: (string | undefined)[] = [];
  try {
    for (let i = 0; i < 4; i++) {
      const client = clientOf(server, { tokens });
      await client.connect();
      await client.close();
      after.push(kept?.token);
    }
  } finally {
    await server.stop();
  }
  assert.deepEqual(used, [
    "SCRAM-SHA-256-PLUS",
    "HT-SHA-256-ENDP",
    "HT-SHA-256-ENDP",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-256-PLUS",
  ]);
  assert.deepEqual(after, ["first", "second", "third", "third"]);
});

Deno.test("where nothing can be bound, a token serves unbound as the password does", async () => {
  const fast = ["HT-SHA-256-NONE"];
  const bindings = ["tls-exporter"];
  const expiry = new Date(Date.now() + 60_000).toISOString();
  const given = `${BOUND}<token xmlns='${NS.fast}' expiry='${expiry}' token='mine'/>`;
  const used: string[] = [];
  const server = await scriptedServer("direct", async (peer, count) => {
    const { authenticate } = await admitBySasl2(peer, {
      fast,
      bindings,
      token: "mine",
      ...(count === 1 ? { success: given } : {}),
    });
    used.push(/mechanism="([^"]+)"/.exec(authenticate)![1]!);
    if (count === 1) return;
    await peer.gone();
  });
  const client = clientOf(server);
  try {
    await client.connect();
    const again = new Promise<void>((resolve) => client.hooks.connected(() => resolve()));
    await again;
  } finally {
    await client.close();
    await server.stop();
  }
  assert.deepEqual(used, ["SCRAM-SHA-256", "HT-SHA-256-NONE"]);
});

Deno.test("a token that expired is not used, and a server that does not know it is not believed", async () => {
  const fast = ["HT-SHA-256-ENDP"];
  const hold = (expires: number) => {
    let kept: FastToken | undefined = { mechanism: "HT-SHA-256-ENDP", token: "mine", expires };
    return { load: () => kept, save: (token?: FastToken) => void (kept = token) };
  };
  const old = await outcome(async (peer) => void await admitBySasl2(peer, { fast }), {
    tokens: hold(Date.now() - 1),
  });
  assert.equal(old.code, "online");
  assert.match(old.heard, /mechanism="SCRAM-SHA-256-PLUS"/);
  const forged = await outcome(
    async (peer) =>
      void await admitBySasl2(peer, {
        fast,
        token: "mine",
        proof: () => toBase64(new Uint8Array(32)),
      }),
    { tokens: hold(Date.now() + 60_000) },
  );
  assert.equal(forged.code, "server-not-proven");
});

Deno.test("keys log in by SIMPP-1 within SASL2 too, ask for no token, and fall back to nothing", async () => {
  const profile = loginProfile("simpp-modern");
  const identity = profile.serverSigner.generate(systemRandom);
  const own = profile.clientSigner.generate(systemRandom);
  const offered = ["SCRAM-SHA-256", "SIMPP-1"];
  const keys = { keys: [{ profile, own, server: identity.public }] };
  const offer = (names: string[]) =>
    features(
      `<authentication xmlns='${NS.sasl2}'>` +
        names.map((name) => `<mechanism>${name}</mechanism>`).join("") +
        `<inline><bind xmlns='${NS.bind2}'/><fast xmlns='${NS.fast}'>` +
        `<mechanism>HT-SHA-256-ENDP</mechanism></fast></inline></authentication>`,
    );
  const { code, heard } = await outcome(async (peer) => {
    await peer.read("version='1.0'");
    await peer.write(offer(offered));
    const login = simpp1Server({
      domain: DOMAIN,
      identities: new Map([["simpp-modern", identity]]),
      mechanisms: offered,
      endPoint: peer.endPoint,
      lookup: () => ({ public: own.public, known: true }),
    }, systemRandom);
    const sent = async (end: string) =>
      fromBase64(/>([^<>]*)<\/[\w-]+>$/.exec(await peer.read(end))![1]!);
    const first = login.first(await sent("</initial-response>"));
    await peer.write(`<challenge xmlns='${NS.sasl2}'>${toBase64(first)}</challenge>`);
    const last = login.final(await sent("</response>"));
    await peer.write(
      `<success xmlns='${NS.sasl2}'><additional-data>${toBase64(last)}</additional-data>` +
        `${BOUND}</success><stream:features/>`,
    );
  }, keys);
  assert.equal(code, "online");
  assert.doesNotMatch(heard, /request-token|SCRAM/);

  const none = await outcome(async (peer) => {
    await peer.read("version='1.0'");
    await peer.write(offer(["SCRAM-SHA-256"]));
  }, keys);
  assert.equal(none.code, "login-downgraded");
  assert.doesNotMatch(none.heard, /<auth/);
});
