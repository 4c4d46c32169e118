import type { LoginProfileId } from "../crypto/mod.ts";
import { Settings, type StateDirectory } from "../store/mod.ts";
import type { CallRoute } from "../views/mod.ts";
import type { Endpoint } from "../xmpp/client/mod.ts";
import type { LoginKeySettings } from "./login_keys.ts";

/** The account this daemon speaks for, what it logs in with, and how to reach its server. */
export type AccountSettings =
  & AccountPlace
  & ({ readonly password: string } | { readonly login: readonly LoginKeySettings[] });

/** {@link AccountSettings} without the secret. */
export interface AccountPlace {
  readonly jid: string;
  readonly nick: string;
  /** Endpoints to try; none: the domain's own records. */
  readonly hosts: readonly Endpoint[];
  /** base64url SHA-256 of the server's key; null: certificate authorities decide. */
  readonly pin: string | null;
}

/** The server this daemon carries. */
export interface ServerSettings {
  readonly domain: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly pin: string;
  readonly reach: "this-machine" | "network";
  /** Where others reach it, `HOST` or `HOST:PORT`; absent: at this machine's addresses. */
  readonly address?: string;
  /** The port of its first start, which people know: it is asked for at every start. */
  readonly port?: number;
  /** The same for STARTTLS. */
  readonly starttlsPort?: number;
  /** The same for HTTPS: uploads and WebSocket. */
  readonly httpsPort?: number;
  /** Login profiles it lets in; `simpp-modern` alone when absent. */
  readonly loginProfiles?: readonly LoginProfileId[];
}

/** What the person chose, in the state directory. */
export class AppSettings {
  readonly #settings: Settings;

  constructor(state: StateDirectory) {
    this.#settings = new Settings(state.db, state.vault);
  }

  get account(): AccountSettings | undefined {
    return this.#settings.get("account");
  }
  set account(account: AccountSettings) {
    this.#settings.set("account", account);
  }
  get server(): ServerSettings | undefined {
    return this.#settings.get("server");
  }
  set server(server: ServerSettings) {
    this.#settings.set("server", server);
  }

  /** Are contacts told, sealed, how far one has read on this device (XEP-0333)? */
  get tellSeen(): boolean {
    return this.#settings.get("tellSeen") ?? false;
  }
  set tellSeen(told: boolean) {
    this.#settings.set("tellSeen", told);
  }

  /** Id of the newest message of the server's archive that is here (XEP-0313). */
  get archivePlace(): string | undefined {
    return this.#settings.get("archivePlace");
  }
  set archivePlace(id: string) {
    this.#settings.set("archivePlace", id);
  }

  /** How calls go. */
  get calls(): CallRoute {
    return this.#settings.get("calls") ?? "any";
  }
  set calls(route: CallRoute) {
    this.#settings.set("calls", route);
  }

  /** Tokens of invitations that were made here, by id, so that their links can be shown again. */
  get invited(): Record<string, string> {
    return this.#settings.get("invited") ?? {};
  }
  set invited(tokens: Record<string, string>) {
    this.#settings.set("invited", tokens);
  }

  /** Account fingerprints that invitations named, by JID. */
  get expected(): Record<string, string> {
    return this.#settings.get("expected") ?? {};
  }
  set expected(fingerprints: Record<string, string>) {
    this.#settings.set("expected", fingerprints);
  }
  expect(jid: string, fingerprint: string): void {
    this.expected = { ...this.expected, [jid]: fingerprint };
  }

  /** Fingerprints of offered account keys that the person keeps refusing, by JID. */
  get refused(): Record<string, string> {
    return this.#settings.get("refused") ?? {};
  }
  /** Remembers the account key that is refused, if one is offered. */
  refuse(jid: string, offered: string | null | undefined): void {
    if (typeof offered === "string") {
      this.#settings.set("refused", { ...this.refused, [jid]: offered });
    }
  }

  /** True the first time it is asked for a contact: what is told once is told now. */
  firstProof(jid: string): boolean {
    const proved = this.#settings.get<string[]>("proved") ?? [];
    if (proved.includes(jid)) return false;
    this.#settings.set("proved", [...proved, jid]);
    return true;
  }

  /** When a contact was last removed, in ms; 0 when never. */
  left(jid: string): number {
    return this.#settings.get<Record<string, number>>("left")?.[jid] ?? 0;
  }
  /** Remembers that a contact is removed now. */
  leave(jid: string): void {
    const left = this.#settings.get<Record<string, number>>("left") ?? {};
    this.#settings.set("left", { ...left, [jid]: Date.now() });
  }

  /** Nothing of a contact stays. */
  forget(jid: string): void {
    const { [jid]: _expected, ...expected } = this.expected;
    const { [jid]: _refused, ...refused } = this.refused;
    const proved = this.#settings.get<string[]>("proved") ?? [];
    const { [jid]: _left, ...left } = this.#settings.get<Record<string, number>>("left") ?? {};
    this.expected = expected;
    this.#settings.set("left", left);
    this.#settings.set("refused", refused);
    this.#settings.set("proved", proved.filter((each) => each !== jid));
  }

  /** A random name of this state directory, for cookies. */
  get instance(): string {
    const known = this.#settings.get<string>("instance");
    if (known !== undefined) return known;
    const fresh = crypto.getRandomValues(new Uint8Array(8)).toHex();
    this.#settings.set("instance", fresh);
    return fresh;
  }
}
