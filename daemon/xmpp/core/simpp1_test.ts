import assert from "node:assert/strict";
import fc from "fast-check";
import { concat } from "../../base/mod.ts";
import {
  LOGIN_PROFILE_IDS,
  loginProfile,
  type LoginProfileId,
  systemRandom,
} from "../../crypto/mod.ts";
import { SaslError } from "./sasl_error.ts";
import {
  type ClientFirst,
  LABEL,
  LoginSecrets,
  readClientFirst,
  readServerFirst,
  readServerOffer,
  writeClientFinal,
  writeClientFirst,
  writeServerFirst,
  writeServerOffer,
  writeTranscript,
} from "./simpp1.ts";
import { DOMAIN, END_POINT, JID, LoginBed, MECHANISMS, run } from "./simpp1_testing.ts";

const refused = (code: string) => (error: unknown) =>
  error instanceof SaslError && error.code === code;
const notAuthorized = refused("not-authorized");
const malformed = refused("bad-login-message");
const notProven = refused("server-not-proven");
const downgraded = refused("login-downgraded");

/** Runs a login whose client has the right key, looks at nothing, and says `lies`. */
function runBlindly(bed: LoginBed, id: LoginProfileId, lies: Partial<ClientFirst>): void {
  const { profile, own, server: serverKey } = bed.keys.find(({ profile }) => profile.id === id)!;
  const ephemeral = profile.dh.generate(systemRandom);
  const clientFirst = writeClientFirst({
    nonce: systemRandom(32),
    jid: JID,
    profile: profile.code,
    profiles: [profile.code],
    ephemeral: ephemeral.public,
    mechanisms: MECHANISMS,
    ...lies,
  });
  const server = bed.server();
  const { offer, signature } = readServerFirst(server.first(clientFirst));
  const shared = profile.dh.shared(ephemeral.secret, readServerOffer(offer).ephemeral);
  const transcript = writeTranscript({
    clientFirst,
    offer,
    domain: DOMAIN,
    endPoint: END_POINT,
    serverKey,
  });
  const secrets = new LoginSecrets(shared, transcript, signature);
  const message = secrets.clientMessage(own.public);
  const sealed = secrets.seal(profile.clientSigner.sign(own.secret, LABEL.client, message));
  server.final(writeClientFinal(sealed, secrets.clientConfirmation(sealed)));
}

for (const id of LOGIN_PROFILE_IDS) {
  Deno.test(`SIMPP-1 under ${id}: both sides are proved`, () => {
    const bed = new LoginBed(id);
    const server = bed.server();
    run(bed.client(), server);
    assert.equal(server.jid, JID);
    runBlindly(bed, id, {});
  });

  Deno.test(`SIMPP-1 under ${id}: any flipped bit in any message ends the login`, () => {
    const bed = new LoginBed(id);
    const numRuns = id === "simpp-modern" ? 400 : 60;
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.nat(), fc.nat({ max: 7 }), (which, at, bit) => {
        const way = (message: Uint8Array, index: number) => {
          if (index !== which) return message;
          const changed = message.slice();
          changed[at % changed.length]! ^= 1 << bit;
          return changed;
        };
        assert.throws(() => run(bed.client(), bed.server(), way), SaslError);
      }),
      { numRuns },
    );
  });

  Deno.test(`SIMPP-1 under ${id}: a message cut or with bytes behind it ends the login`, () => {
    const bed = new LoginBed(id);
    for (let which = 0; which < 4; which++) {
      for (
        const change of [
          (message: Uint8Array) => message.slice(0, -1),
          (message: Uint8Array) => message.slice(0, 20),
          () => new Uint8Array(0),
          (message: Uint8Array) => concat(message, Uint8Array.of(0)),
          (message: Uint8Array) => concat(message, new Uint8Array(10_000)),
        ]
      ) {
        const way = (message: Uint8Array, index: number) =>
          index === which ? change(message) : message;
        assert.throws(() => run(bed.client(), bed.server(), way), SaslError);
      }
    }
  });

  Deno.test(`SIMPP-1 under ${id}: a server with another key is not believed`, () => {
    const bed = new LoginBed(id);
    const forger = new LoginBed(id);
    assert.throws(
      () => run(bed.client(), bed.server({ identities: forger.identities })),
      notProven,
    );
    // Nor one that holds the right public key and not its secret.
    const pair = {
      public: bed.identities.get(id)!.public,
      secret: forger.identities.get(id)!.secret,
    };
    assert.throws(
      () => run(bed.client(), bed.server({ identities: new Map([[id, pair]]) })),
      notProven,
    );
  });

  Deno.test(`SIMPP-1 under ${id}: a client with another key, and one nobody knows, fail alike`, () => {
    const bed = new LoginBed(id);
    const stranger = new LoginBed(id).keys[0]!;
    const keys = [{ ...stranger, server: bed.keys[0]!.server }];
    const failures = [
      bed.client({ keys }),
      bed.client({ jid: `nobody@${DOMAIN}` }),
      bed.client({ jid: `nobody@${DOMAIN}`, keys }),
    ].map((client) => {
      try {
        run(client, bed.server());
      } catch (error) {
        assert.ok(notAuthorized(error), String(error));
        return (error as SaslError).message;
      }
      throw new Error("it was let in");
    });
    assert.equal(new Set(failures).size, 1);
  });
}

Deno.test("SIMPP-1: an unknown account gets an answer of the same form and size", () => {
  const bed = new LoginBed("simpp-modern");
  const [known, unknown] = [JID, `alicf@${DOMAIN}`].map((jid) =>
    bed.server().first(bed.client({ jid }).first())
  );
  assert.equal(known!.length, unknown!.length);
});

Deno.test("SIMPP-1: a made-up key that fits lets nobody in", () => {
  const bed = new LoginBed("simpp-modern");
  const own = bed.keys[0]!.own.public;
  const server = bed.server({ lookup: () => ({ public: own, known: false }) });
  assert.throws(() => run(bed.client(), server), notAuthorized);
});

Deno.test("SIMPP-1: who relays between two TLS connections is found out by the client", () => {
  const bed = new LoginBed("simpp-modern");
  const client = bed.client({ endPoint: new Uint8Array(32).fill(8) });
  assert.throws(() => run(client, bed.server()), notProven);
});

Deno.test("SIMPP-1: another domain's server of the same key is not this one", () => {
  const bed = new LoginBed("simpp-modern");
  assert.throws(() => run(bed.client(), bed.server({ domain: "other.simppd" })), notProven);
});

Deno.test("SIMPP-1: replayed, reflected and swapped messages are refused", () => {
  const bed = new LoginBed("simpp-modern");
  const heard: Uint8Array[] = [];
  run(bed.client(), bed.server(), (message) => (heard.push(message), message));
  const [first, serverFirst, final, serverFinal] = heard as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  // To the server: all that the client said.
  const server = bed.server();
  server.first(first);
  assert.throws(() => server.final(final), notAuthorized);
  // To the client: all that the server said.
  assert.throws(() => bed.client().respond(serverFirst), notProven);
  const client = bed.client();
  client.respond(bed.server().first(client.first()));
  assert.throws(() => client.verify(serverFinal), notProven);
  // Each side's own words back to it.
  const mirrored = bed.client();
  assert.throws(() => mirrored.respond(mirrored.first()), notProven);
  const echo = bed.client();
  const answer = echo.respond(bed.server().first(echo.first()));
  assert.throws(() => echo.verify(answer), notProven);
  const other = bed.server();
  const offer = other.first(bed.client().first());
  assert.throws(() => other.final(offer), malformed);
});

Deno.test("SIMPP-1: steps out of turn, or twice, are refused", () => {
  const bed = new LoginBed("simpp-modern");
  assert.throws(() => bed.server().final(new Uint8Array(40)), malformed);
  assert.throws(() => bed.client().verify(new Uint8Array(33)), notProven);
  const client = bed.client();
  const server = bed.server();
  const serverFirst = server.first(client.first());
  assert.throws(() => server.first(client.first()), malformed);
  const final = client.respond(serverFirst);
  assert.throws(() => client.respond(serverFirst), notProven);
  server.final(final);
  assert.throws(() => server.final(final), malformed);
});

Deno.test("SIMPP-1: a mechanism hidden or added on the way ends the login", () => {
  const bed = new LoginBed("simpp-modern");
  for (const mechanisms of [["SIMPP-1"], [...MECHANISMS].reverse(), [...MECHANISMS, "PLAIN"]]) {
    assert.throws(() => run(bed.client({ mechanisms }), bed.server()), downgraded);
    // A client that looks away gets no further: the server compares as well.
    assert.throws(() => runBlindly(bed, "simpp-modern", { mechanisms }), notAuthorized);
  }
});

Deno.test("SIMPP-1: a server that offers more mechanisms than there can be is left", () => {
  const bed = new LoginBed("simpp-modern");
  const mechanisms = Array.from({ length: 90 }, (_, i) => `M${i}`);
  assert.throws(() => bed.client({ mechanisms }), notProven);
});

Deno.test("SIMPP-1: both allow both profiles, and the stronger one is used", () => {
  const bed = new LoginBed("simpp-2009", "simpp-modern");
  const client = bed.client();
  assert.equal(client.key.profile.id, "simpp-modern");
  run(client, bed.server());
});

Deno.test("SIMPP-1: the weaker profile is not used where both allow the stronger", () => {
  const bed = new LoginBed("simpp-modern", "simpp-2009");
  const weak = bed.keys.filter(({ profile }) => profile.id === "simpp-2009");
  // As when somebody took the stronger one out of what the client offers.
  const client = bed.client();
  const honest = readClientFirst(client.first());
  const cut = writeClientFirst({
    ...honest,
    profile: 3,
    profiles: [3],
    ephemeral: loginProfile("simpp-2009").dh.generate(systemRandom).public,
  });
  const serverFirst = bed.server().first(cut);
  assert.throws(() => client.respond(serverFirst), notProven);
  // As when the server's policy changed, and the account has the weaker key alone: that is fine.
  run(bed.client({ keys: weak }), bed.server());
  // A client that says it has both and asks for the weaker one is refused by the server.
  assert.throws(() => runBlindly(bed, "simpp-2009", { profiles: [2, 3] }), notAuthorized);
});

Deno.test("SIMPP-1: a profile that the server does not let in is refused at once", () => {
  const bed = new LoginBed("simpp-2009");
  const modern = new LoginBed("simpp-modern");
  assert.throws(
    () => bed.server({ identities: modern.identities }).first(bed.client().first()),
    notAuthorized,
  );
});

Deno.test("SIMPP-1: low-order and foreign ephemerals are refused by both sides", () => {
  for (const id of LOGIN_PROFILE_IDS) {
    const bed = new LoginBed(id);
    const { dh, serverSigner } = loginProfile(id);
    const { secret, public: serverKey } = bed.identities.get(id)!;
    const first = readClientFirst(bed.client().first());
    for (const length of [dh.publicLength, 0, 65]) {
      const ephemeral = new Uint8Array(length);
      assert.throws(() => bed.server().first(writeClientFirst({ ...first, ephemeral })), malformed);
      const client = bed.client();
      const honest = readServerFirst(bed.server().first(client.first()));
      const offer = writeServerOffer({ ...readServerOffer(honest.offer), ephemeral });
      const transcript = writeTranscript({
        clientFirst: client.first(),
        offer,
        domain: DOMAIN,
        endPoint: END_POINT,
        serverKey,
      });
      const signature = serverSigner.sign(secret, LABEL.server, transcript);
      assert.throws(() => client.respond(writeServerFirst(offer, signature)), notProven);
    }
  }
});

Deno.test("SIMPP-1: who reads along finds no signature of the client's", () => {
  const bed = new LoginBed("simpp-modern");
  const client = bed.client();
  const clientFirst = client.first();
  const serverFirst = bed.server().first(clientFirst);
  const clientFinal = client.respond(serverFirst);
  const { offer, signature } = readServerFirst(serverFirst);
  const { own, server: serverKey, profile } = client.key;
  const transcript = writeTranscript({
    clientFirst,
    offer,
    domain: DOMAIN,
    endPoint: END_POINT,
    serverKey,
  });
  // What is signed is known to who reads along; it holds nothing of the shared secret.
  const message = new LoginSecrets(systemRandom(32), transcript, signature)
    .clientMessage(own.public);
  const { clientSigner: { signatureLength, sign, verify } } = profile;
  const signed = sign(own.secret, LABEL.client, message);
  assert.ok(verify(own.public, LABEL.client, message, signed));
  for (let at = 0; at + signatureLength <= clientFinal.length; at++) {
    const piece = clientFinal.slice(at, at + signatureLength);
    assert.ok(!verify(own.public, LABEL.client, message, piece));
  }
});
