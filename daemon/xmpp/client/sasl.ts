import { fromUtf8, SimppdError, utf8 } from "../../base/mod.ts";
import { type LoginProfileId, systemRandom } from "../../crypto/mod.ts";
import {
  type Jid,
  type LoginKey,
  type SaslOffer,
  scramClient,
  type ScramMechanism,
  scramNonce,
  simpp1Client,
  SIMPP_1,
} from "../core/mod.ts";

const END_POINT = "tls-server-end-point";

/**
 * Best first: to be bound to the connection counts for more than the hash. PLAIN is not here and
 * never will be: it hands the password to whoever answers.
 */
const SCRAM: ScramMechanism[] = [
  "SCRAM-SHA-256-PLUS",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-256",
  "SCRAM-SHA-1",
];

/**
 * What an account logs in with: a password, by SCRAM; or keys, by SIMPP-1 and nothing else. Who
 * made the account with keys never falls back to a password.
 */
export type LoginSecret = { readonly password: string } | { readonly keys: readonly LoginKey[] };

/** How a login went that succeeded. */
export interface LoginOutcome {
  /** Name of the SASL mechanism. */
  readonly mechanism: string;
  /**
   * Both sides proved who they are by keys, on this very TLS connection. SCRAM does not count: its
   * proof rests on a password, and is not bound to the connection unless `channelBound`.
   */
  readonly mutual: boolean;
  /** Of SIMPP-1. */
  readonly profile: LoginProfileId | null;
  /** The proofs hold for this TLS connection alone. */
  readonly channelBound: boolean;
}

/** One login as it runs: the steps in order, each once. */
export interface Exchange {
  readonly outcome: LoginOutcome;
  first(): Uint8Array;
  /** Absent where the first message is the only one. @throws SaslError */
  respond?(challenge: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** Checks the server's last word. @throws SaslError */
  verify(last: Uint8Array): void;
}

/** What the connection lets a login be bound to. */
export interface Bindable {
  /** `endPointOf` the certificate: SIMPP-1 binds to it. */
  readonly endPoint: Uint8Array | undefined;
  /** SCRAM and tokens bind to it. */
  readonly tlsServerEndPoint: Uint8Array | undefined;
}

/**
 * Chooses among the mechanisms a server offers.
 * @throws SimppdError `no-safe-login`, `login-downgraded`
 */
export function chooseLogin(
  account: Jid,
  secret: LoginSecret,
  offer: SaslOffer,
  connection: Bindable,
): Exchange {
  if ("keys" in secret) return byKeys(account, secret.keys, offer, connection);
  const data = canBind(offer, connection) ? connection.tlsServerEndPoint : undefined;
  const mechanism = SCRAM.find((mechanism) =>
    offer.mechanisms.includes(mechanism) && (data !== undefined || !mechanism.endsWith("-PLUS"))
  );
  if (mechanism === undefined) {
    throw new SimppdError(
      "no-safe-login",
      "The server offers no login that keeps the password from it: expected " +
        `SCRAM-SHA-256 or SCRAM-SHA-1, it has ${listed(offer) || "none"}.`,
    );
  }
  const channelBound = mechanism.endsWith("-PLUS");
  const scram = scramClient(mechanism, account.local, secret.password, scramNonce, {
    ...(data === undefined ? {} : { binding: { type: END_POINT, data } }),
    // Said truly, so that a server that did offer to bind notices that its offer was cut.
    serverLacksIt: connection.tlsServerEndPoint !== undefined &&
      !offer.mechanisms.some((name) => name.endsWith("-PLUS")),
    offer,
  });
  return {
    outcome: { mechanism, mutual: false, profile: null, channelBound },
    first: () => utf8(scram.first()),
    respond: async (challenge) => utf8(await scram.respond(textOf(challenge))),
    verify: (last) => scram.verify(textOf(last)),
  };
}

/** Can this connection be bound to, and does the server say that it can check that (XEP-0440)? */
export function canBind({ channelBindings }: SaslOffer, connection: Bindable): boolean {
  return connection.tlsServerEndPoint !== undefined &&
    (channelBindings?.includes(END_POINT) ?? false);
}

function byKeys(
  account: Jid,
  keys: readonly LoginKey[],
  offer: SaslOffer,
  { endPoint }: Bindable,
): Exchange {
  const { mechanisms } = offer;
  if (!mechanisms.includes(SIMPP_1)) {
    throw downgraded(`the server offers it no more (it has ${listed(offer) || "nothing"})`);
  }
  if (endPoint === undefined) {
    throw downgraded("this connection shows no certificate it could be bound to");
  }
  const { domain } = account;
  const jid = account.toString();
  const simpp = simpp1Client({ jid, domain, keys, mechanisms, endPoint }, systemRandom);
  const profile = simpp.key.profile.id;
  return { ...simpp, outcome: { mechanism: SIMPP_1, mutual: true, profile, channelBound: true } };
}

function listed({ mechanisms }: SaslOffer): string {
  return mechanisms.join(", ").slice(0, 200);
}

/** What cannot be decoded is no proof, and fails as one. */
function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return "";
  }
}

function downgraded(why: string): SimppdError {
  return new SimppdError(
    "login-downgraded",
    `This account logs in by ${SIMPP_1} only, and ${why}. Nothing was sent; somebody may stand ` +
      "between us and the server.",
  );
}
