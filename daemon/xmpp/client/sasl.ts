import { fromUtf8, SimppdError, utf8 } from "../../base/mod.ts";
import { type LoginProfileId, systemRandom } from "../../crypto/mod.ts";
import {
  type Jid,
  type LoginKey,
  scramClient,
  type ScramMechanism,
  scramNonce,
  simpp1Client,
  SIMPP_1,
} from "../core/mod.ts";

/** Best first. PLAIN is not here and never will be: it hands the password to whoever answers. */
const SCRAM: ScramMechanism[] = ["SCRAM-SHA-256", "SCRAM-SHA-1"];

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
   * proof is not bound to the connection, and rests on a password.
   */
  readonly mutual: boolean;
  /** Of SIMPP-1. */
  readonly profile: LoginProfileId | null;
}

/** One login as it runs: three steps, each once. */
export interface Exchange {
  readonly outcome: LoginOutcome;
  first(): Uint8Array;
  /** @throws SaslError */
  respond(challenge: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** Checks the server's last word. @throws SaslError */
  verify(last: Uint8Array): void;
}

/**
 * Chooses among the mechanisms a server offers.
 * @param endPoint `endPointOf` its certificate, where the connection shows one
 * @throws SimppdError `no-safe-login`, `login-downgraded`
 */
export function chooseLogin(
  account: Jid,
  secret: LoginSecret,
  offered: readonly string[],
  endPoint: Uint8Array | undefined,
): Exchange {
  if ("keys" in secret) return byKeys(account, secret.keys, offered, endPoint);
  const mechanism = SCRAM.find((mechanism) => offered.includes(mechanism));
  if (mechanism === undefined) {
    throw new SimppdError(
      "no-safe-login",
      `The server offers no login that keeps the password from it: expected ${
        SCRAM.join(" or ")
      }, it has ${offered.join(", ").slice(0, 200) || "none"}.`,
    );
  }
  return byPassword(mechanism, account, secret.password);
}

function byPassword(mechanism: ScramMechanism, account: Jid, password: string): Exchange {
  const scram = scramClient(mechanism, account.local, password, scramNonce);
  return {
    outcome: { mechanism, mutual: false, profile: null },
    first: () => utf8(scram.first()),
    respond: async (challenge) => utf8(await scram.respond(textOf(challenge))),
    verify: (last) => scram.verify(textOf(last)),
  };
}

function byKeys(
  account: Jid,
  keys: readonly LoginKey[],
  offered: readonly string[],
  endPoint: Uint8Array | undefined,
): Exchange {
  if (!offered.includes(SIMPP_1)) {
    throw downgraded(
      `the server offers it no more (it has ${offered.join(", ").slice(0, 200) || "nothing"})`,
    );
  }
  if (endPoint === undefined) {
    throw downgraded("this connection shows no certificate it could be bound to");
  }
  const { domain } = account;
  const jid = account.toString();
  const simpp = simpp1Client({ jid, domain, keys, mechanisms: offered, endPoint }, systemRandom);
  return {
    ...simpp,
    outcome: { mechanism: SIMPP_1, mutual: true, profile: simpp.key.profile.id },
  };
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
