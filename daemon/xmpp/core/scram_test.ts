import assert from "node:assert/strict";
import { fromBase64, utf8 } from "../../base/mod.ts";
import {
  scramClient,
  scramDerive,
  type ScramMechanism,
  scramNonce,
  scramServer,
  type ScramServerOptions,
} from "./mod.ts";

const VECTORS: {
  mechanism: ScramMechanism;
  client: string;
  server: string;
  salt: string;
  final: string;
  verifier: string;
}[] = [
  { // RFC 5802 section 5
    mechanism: "SCRAM-SHA-1",
    client: "fyko+d2lbbFgONRv9qkxdawL",
    server: "3rfcNHYJY1ZVvWVs7j",
    salt: "QSXCR+Q6sek8bf92",
    final: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    verifier: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
  },
  { // RFC 7677 section 3
    mechanism: "SCRAM-SHA-256",
    client: "rOprNGfwEbeRWgbNEkqO",
    server: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    final: "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    verifier: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  },
];

async function credentials(mechanism: ScramMechanism, password = "pencil") {
  const salt = fromBase64("W22ZaJ0SNY7soEsUEjb6gQ==");
  const hash = mechanism.includes("256") ? "sha-256" : "sha-1";
  return { ...await scramDerive(hash, password, salt, 4096), salt, iterations: 4096 };
}

async function server(mechanism: ScramMechanism, more: Partial<ScramServerOptions> = {}) {
  const keys = await credentials(mechanism);
  return scramServer(mechanism, { lookup: () => keys, ...more }, scramNonce);
}

for (const vector of VECTORS) {
  Deno.test(`scram: the RFC's ${vector.mechanism} exchange, both sides`, async () => {
    const salt = fromBase64(vector.salt);
    const keys = await scramDerive(
      vector.mechanism === "SCRAM-SHA-1" ? "sha-1" : "sha-256",
      "pencil",
      salt,
      4096,
    );
    const client = scramClient(vector.mechanism, "user", "pencil", () => vector.client);
    const server = scramServer(
      vector.mechanism,
      { lookup: () => ({ ...keys, salt, iterations: 4096 }) },
      () => vector.server,
    );
    assert.equal(client.first(), `n,,n=user,r=${vector.client}`);
    const challenge = await server.first(client.first());
    assert.equal(challenge, `r=${vector.client}${vector.server},s=${vector.salt},i=4096`);
    const final = await client.respond(challenge);
    assert.equal(final, vector.final);
    assert.equal(server.final(final), vector.verifier);
    client.verify(vector.verifier);
    assert.equal(server.user, "user");
  });
}

Deno.test("scram: the client refuses forged challenges", async () => {
  const respond = (challenge: string) =>
    scramClient("SCRAM-SHA-256", "user", "pencil", () => "ournonce").respond(challenge);
  for (
    const challenge of [
      "r=ournonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1",
      "r=ournonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
      "r=ournonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=99999999999",
      "r=ournonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1e6",
      "r=ournonce,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      "r=othernonce,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      "m=x,r=ournonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      "r=ournonceX,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,m=x",
      "r=ournonceX,s=*,i=4096",
      "",
    ]
  ) {
    await assert.rejects(respond(challenge), { code: "server-not-proven" }, challenge);
  }
});

Deno.test("scram: the client refuses a forged or missing server signature", async () => {
  const peer = await server("SCRAM-SHA-256");
  const client = scramClient("SCRAM-SHA-256", "user", "pencil", scramNonce);
  assert.throws(() => client.verify("v="), { code: "server-not-proven" });
  const proof = peer.final(await client.respond(await peer.first(client.first())));
  for (const forged of ["", "v=", "v=AAAA", "e=other-error", proof.replace(/.=$/, "A="), "v=*"]) {
    if (forged !== proof) {
      assert.throws(() => client.verify(forged), { code: "server-not-proven" }, forged);
    }
  }
  client.verify(proof);
});

Deno.test("scram: the server refuses a wrong password and replays", async () => {
  const peer = await server("SCRAM-SHA-1");
  const client = scramClient("SCRAM-SHA-1", "user", "pencil2", scramNonce);
  const final = await client.respond(await peer.first(client.first()));
  assert.throws(() => peer.final(final), { code: "not-authorized" });
  assert.throws(() => peer.final(final), { code: "bad-scram" });
});

Deno.test("scram: channel binding holds on one certificate and fails on another", async () => {
  const binding = { type: "tls-server-end-point", data: utf8("certificate hash") } as const;
  const login = async (theirs: string) => {
    const peer = await server("SCRAM-SHA-256-PLUS", { binding });
    const client = scramClient("SCRAM-SHA-256-PLUS", "user", "pencil", scramNonce, {
      binding: { type: "tls-server-end-point", data: utf8(theirs) },
    });
    client.verify(peer.final(await client.respond(await peer.first(client.first()))));
  };
  await login("certificate hash");
  await assert.rejects(login("another certificate"), { code: "not-authorized" });
});

Deno.test("scram: the server notices that its offer of channel binding was cut", async () => {
  const binding = { type: "tls-server-end-point", data: utf8("x") } as const;
  const peer = await server("SCRAM-SHA-256", { binding });
  const client = scramClient("SCRAM-SHA-256", "user", "pencil", scramNonce, {
    serverLacksIt: true,
  });
  await assert.rejects(peer.first(client.first()), { code: "not-authorized" });
});

Deno.test("scram: the server refuses malformed first messages and foreign authzids", async () => {
  for (
    const first of [
      "",
      "n,,n=user",
      "n,,n=us=er,r=abcdefgh",
      "n,,n=user,r=short",
      "n,,m=x,n=user,r=abcdefgh",
      "p=tls-unique,,n=user,r=abcdefgh",
      "n,,n=,r=abcdefgh",
    ]
  ) {
    await assert.rejects((await server("SCRAM-SHA-256")).first(first), { code: "bad-scram" });
  }
  const peer = await server("SCRAM-SHA-256");
  await assert.rejects(peer.first("n,a=admin,n=user,r=abcdefgh"), { condition: "invalid-authzid" });
});

Deno.test("scram: names with = and , and passwords in other normal forms agree", async () => {
  const keys = await credentials("SCRAM-SHA-256", "p\u00E4ss\u00A0wort");
  const peer = scramServer("SCRAM-SHA-256", { lookup: () => keys }, scramNonce);
  const client = scramClient("SCRAM-SHA-256", "a=b,c", "pa\u0308ss wort", scramNonce);
  client.verify(peer.final(await client.respond(await peer.first(client.first()))));
  assert.equal(peer.user, "a=b,c");
});
