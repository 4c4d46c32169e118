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
  ScramError,
  type ScramKeys,
  type ScramMechanism,
  xor,
} from "./scram.ts";

/** What the server keeps of an account for one hash. */
export interface ScramCredentials extends ScramKeys {
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** The server's side of one SCRAM login: the two in order, each once. */
export interface ScramServer {
  /** server-first-message for a client-first-message. @throws ScramError */
  first(clientFirst: string): Promise<string>;
  /**
   * server-final-message for a client-final-message: the client is who it says.
   * @throws ScramError `not-authorized` on a wrong proof, nonce or channel binding
   */
  final(clientFinal: string): string;
  /** The prepared user name, "" before {@link first}. */
  readonly user: string;
}

/** Where the server finds credentials, and what it can bind to. */
export interface ScramServerOptions {
  /**
   * Credentials of an account. For an unknown one give made-up ones with a salt that stays the same
   * for the name, so that nobody learns which accounts exist; `undefined` fails at once.
   */
  lookup(user: string): Promise<ScramCredentials | undefined> | ScramCredentials | undefined;
  /** Set when `-PLUS` mechanisms are offered: a client's `y` then means a downgrade. */
  readonly binding?: ChannelBinding;
  /** What was offered on this stream: a client then notices what was cut of it (XEP-0474). */
  readonly offer?: SaslOffer;
}

/**
 * Checks a SCRAM login (RFC 5802, 7677).
 * @param nonceSource gives the server's part of the nonce; `scramNonce` outside of test vectors
 */
export function scramServer(
  mechanism: ScramMechanism,
  { lookup, binding, offer }: ScramServerOptions,
  nonceSource: () => string,
): ScramServer {
  const hash = hashOf(mechanism);
  const plus = mechanism.endsWith("-PLUS");
  let user = "";
  let awaiting:
    | { bound: Uint8Array; nonce: string; start: string; credentials: ScramCredentials }
    | undefined;

  return {
    get user() {
      return user;
    },

    async first(clientFirst) {
      const match = /^(n|y|p=([A-Za-z0-9.-]+)),(?:a=([^,]*))?,(.+)$/s.exec(clientFirst);
      if (match === null) throw malformed();
      const [, flag, type, authzid, bare] = match;
      const [name, theirs] = attributes(bare!, "nr") ?? [];
      if (!name || !theirs || !/^[\x21-\x2b\x2d-\x7e]{8,256}$/.test(theirs)) throw malformed();
      user = userName(name);
      if (authzid !== undefined && userName(authzid) !== user) {
        throw new ScramError(
          "invalid-authzid",
          "Logging in on behalf of another account is not offered.",
          "invalid-authzid",
        );
      }
      if (plus !== (type !== undefined) || (plus && type !== binding?.type)) throw malformed();
      // The client believes we cannot bind, yet we offered it: somebody cut our offer.
      if (flag === "y" && binding !== undefined) throw notAuthorized();
      const credentials = await lookup(user);
      if (credentials === undefined) throw notAuthorized();
      const nonce = theirs + nonceSource();
      const gs2 = clientFirst.slice(0, clientFirst.length - bare!.length);
      const reply = `r=${nonce},s=${toBase64(credentials.salt)},i=${credentials.iterations}` +
        (offer === undefined ? "" : `,h=${ssdpHash(hash, offer)}`);
      awaiting = {
        bound: plus ? concat(utf8(gs2), binding!.data) : utf8(gs2),
        nonce,
        start: `${bare},${reply}`,
        credentials,
      };
      return reply;
    },

    final(clientFinal) {
      if (awaiting === undefined) throw malformed();
      const { bound, nonce, start, credentials } = awaiting;
      awaiting = undefined;
      const end = clientFinal.lastIndexOf(",p=");
      const [channel, theirs] = attributes(clientFinal, "cr") ?? [];
      if (end < 0 || channel === undefined || theirs === undefined) throw malformed();
      const proof = base64(clientFinal.slice(end + 3));
      const message = `${start},${clientFinal.slice(0, end)}`;
      const signature = hmac(hash, credentials.storedKey, message);
      const proven = proof.length === signature.length &&
        equal(digest(hash, xor(proof, signature)), credentials.storedKey);
      if (!proven || theirs !== nonce || !equal(base64(channel), bound)) throw notAuthorized();
      return `v=${toBase64(hmac(hash, credentials.serverKey, message))}`;
    },
  };
}

function userName(escaped: string): string {
  if (/=(?!2C|3D)/.test(escaped)) throw malformed();
  try {
    return saslprep(escaped.replaceAll("=2C", ",").replaceAll("=3D", "="));
  } catch {
    throw malformed();
  }
}

function base64(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch {
    throw malformed();
  }
}

function malformed(): ScramError {
  return new ScramError("bad-scram", "This login message is malformed.", "malformed-request");
}

function notAuthorized(): ScramError {
  return new ScramError("not-authorized", "User name or password is wrong.", "not-authorized");
}
