import { el, type Element, NS } from "../core/mod.ts";
import type { Host } from "./host.ts";
import type { Logins } from "./login/logins.ts";
import type { Sasl2Request } from "./xep_0388_sasl2.ts";

/** Tokens are offered (XEP-0484 section 3.1); no 0-RTT. */
export function fastFeature(logins: Logins): Element | undefined {
  const mechanisms = logins.tokenMechanisms.map((name) => el("mechanism", {}, name));
  return mechanisms.length === 0 ? undefined : el("fast", { xmlns: NS.fast }, ...mechanisms);
}

/**
 * After a login: voids the client's token if it wants that, gives it a new one if it asks for one or
 * used one that is due.
 */
export function renewToken(
  host: Host,
  account: string,
  { element, client, fast }: Sasl2Request,
): Element | undefined {
  const { limits, logins, storage } = host;
  const binding = logins.tokenBinding;
  if (client === "" || binding === undefined) return undefined;
  const now = Date.now();
  const wanted = element.getChild("request-token", NS.fast)?.attrs.mechanism;
  const asked = wanted !== undefined && logins.tokenMechanisms.includes(wanted);
  const invalidate = fast?.attrs.invalidate === "true" || fast?.attrs.invalidate === "1";
  return storage.transaction(() => {
    if (invalidate) storage.tokens.revoke(account, client);
    const due = fast !== undefined && storage.tokens.find(account, client)
      .some(({ slot, issued }) => slot === "current" && issued + limits.tokenRotateMs <= now);
    if (!asked && !due) return undefined;
    const { token, expires } = storage.tokens.issue(account, client, binding, {
      now,
      lifeMs: limits.tokenLifeMs,
      most: limits.tokenClients,
    });
    return el("token", { xmlns: NS.fast, token, expiry: new Date(expires).toISOString() });
  });
}
