import { toHex } from "../../base/mod.ts";
import type { StoredTrust } from "../../store/mod.ts";
import type { Presenter } from "../display/policy.ts";
import type { FileGroups } from "./surroundings.ts";

/** How well who spoke is known; `changed`: it was another key than the one that is pinned. */
export type Knowledge = "verified" | "first-use" | "changed" | "unknown";

/** What is known of who sends files: of the key that spoke, not of an address alone. */
export class KnownSenders {
  readonly #trust: (jid: string) => Pick<StoredTrust, "account" | "state"> | undefined;
  readonly #groups: Pick<FileGroups, "has" | "lets">;

  constructor(
    trust: (jid: string) => Pick<StoredTrust, "account" | "state"> | undefined,
    groups: Pick<FileGroups, "has" | "lets">,
  ) {
    this.#trust = trust;
    this.#groups = groups;
  }

  /**
   * @param place contact or group
   * @param key account key in hex that signed what was said in a group; in a chat SIMPP opens what the
   * pinned one vouches for, and nothing else
   */
  of(place: string, jid: string, key: string | null): Knowledge {
    const trust = this.#trust(jid);
    if (trust === undefined) return "unknown";
    if (this.#groups.has(place) && key !== toHex(trust.account)) return "changed";
    return trust.state;
  }

  /** Them, as far as it matters to what opens by itself. */
  presenter(place: string, jid: string, key: string | null): Presenter {
    return {
      verified: this.of(place, jid, key) === "verified",
      displayer: this.#groups.has(place) ? this.#groups.lets(place, jid, "display") : null,
    };
  }
}
