import type { Bytes } from "../../base/mod.ts";
import { equal, OpenError, type Random, strongestLogin } from "../../crypto/mod.ts";
import { SaslError } from "./sasl_error.ts";
import {
  checkEphemeral,
  LABEL,
  LoginSecrets,
  readServerFinal,
  readServerFirst,
  readServerOffer,
  sameNames,
  writeClientFinal,
  writeClientFirst,
  writeTranscript,
} from "./simpp1.ts";
import type { LoginKey } from "./simpp1_keys.ts";

/** The client's side of one SIMPP-1 login: the three in order, each once. */
export interface Simpp1Client {
  /** The profile of this login. */
  readonly key: LoginKey;
  /** client-first */
  first(): Bytes;
  /**
   * client-final for a server-first: by then the server has proved itself.
   * @throws SaslError `server-not-proven`, or `login-downgraded` when somebody changed what either
   * side offered
   */
  respond(serverFirst: Uint8Array): Bytes;
  /** Checks server-final: both sides are proved. @throws SaslError `server-not-proven` */
  verify(serverFinal: Uint8Array): void;
}

/** Who logs in where. */
export interface Simpp1ClientOptions {
  /** Bare JID of the account. */
  readonly jid: string;
  readonly domain: string;
  /** One a profile that may be used, at least one. */
  readonly keys: readonly LoginKey[];
  /** SASL mechanisms as the server offered them, in its order. */
  readonly mechanisms: readonly string[];
  /** `endPointOf` the certificate this connection showed. */
  readonly endPoint: Uint8Array;
}

/**
 * Logs in with SIMPP-1 (docs/protocol.md "Login"), under the strongest profile there is a key for.
 * @throws SaslError `server-not-proven` when more mechanisms are offered than there can be
 */
export function simpp1Client(
  { jid, domain, keys, mechanisms, endPoint }: Simpp1ClientOptions,
  random: Random,
): Simpp1Client {
  const [key] = keys.toSorted((a, b) => a.profile.code - b.profile.code);
  if (key === undefined) throw new TypeError("SIMPP-1 needs a login key");
  const { profile } = key;
  const profiles = keys.map((one) => one.profile.code);
  const nonce = random(32);
  const ephemeral = profile.dh.generate(random);
  const clientFirst = parsed(() =>
    writeClientFirst({
      nonce,
      jid,
      profile: profile.code,
      profiles,
      ephemeral: ephemeral.public,
      mechanisms,
    })
  );
  let secrets: LoginSecrets | undefined;
  let clientFinal: Bytes | undefined;

  return {
    key,
    first: () => clientFirst,

    respond(serverFirst) {
      if (secrets !== undefined) throw notProven("it answered twice");
      const { offer: bytes, signature } = parsed(() => readServerFirst(serverFirst));
      const offer = parsed(() => {
        const offer = readServerOffer(bytes);
        checkEphemeral(profile, offer.ephemeral);
        return offer;
      });
      const transcript = writeTranscript({
        clientFirst,
        offer: bytes,
        domain,
        endPoint,
        serverKey: key.server,
      });
      if (!profile.serverSigner.verify(key.server, LABEL.server, transcript, signature)) {
        throw notProven("its signature is not that of the server this account was made on");
      }
      // Signed by the right server: what differs now was changed on the way to us.
      if (!sameNames(offer.mechanisms, mechanisms)) throw downgraded("the logins it offers");
      if (strongestLogin(profiles, offer.profiles) !== profile.code) {
        throw downgraded("the login profiles it offers");
      }
      secrets = parsed(() =>
        new LoginSecrets(
          profile.dh.shared(ephemeral.secret, offer.ephemeral),
          transcript,
          signature,
        )
      );
      const message = secrets.clientMessage(key.own.public);
      const sealed = secrets.seal(
        profile.clientSigner.sign(key.own.secret, LABEL.client, message),
      );
      return clientFinal = writeClientFinal(sealed, secrets.clientConfirmation(sealed));
    },

    verify(serverFinal) {
      if (secrets === undefined || clientFinal === undefined) throw notProven("it skipped a step");
      const confirmation = parsed(() => readServerFinal(serverFinal));
      if (!equal(confirmation, secrets.serverConfirmation(clientFinal))) {
        throw notProven("its confirmation is wrong");
      }
    },
  };
}

/** What cannot be read is no proof, and fails as one. */
function parsed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError || error instanceof OpenError) {
      throw notProven("its answer is malformed");
    }
    throw error;
  }
}

function notProven(why: string): SaslError {
  return new SaslError(
    "server-not-proven",
    `The server did not prove that it is the one this account was made on: ${why}. The login was ` +
      "stopped.",
    "not-authorized",
  );
}

function downgraded(what: string): SaslError {
  return new SaslError(
    "login-downgraded",
    `Somebody between us and the server changed ${what}. The login was stopped.`,
    "not-authorized",
  );
}
