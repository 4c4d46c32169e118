import { fromUtf8, SimppdError } from "../../../base/mod.ts";
import { equal } from "../../../crypto/mod.ts";
import { SaslError, scramDerive } from "../../core/mod.ts";
import type { CredentialSource } from "./credentials.ts";
import type { Exchange } from "./logins.ts";

/** RFC 4616. Only behind TLS, as all logins are, and only where the server's options allow it. */
export const PLAIN = "PLAIN";

/**
 * Checks a password that is sent as it is, against what SCRAM keeps of it. For an unknown account the
 * work is the same.
 * @param nameOf local part of a user's account, "" for what cannot be one
 */
export function plainExchange(
  source: CredentialSource,
  nameOf: (user: string) => string,
): Exchange {
  let account = "";
  return {
    get account() {
      return account;
    },
    guessable: true,
    first(message) {
      const [authzid, user, password, ...more] = textOf(message).split("\0");
      if (!user || !password || more.length > 0) throw malformed();
      account = nameOf(user);
      if (authzid !== "" && nameOf(authzid!.split("@")[0]!) !== account) {
        throw new SaslError("bad-plain", "Nobody acts for another here.", "invalid-authzid");
      }
      const prove = async () => {
        const { storedKey, salt, iterations } = source.find(account, "SCRAM-SHA-256");
        const shown = await keysOf(password, salt, iterations);
        // While that was worked on, the name may have become another person's.
        const still = equal(source.find(account, "SCRAM-SHA-256").storedKey, storedKey);
        if (shown !== undefined && equal(shown, storedKey) && still) return;
        throw new SaslError("bad-plain", "Name or password is wrong.", "not-authorized");
      };
      return { data: new Uint8Array(0), last: true, prove };
    },
    final() {
      throw malformed();
    },
  };
}

async function keysOf(password: string, salt: Uint8Array, iterations: number) {
  try {
    return (await scramDerive("sha-256", password, salt, iterations)).storedKey;
  } catch (error) {
    // What cannot be a password is a wrong one.
    if (error instanceof SimppdError) return undefined;
    throw error;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw malformed();
  }
}

function malformed(): SaslError {
  return new SaslError("bad-plain", "This login message is malformed.", "malformed-request");
}
