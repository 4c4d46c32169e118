import { SimppdError, utf8 } from "../../../base/mod.ts";
import { hmacSha256 } from "../../../crypto/mod.ts";
import { Jid, saslprep, scramDerive, type ScramMechanism } from "../../core/mod.ts";
import type { Accounts, Credential } from "../storage/accounts.ts";

/** The mechanisms keys are kept for, best first; what binds to the channel shares them. */
export const MECHANISMS = ["SCRAM-SHA-256", "SCRAM-SHA-1"] as const satisfies ScramMechanism[];
export type OfferedMechanism = typeof MECHANISMS[number];

const HASH = { "SCRAM-SHA-256": "sha-256", "SCRAM-SHA-1": "sha-1" } as const;
const KEY_BYTES = { "SCRAM-SHA-256": 32, "SCRAM-SHA-1": 20 } as const;
const SALT_BYTES = 16;
const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 1_000;

/**
 * The normal form of a new account's name. ASCII only: of other letters some look like these, and
 * one account could be made to be taken for another.
 * @throws SimppdError `bad-username`
 */
export function accountName(username: string, domain: Jid): string {
  const jid = /^[A-Za-z0-9._-]{1,100}$/.test(username)
    ? Jid.tryParse(`${username}@${domain}`)
    : undefined;
  if (jid === undefined) {
    throw new SimppdError(
      "bad-username",
      "A user name has 1 to 100 letters a to z, digits, dots, dashes or underscores; choose " +
        "another one.",
    );
  }
  return jid.local;
}

/** What is kept of a password: keys for each mechanism, never itself. @throws SimppdError `bad-password` */
export async function deriveCredentials(
  password: string,
  iterations: number,
): Promise<Credential[]> {
  if (!acceptable(password)) {
    throw new SimppdError(
      "bad-password",
      `A password has ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters, no control ` +
        "characters among them; choose another one.",
    );
  }
  return await Promise.all(MECHANISMS.map(async (mechanism) => {
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
    const keys = await scramDerive(HASH[mechanism], password, salt, iterations);
    return { mechanism, salt, iterations, ...keys };
  }));
}

function acceptable(password: string): boolean {
  if (password.length < SHORTEST_PASSWORD || password.length > LONGEST_PASSWORD) return false;
  try {
    return saslprep(password).length > 0;
  } catch {
    return false;
  }
}

/**
 * Looks credentials up so that an unknown account takes the same way and the same work as a known
 * one: its salt is always the same, its rounds are those of one of the accounts, and no password
 * fits.
 */
export class CredentialSource {
  readonly #accounts: Accounts;
  readonly #secret: Uint8Array;
  readonly #iterations: number;

  constructor(accounts: Accounts, iterations: number) {
    this.#accounts = accounts;
    this.#secret = accounts.secret("unknown-accounts");
    this.#iterations = iterations;
  }

  find(account: string, mechanism: OfferedMechanism): Credential {
    const iterations = this.#rounds(account, mechanism);
    // A stored password has another salt when it has other rounds.
    const made = hmacSha256(this.#secret, utf8(`${mechanism} ${iterations} ${account}`));
    const random = crypto.getRandomValues(new Uint8Array(2 * KEY_BYTES[mechanism]));
    return this.#accounts.credential(account, mechanism) ?? {
      mechanism,
      salt: made.slice(0, SALT_BYTES),
      iterations,
      storedKey: random.slice(0, KEY_BYTES[mechanism]),
      serverKey: random.slice(KEY_BYTES[mechanism]),
    };
  }

  /**
   * Older passwords may have fewer rounds than newer ones: an unknown name has as many as a share of
   * the names has. When accounts change to more rounds, some of the unknown ones do, and none back.
   */
  #rounds(account: string, mechanism: OfferedMechanism): number {
    const all = this.#accounts.rounds(mechanism);
    const made = hmacSha256(this.#secret, utf8(`rounds ${account}`));
    const share = new DataView(made.buffer, made.byteOffset).getUint32(0) / 2 ** 32;
    let rest = share * all.reduce((sum, { accounts }) => sum + accounts, 0);
    const found = all.find(({ accounts }) => (rest -= accounts) < 0);
    return found?.iterations ?? this.#iterations;
  }
}
