import { SimppdError } from "../../../base/mod.ts";
import { loginProfile } from "../../../crypto/mod.ts";
import { checkedLoginKey, type PublicLoginKey } from "../../core/mod.ts";
import type { AccountKeys } from "../storage/accounts.ts";
import { accountName, deriveCredentials } from "./credentials.ts";
import type { Host } from "../host.ts";
import type { AccountSecret } from "../options.ts";
import { pushRoster, rosterElement } from "../presence/roster_push.ts";
import type { RosterItem } from "../storage/rosters.ts";
import { changeSubscriptions } from "../presence/subscriptions.ts";
import { isSeenBy, sees } from "../presence/subscription_state.ts";

/**
 * Makes an account.
 * @param token uses up this invitation and befriends its inviter; undefined for the administrator
 * @returns the server's own login keys, to be pinned, for the profiles it took keys of
 * @throws SimppdError `bad-username`, `bad-password`, `bad-login-keys`, `account-exists`,
 * `invitation-invalid`
 */
export async function makeAccount(
  host: Host,
  username: string,
  secret: AccountSecret,
  token: string | undefined,
): Promise<{ serverKeys: PublicLoginKey[] }> {
  const { storage, domain } = host;
  const name = accountName(username, domain);
  const keys = await keysOf(host, secret);
  const inviter = storage.transaction(() => {
    const now = Date.now();
    const inviter = token === undefined ? undefined : storage.invitations.redeem(token, now);
    if (token !== undefined && inviter === undefined) {
      throw new SimppdError(
        "invitation-invalid",
        "This invitation was used already or has run out; ask for a new one.",
      );
    }
    storage.accounts.create(name, keys, now);
    if (typeof inviter === "string") befriend(host, inviter, name);
    return inviter;
  });
  if (typeof inviter === "string") {
    const item = storage.rosters.get(inviter, host.address(name).toString());
    pushRoster(host, inviter, rosterElement(item));
    host.hooks.subscribed.run(inviter, name);
  }
  const taken = new Set(keys.loginKeys.map(({ profile }) => profile));
  return { serverKeys: host.logins.publicKeys.filter(({ profile }) => taken.has(profile)) };
}

/** Another password: who had the old one, or tokens got with it, is no more let in. @throws SimppdError `bad-password` */
export async function changePassword(host: Host, account: string, password: string): Promise<void> {
  const credentials = await deriveCredentials(password, host.limits.scramIterations);
  host.storage.transaction(() => {
    host.storage.accounts.setCredentials(account, credentials);
    host.storage.tokens.revokeAll(account);
  });
}

/** Contacts see the subscriptions end; then everything of the account goes. */
export function removeAccount(host: Host, account: string): void {
  changeSubscriptions(host, (change) => {
    for (const item of host.storage.rosters.list(account)) {
      if (sees(item) || item.ask) {
        change.send(account, item.contact, "unsubscribe", undefined, true);
      }
      if (isSeenBy(item)) change.send(account, item.contact, "unsubscribed", undefined, true);
    }
    host.storage.accounts.remove(account);
    change.effects.push(() => host.hooks.removed.run(account));
  });
}

async function keysOf(host: Host, secret: AccountSecret): Promise<AccountKeys> {
  if (typeof secret === "string") {
    const credentials = await deriveCredentials(secret, host.limits.scramIterations);
    return { credentials, loginKeys: [] };
  }
  const loginKeys = host.logins.usable(secret.loginKeys);
  for (const key of loginKeys) checkedLoginKey(loginProfile(key.profile), "client", key.public);
  return { credentials: [], loginKeys };
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
