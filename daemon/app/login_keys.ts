import { fromBase64, SimppdError, toBase64 } from "../base/mod.ts";
import { type KeyPair, loginProfile, type LoginProfileId, systemRandom } from "../crypto/mod.ts";
import type { LoginSecret } from "../xmpp/client/mod.ts";
import type { LoginKey, PublicLoginKey } from "../xmpp/core/mod.ts";
import type { AccountSettings } from "./settings.ts";

/** A login key as the settings keep it; keys in base64. */
export interface LoginKeySettings {
  readonly profile: LoginProfileId;
  readonly secret: string;
  readonly public: string;
  /** The server's key, pinned when the account was made. */
  readonly server: string;
}

/** New keys to log in with: what an account is made with instead of a password. */
export class NewLoginKeys {
  readonly #pairs: ReadonlyMap<LoginProfileId, KeyPair>;

  /** @param profiles that the account may ever log in under: no key is made for another */
  constructor(profiles: readonly LoginProfileId[]) {
    this.#pairs = new Map(
      profiles.map((id) => [id, loginProfile(id).clientSigner.generate(systemRandom)]),
    );
  }

  /** What the server is told. */
  get public(): PublicLoginKey[] {
    return [...this.#pairs].map(([profile, pair]) => ({ profile, public: pair.public }));
  }

  /**
   * What is kept, once the server gave its own keys.
   * @throws SimppdError `no-safe-login` when there is no profile in common
   */
  pinned(server: readonly PublicLoginKey[]): LoginKeySettings[] {
    const kept = server.flatMap((theirs) => {
      const own = this.#pairs.get(theirs.profile);
      return own === undefined ? [] : [{
        profile: theirs.profile,
        secret: toBase64(own.secret),
        public: toBase64(own.public),
        server: toBase64(theirs.public),
      }];
    });
    if (kept.length > 0) return kept;
    throw new SimppdError(
      "no-safe-login",
      `The server lets in no login profile that is allowed here (${
        [...this.#pairs.keys()].join(", ")
      }).`,
    );
  }
}

/** What the client logs in with. */
export function loginSecretOf(account: AccountSettings): LoginSecret {
  if ("login" in account) return { keys: account.login.map(loginKeyOf) };
  return { password: account.password };
}

function loginKeyOf(kept: LoginKeySettings): LoginKey {
  return {
    profile: loginProfile(kept.profile),
    own: { secret: fromBase64(kept.secret), public: fromBase64(kept.public) },
    server: fromBase64(kept.server),
  };
}
