import { X509Certificate } from "node:crypto";
import { type Bytes, fromUtf8, SimppdError, utf8 } from "../../../base/mod.ts";
import {
  hkdf,
  type KeyPair,
  loginProfile,
  type LoginProfileId,
  systemRandom,
} from "../../../crypto/mod.ts";
import {
  type ChannelBinding,
  endPointOf,
  Jid,
  type PublicLoginKey,
  SaslError,
  type SaslOffer,
  ScramError,
  type ScramMechanism,
  scramNonce,
  scramServer,
  simpp1Server,
  SIMPP_1,
  tlsServerEndPoint,
} from "../../core/mod.ts";
import type { Accounts } from "../storage/accounts.ts";
import { CredentialSource, MECHANISMS, type OfferedMechanism } from "./credentials.ts";
import type { FastTokens } from "../storage/fast_tokens.ts";
import { PLAIN, plainExchange } from "./plain_login.ts";
import { HT_MECHANISM, tokenExchange } from "./token_login.ts";

/** The profiles let in unless the server's options name others. */
const DEFAULT_PROFILES: readonly LoginProfileId[] = ["simpp-modern"];

/** What the server says to a client's first message; `last`: the client is proved already. */
export interface FirstAnswer {
  readonly data: Uint8Array;
  readonly last: boolean;
  /** Work that shows whether a guess was right: done once it is sure that this one may guess. */
  readonly prove?: () => Promise<void>;
}

/** One login as it runs: one or two steps, each once. */
export interface Exchange {
  /** Local part of who wants in; "" before {@link first}, and for what cannot be a name here. */
  readonly account: string;
  /** Does it rest on a password, which can be guessed? */
  readonly guessable: boolean;
  /** @throws SaslError */
  first(data: Uint8Array): Promise<FirstAnswer> | FirstAnswer;
  /** The client is proved. @throws SaslError */
  final(data: Uint8Array): Uint8Array;
}

/**
 * Where `-PLUS` mechanisms are offered. A client that binds to `tls-unique` alone, as slixmpp 1.8
 * does, takes a plain mechanism beside them with the flag of one whose offer was cut, and that is
 * refused. Clients that know SASL2 (XEP-0388) know `tls-server-end-point` too.
 */
export type BindingOffer = "sasl2" | "everywhere" | "never";

/** Which frame a login has: RFC 6120 section 6, or XEP-0388. */
export type SaslProfile = "sasl" | "sasl2";

/** What {@link Logins} are made of. */
export interface LoginsOptions {
  readonly accounts: Accounts;
  readonly tokens: FastTokens;
  readonly domain: Jid;
  readonly certificatePem: string;
  readonly scramIterations: number;
  readonly channelBinding: BindingOffer;
  /** Is PLAIN offered too? */
  readonly plain?: boolean;
  /** Of SIMPP-1; none: the mechanism is not offered. */
  readonly profiles?: readonly LoginProfileId[];
}

/**
 * The ways to log in here: SIMPP-1 by keys, SCRAM for other clients, tokens for who was here before.
 * PLAIN only where it is asked for: a server that never sees a password cannot lose it.
 */
export class Logins {
  /** Those that take a token instead (XEP-0484). */
  readonly tokenMechanisms: readonly string[];
  /** Types of channel binding that can be checked (XEP-0440). */
  readonly channelBindings: readonly string[];
  readonly #accounts: Accounts;
  readonly #tokens: FastTokens;
  readonly #binding: ChannelBinding | undefined;
  readonly #tokenBinding: Uint8Array | undefined;
  readonly #domain: Jid;
  readonly #source: CredentialSource;
  readonly #endPoint: Uint8Array;
  readonly #offers: Readonly<Record<SaslProfile, SaslOffer>>;
  readonly #identities = new Map<LoginProfileId, KeyPair>();
  /** Stand in for the keys of unknown accounts, which then take the same work. */
  readonly #nobody = new Map<LoginProfileId, Bytes>();

  constructor(options: LoginsOptions) {
    const { accounts, domain, certificatePem, scramIterations } = options;
    this.#accounts = accounts;
    this.#tokens = options.tokens;
    this.#domain = domain;
    this.#source = new CredentialSource(accounts, scramIterations);
    const certificate = new X509Certificate(certificatePem).raw;
    this.#endPoint = endPointOf(certificate);
    const data = this.#tokenBinding = tlsServerEndPoint(certificate);
    const binds = data !== undefined && options.channelBinding !== "never";
    this.#binding = binds ? { type: "tls-server-end-point", data } : undefined;
    const secret = accounts.secret("login-identity");
    for (const id of options.profiles ?? DEFAULT_PROFILES) {
      const { serverSigner, clientSigner } = loginProfile(id);
      const draw = (length: number) => hkdf(secret, utf8(id), utf8("login identity"), length);
      this.#identities.set(id, serverSigner.generate(draw));
      this.#nobody.set(id, clientSigner.generate(systemRandom).public);
    }
    const plus = binds ? MECHANISMS.map((name) => `${name}-PLUS`) : [];
    const keys = this.#identities.size === 0 ? [] : [SIMPP_1];
    const bare = [...MECHANISMS, ...(options.plain ? [PLAIN] : [])];
    const channelBindings = binds ? ["tls-server-end-point"] : undefined;
    const bound = { mechanisms: [...keys, ...plus, ...bare], channelBindings };
    const unbound = { mechanisms: [...keys, ...bare], channelBindings };
    this.#offers = {
      sasl: options.channelBinding === "everywhere" ? bound : unbound,
      sasl2: bound,
    };
    this.tokenMechanisms = data === undefined ? [] : [HT_MECHANISM];
    this.channelBindings = channelBindings ?? [];
  }

  /** What is offered in a profile of SASL, best first, as XEP-0474 hashes it. */
  offer(profile: SaslProfile): SaslOffer {
    return this.#offers[profile];
  }

  /** What tokens are bound to; undefined when none are given. */
  get tokenBinding(): Uint8Array | undefined {
    return this.#tokenBinding;
  }

  /** This server's own public keys, for clients to pin; all profiles it lets in. */
  get publicKeys(): PublicLoginKey[] {
    return [...this.#identities].map(([profile, pair]) => ({ profile, public: pair.public }));
  }

  /**
   * Of an account's keys those that can be used here.
   * @throws SimppdError `bad-login-keys` when there is none
   */
  usable(keys: readonly PublicLoginKey[]): PublicLoginKey[] {
    const usable = keys.filter(({ profile }) => this.#identities.has(profile));
    if (usable.length > 0) return usable;
    const names = [...this.#identities.keys()].join(", ");
    throw new SimppdError(
      "bad-login-keys",
      names === ""
        ? "This server takes passwords only, no login keys."
        : `This server wants a login key for one of ${names}, and was given none.`,
    );
  }

  /** Begins a login; undefined when the mechanism is not offered in that profile. */
  begin(mechanism: string, profile: SaslProfile): Exchange | undefined {
    const offer = this.offer(profile);
    if (!offer.mechanisms.includes(mechanism)) return undefined;
    const nameOf = (user: string) => this.#localPart(`${user}@${this.#domain}`);
    if (mechanism === PLAIN) return plainExchange(this.#source, nameOf);
    return mechanism === SIMPP_1
      ? this.#byKeys(offer)
      : this.#byPassword(mechanism as ScramMechanism, offer);
  }

  /** Begins a login by a token that was given to `client`; undefined when it is not offered. */
  beginByToken(mechanism: string, client: string): Exchange | undefined {
    if (!this.tokenMechanisms.includes(mechanism)) return undefined;
    const nameOf = (user: string) => this.#localPart(`${user}@${this.#domain}`);
    return tokenExchange(this.#tokens, client, nameOf);
  }

  #byKeys({ mechanisms }: SaslOffer): Exchange {
    const same = this.#sameAccount();
    const simpp = simpp1Server({
      domain: this.#domain.domain,
      identities: this.#identities,
      mechanisms,
      endPoint: this.#endPoint,
      lookup: (jid, { id }) => {
        const own = this.#accounts.loginKey(same.begins(this.#localPart(jid)), id);
        return { public: own ?? this.#nobody.get(id)!, known: own !== undefined };
      },
    }, systemRandom);
    const account = () => this.#localPart(simpp.jid);
    return {
      get account() {
        return account();
      },
      guessable: false,
      first: (data) => ({ data: simpp.first(data), last: false }),
      final: (data) => same.ends(simpp.final(data)),
    };
  }

  #byPassword(mechanism: ScramMechanism, offer: SaslOffer): Exchange {
    // Where none was offered, a client that could have bound says so in truth.
    const binds = offer.mechanisms.some((name) => name.endsWith("-PLUS"));
    const nameOf = (user: string) => this.#localPart(`${user}@${this.#domain}`);
    const same = this.#sameAccount();
    const kept = mechanism.replace("-PLUS", "") as OfferedMechanism;
    const scram = scramServer(
      mechanism,
      {
        lookup: (user) => this.#source.find(same.begins(nameOf(user)), kept),
        offer,
        ...(binds ? { binding: this.#binding! } : {}),
      },
      scramNonce,
    );
    return {
      get account() {
        return nameOf(scram.user);
      },
      guessable: true,
      first: async (data) => ({ data: utf8(await scram.first(textOf(data))), last: false }),
      final: (data) => same.ends(utf8(scram.final(textOf(data)))),
    };
  }

  /** A login ends at the account it began with: not at a later one of the same name. */
  #sameAccount() {
    let name = "";
    let created: number | undefined;
    return {
      begins: (account: string): string => {
        name = account;
        created = this.#accounts.created(account);
        return account;
      },
      ends: <T>(final: T): T => {
        if (this.#accounts.created(name) === created) return final;
        throw new SaslError(
          "not-authorized",
          "The account is gone that this login began with.",
          "not-authorized",
        );
      },
    };
  }

  /** What cannot be a name is nobody's, and is not remembered by the guard. */
  #localPart(jid: string): string {
    const parsed = Jid.tryParse(jid);
    return parsed?.domain === this.#domain.domain && parsed.resource === "" ? parsed.local : "";
  }
}

function textOf(data: Uint8Array): string {
  try {
    return fromUtf8(data);
  } catch {
    throw new ScramError("bad-scram", "This login message is not UTF-8.", "malformed-request");
  }
}
