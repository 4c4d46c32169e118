import {
  type Element,
  hashedTokenClient,
  type HashedTokenMechanism,
  type Jid,
  NS,
} from "../core/mod.ts";
import { type Bindable, canBind, type Exchange } from "./sasl.ts";
import type { SaslOffer } from "../core/mod.ts";

/** What a server gave us to log in with next time, instead of the password. */
export interface FastToken {
  /** The only mechanism it may be used with. */
  readonly mechanism: HashedTokenMechanism;
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/** Where the token of an account is kept. It is as secret as a password. */
export interface FastTokens {
  load(): FastToken | undefined;
  /** `undefined`: forget it. */
  save(token: FastToken | undefined): void;
}

const MAX_TOKEN = 1024;

/** Keeps a token in memory, for as long as there is a client. */
export function tokensInMemory(): FastTokens {
  let kept: FastToken | undefined;
  return { load: () => kept, save: (token) => kept = token };
}

/** What a server and a connection let us do with tokens (XEP-0484). */
export class Fast {
  readonly #tokens: FastTokens;
  readonly #connection: Bindable;
  /** The mechanism to ask a token for; `undefined` when the server gives none that are as good. */
  readonly #wanted: HashedTokenMechanism | undefined;

  /**
   * @param inline `<inline/>` of the server's `<authentication/>`
   * A token is never bound less than the password would be: where SCRAM could be bound, so must it.
   */
  constructor(
    tokens: FastTokens,
    inline: Element | undefined,
    offer: SaslOffer,
    connection: Bindable,
  ) {
    this.#tokens = tokens;
    this.#connection = connection;
    const names = inline?.getChild("fast", NS.fast)?.getChildren("mechanism", NS.fast)
      .map((mechanism) => mechanism.getText().trim()) ?? [];
    const bound = connection.tlsServerEndPoint !== undefined && names.includes("HT-SHA-256-ENDP");
    const plain = names.includes("HT-SHA-256-NONE") && !canBind(offer, connection);
    this.#wanted = bound ? "HT-SHA-256-ENDP" : plain ? "HT-SHA-256-NONE" : undefined;
  }

  /** The mechanism to name in `<request-token/>`. */
  get wanted(): HashedTokenMechanism | undefined {
    return this.#wanted;
  }

  /** A login by token, when there is one that is good here. */
  exchange({ local }: Jid, now = Date.now()): Exchange | undefined {
    const kept = this.#tokens.load();
    if (kept === undefined || kept.mechanism !== this.#wanted) return undefined;
    if (kept.expires <= now) {
      this.forget();
      return undefined;
    }
    const { mechanism, token } = kept;
    const { tlsServerEndPoint } = this.#connection;
    const channelBound = mechanism.endsWith("-ENDP");
    return {
      ...hashedTokenClient(mechanism, local, token, tlsServerEndPoint),
      outcome: { mechanism, mutual: false, profile: null, channelBound },
    };
  }

  /** The server refused it, or did not know it: it is good for nothing. */
  forget(): void {
    this.#tokens.save(undefined);
  }

  /** Keeps what stands in a `<success/>` that was verified, if anything. */
  keep(success: Element): void {
    const { token, expiry } = success.getChild("token", NS.fast)?.attrs ?? {};
    const expires = Date.parse(expiry ?? "");
    if (this.#wanted === undefined || !token || token.length > MAX_TOKEN) return;
    if (!Number.isNaN(expires)) this.#tokens.save({ mechanism: this.#wanted, token, expires });
  }
}
