import { equal } from "../../../crypto/mod.ts";
import { fromUtf8 } from "../../../base/mod.ts";
import { SaslError } from "../../core/mod.ts";
import { type FastTokens, initiatorHash } from "../storage/fast_tokens.ts";
import type { Exchange } from "./logins.ts";

/**
 * The one mechanism for tokens (draft-schmaus-kitten-sasl-ht): bound to the server's certificate.
 * HT-SHA-256-NONE is not offered: its only message is the same each time, so that whoever ends the
 * TLS with another certificate once could be the account until the token changes.
 */
export const HT_MECHANISM = "HT-SHA-256-ENDP";

/** Bytes of HMAC-SHA-256. */
const MAC = 32;

/** Checks a login by token: one message each way. */
export function tokenExchange(
  tokens: FastTokens,
  client: string,
  nameOf: (user: string) => string,
): Exchange {
  let account = "";
  return {
    get account() {
      return account;
    },
    guessable: false,
    first(message) {
      const end = message.length - MAC - 1;
      if (end < 1 || message[end] !== 0) throw malformed();
      account = nameOf(nameIn(message.subarray(0, end)));
      const shown = initiatorHash(message.subarray(end + 1));
      const now = Date.now();
      for (const token of tokens.find(account, client)) {
        if (!equal(shown, token.initiator)) continue;
        if (token.expires <= now) throw expired();
        tokens.used(account, client, token.slot);
        return { data: token.responder, last: true };
      }
      throw notAuthorized();
    },
    final() {
      throw malformed();
    },
  };
}

function nameIn(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw malformed();
  }
}

function malformed(): SaslError {
  return new SaslError("bad-token-login", "This login message is malformed.", "malformed-request");
}

function notAuthorized(): SaslError {
  return new SaslError("not-authorized", "This token is not the account's.", "not-authorized");
}

function expired(): SaslError {
  return new SaslError("token-expired", "This token has run out.", "credentials-expired");
}
