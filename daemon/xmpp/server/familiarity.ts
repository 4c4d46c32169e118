import type { Jid } from "../core/mod.ts";
import type { Host } from "./host.ts";
import { isSeenBy, sees } from "./subscription_state.ts";

/**
 * Does an account know somebody? Only what the account itself did makes a contact of another: a
 * request of theirs does not.
 */
export function isFamiliar(host: Host, account: string, other: Jid): boolean {
  if (other.local === account && other.domain === host.domain.domain) return true;
  const state = host.storage.rosters.get(account, other.bare().toString());
  return state.listed || sees(state) || isSeenBy(state);
}
