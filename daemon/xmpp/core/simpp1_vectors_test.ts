import assert from "node:assert/strict";
import { type Bytes, fromHex, toHex } from "../../base/mod.ts";
import { LOGIN_PROFILE_IDS, loginProfile, type LoginProfileId } from "../../crypto/mod.ts";
import { simpp1Client } from "./simpp1_client.ts";
import { simpp1Server } from "./simpp1_server.ts";
import { DOMAIN, JID, MECHANISMS, run } from "./simpp1_testing.ts";

/** One exchange; bytes in hex. */
interface Exchange {
  profile: LoginProfileId;
  jid: string;
  domain: string;
  mechanisms: string[];
  endPoint: string;
  serverKey: { secret: string; public: string };
  clientKey: { secret: string; public: string };
  client: { nonce: string; ephemeralSeed: string; ephemeralSecret: string };
  server: { nonce: string; ephemeralSeed: string; ephemeralSecret: string };
  messages: Record<"clientFirst" | "serverFirst" | "clientFinal" | "serverFinal", string>;
}

const file = new URL("../../../tests/vectors/login.json", import.meta.url);
const { exchanges } = JSON.parse(await Deno.readTextFile(file)) as { exchanges: Exchange[] };

Deno.test("the login vectors cover every profile", () => {
  assert.deepEqual(exchanges.map(({ profile }) => profile), [...LOGIN_PROFILE_IDS]);
});

for (const vector of exchanges) {
  Deno.test(`SIMPP-1: the fixed exchange under ${vector.profile} is met byte for byte`, () => {
    assert.deepEqual([vector.jid, vector.domain, vector.mechanisms], [JID, DOMAIN, MECHANISMS]);
    const profile = loginProfile(vector.profile);
    const { jid, domain, mechanisms } = vector;
    const endPoint = fromHex(vector.endPoint);
    const identity = pairOf(vector.serverKey);
    const own = pairOf(vector.clientKey);
    const client = simpp1Client(
      { jid, domain, mechanisms, endPoint, keys: [{ profile, own, server: identity.public }] },
      // The client draws its nonce before its ephemeral, the server after.
      inTurn(vector.client.nonce, vector.client.ephemeralSeed),
    );
    const server = simpp1Server({
      domain,
      mechanisms,
      endPoint,
      identities: new Map([[vector.profile, identity]]),
      lookup: () => ({ public: own.public, known: true }),
    }, inTurn(vector.server.ephemeralSeed, vector.server.nonce));
    const names = ["clientFirst", "serverFirst", "clientFinal", "serverFinal"] as const;
    run(client, server, (message, index) => {
      const name = names[index]!;
      assert.equal(toHex(message), vector.messages[name], name);
      return message;
    });
    for (const { ephemeralSeed, ephemeralSecret } of [vector.client, vector.server]) {
      const { secret } = profile.dh.generate(() => fromHex(ephemeralSeed));
      assert.equal(toHex(secret), ephemeralSecret);
    }
  });
}

function pairOf(key: { secret: string; public: string }) {
  return { secret: fromHex(key.secret), public: fromHex(key.public) };
}

/** Hands out these bytes, in this order, each at its length. */
function inTurn(...hex: string[]): (length: number) => Bytes {
  const left = hex.map(fromHex);
  return (length) => {
    const next = left.shift()!;
    assert.equal(next.length, length);
    return next;
  };
}
