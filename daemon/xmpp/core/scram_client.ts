import { concat, fromBase64, toBase64, utf8 } from "../../base/mod.ts";
import { equal } from "../../crypto/mod.ts";
import { saslprep } from "./saslprep.ts";
import { type SaslOffer, ssdpHash } from "./ssdp.ts";
import {
  attributes,
  type ChannelBinding,
  digest,
  hashOf,
  hmac,
  MAX_ITERATIONS,
  MIN_ITERATIONS,
  saltedPassword,
  ScramError,
  type ScramMechanism,
  xor,
} from "./scram.ts";

/** The client's side of one SCRAM login: the three in order, each once. */
export interface ScramClient {
  /** client-first-message */
  first(): string;
  /**
   * client-final-message for a server-first-message.
   * @throws ScramError `server-not-proven` on a foreign nonce or on too few or too many iterations,
   * `login-downgraded` when the server says that it offered something else than we saw
   */
  respond(serverFirst: string): Promise<string>;
  /**
   * Checks the server-final-message: the server, too, knows the password.
   * @throws ScramError `server-not-proven`
   */
  verify(serverFinal: string): void;
}

/** Channel binding of a client (RFC 5802 section 6). */
export interface ClientBinding {
  /** The data to bind to: needed with, and only used by, a `-PLUS` mechanism. */
  readonly binding?: ChannelBinding;
  /** `y`: this client could bind but the server offers no such mechanism. */
  readonly serverLacksIt?: boolean;
  /** What the server offered as we saw it, for a server that says what it offered (XEP-0474). */
  readonly offer?: SaslOffer;
}

/**
 * Logs in with SCRAM (RFC 5802, 7677).
 * @param nonceSource gives the client's nonce; `scramNonce` outside of test vectors
 */
export function scramClient(
  mechanism: ScramMechanism,
  user: string,
  password: string,
  nonceSource: () => string,
  { binding, serverLacksIt = false, offer }: ClientBinding = {},
): ScramClient {
  const hash = hashOf(mechanism);
  const nonce = nonceSource();
  const plus = mechanism.endsWith("-PLUS");
  if (plus && binding === undefined) throw new TypeError(`${mechanism} needs a channel binding`);
  const gs2 = plus ? `p=${binding!.type},,` : serverLacksIt ? "y,," : "n,,";
  const name = saslprep(user).replaceAll("=", "=3D").replaceAll(",", "=2C");
  const bare = `n=${name},r=${nonce}`;
  let expected: Uint8Array | undefined;

  return {
    first: () => gs2 + bare,

    async respond(serverFirst) {
      const [theirs, salt64, count] = attributes(serverFirst, "rsi") ?? [];
      if (theirs === undefined || salt64 === undefined || count === undefined) {
        throw notProven("its challenge is malformed");
      }
      if (!theirs.startsWith(nonce) || theirs.length <= nonce.length) {
        throw notProven("its nonce does not continue ours");
      }
      const iterations = /^[1-9][0-9]{0,8}$/.test(count) ? Number(count) : 0;
      if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
        throw notProven(
          `it wants ${
            count.slice(0, 12)
          } iterations, ${MIN_ITERATIONS} to ${MAX_ITERATIONS} are safe`,
        );
      }
      // What it says is covered by both proofs: who cuts it or changes it fails at the server.
      const said = serverFirst.split(",").filter((part) => part.startsWith("h="));
      if (offer !== undefined && said.some((part) => part !== `h=${ssdpHash(hash, offer)}`)) {
        throw new ScramError(
          "login-downgraded",
          "Somebody between us and the server changed the logins it offers. The login was stopped.",
          "not-authorized",
        );
      }
      const salted = await saltedPassword(hash, password, base64(salt64), iterations);
      const bound = plus ? concat(utf8(gs2), binding!.data) : utf8(gs2);
      const withoutProof = `c=${toBase64(bound)},r=${theirs}`;
      const message = `${bare},${serverFirst},${withoutProof}`;
      const clientKey = hmac(hash, salted, "Client Key");
      const signature = hmac(hash, digest(hash, clientKey), message);
      expected = hmac(hash, hmac(hash, salted, "Server Key"), message);
      return `${withoutProof},p=${toBase64(xor(clientKey, signature))}`;
    },

    verify(serverFinal) {
      const [signature] = attributes(serverFinal, "v") ?? [];
      if (expected === undefined || signature === undefined) throw notProven("it gave no proof");
      if (!equal(base64(signature), expected)) throw notProven("its proof is wrong");
    },
  };
}

function base64(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch {
    throw notProven("it sent malformed base64");
  }
}

function notProven(why: string): ScramError {
  return new ScramError(
    "server-not-proven",
    `The server did not prove that it knows this account: ${why}. The login was stopped.`,
    "not-authorized",
  );
}
