import { createHmac } from "node:crypto";
import { type Bytes, concat, utf8 } from "../../base/mod.ts";
import { equal } from "../../crypto/mod.ts";
import { SaslError } from "./sasl_error.ts";

/** Mechanisms for tokens that we know (draft-schmaus-kitten-sasl-ht): bound, and not bound. */
export type HashedTokenMechanism = "HT-SHA-256-ENDP" | "HT-SHA-256-NONE";

/** The client's side of one login by token: the two in order, each once. */
export interface HashedTokenClient {
  /** The only message of the client. */
  first(): Bytes;
  /** Checks the server's only message: it knows the token too. @throws SaslError `server-not-proven` */
  verify(answer: Uint8Array): void;
}

/**
 * Logs in with a token of an earlier login (draft-schmaus-kitten-sasl-ht-08, XEP-0484).
 * @param endPoint `tlsServerEndPoint` of the connection: needed with, and only used by, `-ENDP`
 */
export function hashedTokenClient(
  mechanism: HashedTokenMechanism,
  user: string,
  token: string,
  endPoint: Uint8Array | undefined,
): HashedTokenClient {
  const bound = mechanism === "HT-SHA-256-ENDP";
  if (bound && endPoint === undefined) throw new TypeError(`${mechanism} needs a channel binding`);
  const data = bound ? endPoint! : new Uint8Array(0);
  return {
    first: () => concat(utf8(`${user}\0`), mac(token, "Initiator", data)),
    verify(answer) {
      if (equal(answer, mac(token, "Responder", data))) return;
      throw new SaslError(
        "server-not-proven",
        "The server did not prove that it knows the token it gave us. The login was stopped.",
        "not-authorized",
      );
    },
  };
}

/** What the server checks a client's message against, and answers with. */
export function hashedToken(
  role: "Initiator" | "Responder",
  token: string,
  data: Uint8Array,
): Bytes {
  return mac(token, role, data);
}

function mac(token: string, role: string, data: Uint8Array): Bytes {
  return new Uint8Array(
    createHmac("sha256", utf8(token)).update(utf8(role)).update(data).digest(),
  );
}
