import { X509Certificate } from "node:crypto";
import { type Bytes, fromUtf8, SimppdError, utf8 } from "../../base/mod.ts";
import {
  hkdf,
  type KeyPair,
  loginProfile,
  type LoginProfileId,
  systemRandom,
} from "../../crypto/mod.ts";
import {
  endPointOf,
  Jid,
  type PublicLoginKey,
  SaslError,
  ScramError,
  scramNonce,
  scramServer,
  simpp1Server,
  SIMPP_1,
} from "../core/mod.ts";
import type { Accounts } from "./accounts.ts";
import { CredentialSource, MECHANISMS, type OfferedMechanism } from "./credentials.ts";

/** The profiles let in unless the server's options name others. */
const DEFAULT_PROFILES: readonly LoginProfileId[] = ["simpp-modern"];

/** One login as it runs: two steps, each once. */
export interface Exchange {
  /** Local part of who wants in; "" before {@link first}, and for what cannot be a name here. */
  readonly account: string;
  /** @throws SaslError */
  first(data: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** The client is proved. @throws SaslError */
  final(data: Uint8Array): Uint8Array;
}

/** What {@link Logins} are made of. */
export interface LoginsOptions {
  readonly accounts: Accounts;
  readonly domain: Jid;
  readonly certificatePem: string;
  readonly scramIterations: number;
  /** Of SIMPP-1; none: the mechanism is not offered. */
  readonly profiles?: readonly LoginProfileId[];
}

/**
 * The ways to log in here: SIMPP-1 by keys, SCRAM for other clients. No PLAIN: a server that never
 * sees a password cannot lose it.
 */
export class Logins {
  /** SASL mechanisms offered, best first. */
  readonly mechanisms: readonly string[];
  readonly #accounts: Accounts;
  readonly #domain: Jid;
  readonly #source: CredentialSource;
  readonly #endPoint: Uint8Array;
  readonly #identities = new Map<LoginProfileId, KeyPair>();
  /** Stand in for the keys of unknown accounts, which then take the same work. */
  readonly #nobody = new Map<LoginProfileId, Bytes>();

  constructor(options: LoginsOptions) {
    const { accounts, domain, certificatePem, scramIterations } = options;
    this.#accounts = accounts;
    this.#domain = domain;
    this.#source = new CredentialSource(accounts, scramIterations);
    this.#endPoint = endPointOf(new X509Certificate(certificatePem).raw);
    const secret = accounts.secret("login-identity");
    for (const id of options.profiles ?? DEFAULT_PROFILES) {
      const { serverSigner, clientSigner } = loginProfile(id);
      const draw = (length: number) => hkdf(secret, utf8(id), utf8("login identity"), length);
      this.#identities.set(id, serverSigner.generate(draw));
      this.#nobody.set(id, clientSigner.generate(systemRandom).public);
    }
    this.mechanisms = this.#identities.size === 0 ? MECHANISMS : [SIMPP_1, ...MECHANISMS];
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

  /** Begins a login; undefined when the mechanism is not offered. */
  begin(mechanism: string): Exchange | undefined {
    if (!this.mechanisms.includes(mechanism)) return undefined;
    return mechanism === SIMPP_1 ? this.#byKeys() : this.#byPassword(mechanism as OfferedMechanism);
  }

  #byKeys(): Exchange {
    const same = this.#sameAccount();
    const simpp = simpp1Server({
      domain: this.#domain.domain,
      identities: this.#identities,
      mechanisms: this.mechanisms,
      endPoint: this.#endPoint,
      lookup: (jid, { id }) => {
        const name = same.begins(this.#localPart(jid));
        const own = this.#accounts.loginKey(name, id);
        return { public: own ?? this.#nobody.get(id)!, known: own !== undefined };
      },
    }, systemRandom);
    const account = () => this.#localPart(simpp.jid);
    return {
      get account() {
        return account();
      },
      first: (data) => simpp.first(data),
      final: (data) => same.ends(simpp.final(data)),
    };
  }

  #byPassword(mechanism: OfferedMechanism): Exchange {
    const nameOf = (user: string) => this.#localPart(`${user}@${this.#domain}`);
    const same = this.#sameAccount();
    const scram = scramServer(
      mechanism,
      { lookup: (user) => this.#source.find(same.begins(nameOf(user)), mechanism) },
      scramNonce,
    );
    return {
      get account() {
        return nameOf(scram.user);
      },
      first: async (data) => utf8(await scram.first(textOf(data))),
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
