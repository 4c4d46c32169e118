import type { Bytes } from "../../base/mod.ts";
import {
  equal,
  type KeyPair,
  type LoginProfile,
  loginProfile,
  loginProfileByCode,
  type LoginProfileId,
  OpenError,
  type Random,
  strongestLogin,
} from "../../crypto/mod.ts";
import { SaslError } from "./sasl_error.ts";
import {
  checkEphemeral,
  LABEL,
  LoginSecrets,
  readClientFinal,
  readClientFirst,
  sameNames,
  writeServerFinal,
  writeServerFirst,
  writeServerOffer,
  writeTranscript,
} from "./simpp1.ts";

/** A login key of an account, and whether there is such an account: a made-up key never fits. */
export interface FoundLoginKey {
  readonly public: Uint8Array;
  readonly known: boolean;
}

/** The server's side of one SIMPP-1 login: the two in order, each once. */
export interface Simpp1Server {
  /** Bare JID that the client named, "" before {@link first}. */
  readonly jid: string;
  /** server-first for a client-first: the server proves itself. @throws SaslError */
  first(clientFirst: Uint8Array): Bytes;
  /**
   * server-final for a client-final: the client is who it says.
   * @throws SaslError `not-authorized`, whatever was wrong with its proof
   */
  final(clientFinal: Uint8Array): Bytes;
}

/** What the server is, offers and knows. */
export interface Simpp1ServerOptions {
  readonly domain: string;
  /** Its identities, by profile: the profiles it lets in. */
  readonly identities: ReadonlyMap<LoginProfileId, KeyPair>;
  /** SASL mechanisms it offered on this stream, in order. */
  readonly mechanisms: readonly string[];
  /** `endPointOf` its certificate. */
  readonly endPoint: Uint8Array;
  /** The key of an account. For an unknown one give another key of the profile, `known` false. */
  lookup(jid: string, profile: LoginProfile): FoundLoginKey;
}

interface Pending {
  readonly profile: LoginProfile;
  readonly secrets: LoginSecrets;
  readonly account: FoundLoginKey;
  /** Both sides saw the same offers. */
  readonly undisturbed: boolean;
}

/** Checks a SIMPP-1 login (docs/protocol.md "Login"). */
export function simpp1Server(
  { domain, identities, mechanisms, endPoint, lookup }: Simpp1ServerOptions,
  random: Random,
): Simpp1Server {
  let jid = "";
  let pending: Pending | undefined;

  return {
    get jid() {
      return jid;
    },

    first(clientFirst) {
      const client = parsed(() => readClientFirst(clientFirst));
      if (jid !== "" || client.jid === "") throw malformed();
      jid = client.jid;
      const profile = loginProfileByCode(client.profile);
      const identity = profile && identities.get(profile.id);
      if (profile === undefined || identity === undefined) throw notAuthorized();
      const ephemeral = profile.dh.generate(random);
      const shared = parsed(() => {
        checkEphemeral(profile, client.ephemeral);
        return profile.dh.shared(ephemeral.secret, client.ephemeral);
      });
      const codes = [...identities.keys()].map((id) => loginProfile(id).code);
      const offer = writeServerOffer({
        nonce: random(32),
        ephemeral: ephemeral.public,
        profiles: codes,
        mechanisms,
      });
      const serverKey = identity.public;
      const transcript = writeTranscript({ clientFirst, offer, domain, endPoint, serverKey });
      const signature = profile.serverSigner.sign(identity.secret, LABEL.server, transcript);
      pending = {
        profile,
        secrets: new LoginSecrets(shared, transcript, signature),
        account: lookup(jid, profile),
        undisturbed: strongestLogin(client.profiles, codes) === profile.code &&
          sameNames(client.mechanisms, mechanisms),
      };
      // What was changed on the way the client learns from our signed offer, and it says so.
      return writeServerFirst(offer, signature);
    },

    final(clientFinal) {
      if (pending === undefined) throw malformed();
      const { profile, secrets, account, undisturbed } = pending;
      pending = undefined;
      const { sealed, confirmation } = parsed(() => readClientFinal(clientFinal));
      if (!equal(confirmation, secrets.clientConfirmation(sealed))) throw notAuthorized();
      const signature = opened(secrets, sealed);
      const message = secrets.clientMessage(account.public);
      const proven = profile.clientSigner
        .verify(account.public, LABEL.client, message, signature);
      if (!proven || !account.known || !undisturbed) throw notAuthorized();
      return writeServerFinal(secrets.serverConfirmation(clientFinal));
    },
  };
}

function opened(secrets: LoginSecrets, sealed: Uint8Array): Bytes {
  try {
    return secrets.open(sealed);
  } catch (error) {
    if (error instanceof OpenError) throw notAuthorized();
    throw error;
  }
}

function parsed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError || error instanceof OpenError) {
      throw malformed();
    }
    throw error;
  }
}

function malformed(): SaslError {
  return new SaslError(
    "bad-login-message",
    "This login message is malformed.",
    "malformed-request",
  );
}

function notAuthorized(): SaslError {
  return new SaslError("not-authorized", "This login key is not the account's.", "not-authorized");
}
