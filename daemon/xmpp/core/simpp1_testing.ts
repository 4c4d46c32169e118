import { type KeyPair, loginProfile, type LoginProfileId, systemRandom } from "../../crypto/mod.ts";
import { type Simpp1Client, simpp1Client, type Simpp1ClientOptions } from "./simpp1_client.ts";
import type { LoginKey } from "./simpp1_keys.ts";
import { type Simpp1Server, simpp1Server, type Simpp1ServerOptions } from "./simpp1_server.ts";

export const JID = "alice@test.simppd";
export const DOMAIN = "test.simppd";
export const MECHANISMS = ["SIMPP-1", "SCRAM-SHA-256", "SCRAM-SHA-1"];
export const END_POINT = new Uint8Array(32).fill(7);

/** One account at one server, and new logins of it: each may differ from what is honest. */
export class LoginBed {
  readonly keys: LoginKey[] = [];
  readonly identities: Map<LoginProfileId, KeyPair> = new Map();

  /** @param profiles that the account has keys for and the server lets in */
  constructor(...profiles: LoginProfileId[]) {
    for (const id of profiles) {
      const profile = loginProfile(id);
      const identity = profile.serverSigner.generate(systemRandom);
      this.identities.set(id, identity);
      const own = profile.clientSigner.generate(systemRandom);
      this.keys.push({ profile, own, server: identity.public });
    }
  }

  client(change: Partial<Simpp1ClientOptions> = {}): Simpp1Client {
    return simpp1Client({
      jid: JID,
      domain: DOMAIN,
      keys: this.keys,
      mechanisms: MECHANISMS,
      endPoint: END_POINT,
      ...change,
    }, systemRandom);
  }

  server(change: Partial<Simpp1ServerOptions> = {}): Simpp1Server {
    return simpp1Server({
      domain: DOMAIN,
      identities: this.identities,
      mechanisms: MECHANISMS,
      endPoint: END_POINT,
      lookup: (jid, { id, clientSigner }) => {
        const own = this.keys.find(({ profile }) => profile.id === id)?.own.public;
        return jid === JID && own !== undefined
          ? { public: own, known: true }
          : { public: clientSigner.generate(systemRandom).public, known: false };
      },
      ...change,
    }, systemRandom);
  }
}

/** Runs a login whose messages pass through `way`, one after the other. */
export function run(
  client: Simpp1Client,
  server: Simpp1Server,
  way: (message: Uint8Array, index: number) => Uint8Array = (message) => message,
): void {
  const serverFirst = server.first(way(client.first(), 0));
  const clientFinal = client.respond(way(serverFirst, 1));
  const serverFinal = server.final(way(clientFinal, 2));
  client.verify(way(serverFinal, 3));
}
