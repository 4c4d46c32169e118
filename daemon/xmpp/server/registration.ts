import { SimppdError } from "../../base/mod.ts";
import { accountName, deriveCredentials } from "./credentials.ts";
import type { Host } from "./host.ts";
import { pushRoster, rosterElement } from "./roster_push.ts";
import type { RosterItem } from "./rosters.ts";

/**
 * Makes an account.
 * @param token uses up this invitation and befriends its inviter; undefined for the administrator
 * @returns the account's name in its normal form
 * @throws SimppdError `bad-username`, `bad-password`, `account-exists`, `invitation-invalid`
 */
export async function makeAccount(
  host: Host,
  username: string,
  password: string,
  token: string | undefined,
): Promise<string> {
  const { storage, limits, domain } = host;
  const name = accountName(username, domain);
  const credentials = await deriveCredentials(password, limits.scramIterations);
  const inviter = storage.transaction(() => {
    const now = Date.now();
    const inviter = token === undefined ? undefined : storage.invitations.redeem(token, now);
    if (token !== undefined && inviter === undefined) {
      throw new SimppdError(
        "invitation-invalid",
        "This invitation was used already or has run out; ask for a new one.",
      );
    }
    storage.accounts.create(name, credentials, now);
    if (inviter !== undefined) befriend(host, inviter, name);
    return inviter;
  });
  if (inviter !== undefined) {
    const item = storage.rosters.get(inviter, host.address(name).toString());
    pushRoster(host, inviter, rosterElement(item));
    host.hooks.subscribed.run(inviter, name);
  }
  return name;
}

/** Both see each other from the start, without asking. */
function befriend(host: Host, a: string, b: string): void {
  for (const [account, contact] of [[a, b], [b, a]] as const) {
    const item: RosterItem = {
      contact: host.address(contact).toString(),
      name: "",
      groups: [],
      listed: true,
      subscription: "both",
      ask: false,
      approved: false,
      pendingIn: false,
    };
    host.storage.rosters.put(account, item);
  }
}
