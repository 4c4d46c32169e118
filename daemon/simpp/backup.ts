import { fromBase64 } from "../base/mod.ts";
import { ed25519, type Random } from "../crypto/mod.ts";
import type { Settings } from "../store/mod.ts";
import { readDeviceList } from "./device_list.ts";
import { samePublic } from "./identity.ts";
import { restoredIdentity, type Restoring, type StoredIdentity } from "./identity_store.ts";
import type { StoredPolicy } from "./policy.ts";

/** Who somebody is, as it stands in a backup: the account key and what it signed; no device key. */
export interface ExportedIdentity {
  /** Base64; `secret` is empty when another device keeps the account key. */
  readonly account: { readonly secret: string; readonly public: string };
  /** Newest device list, encoded, base64. */
  readonly list: string;
  /** Accounts (bare JIDs) this identity was published for. */
  readonly announced: readonly string[];
  readonly policy: StoredPolicy | null;
}

/** What of the stored identity belongs into a backup. */
export function exportIdentity(settings: Settings): ExportedIdentity {
  const { account, list, announced } = settings.get<StoredIdentity>("identity")!;
  const policy = settings.get<StoredPolicy>("policy") ?? null;
  return { account, list: list!, announced, policy };
}

/**
 * Makes a new device of the account in a backup: its key is fresh. It signs itself into the list
 * when it first sees what is published for the account ({@link OwnKeys.publish}).
 *
 * @throws SimppError `bad-device-list`; RangeError or SyntaxError when the keys do not fit together
 */
export function importIdentity(
  settings: Settings,
  exported: ExportedIdentity,
  restoring: Restoring,
  random: Random,
): void {
  const { account, list, announced, policy } = exported;
  const key = fromBase64(account.public);
  const secret = fromBase64(account.secret);
  const kept = secret.length === 0 || samePublic(ed25519.generate(() => secret).public, key);
  if (!kept || !samePublic(readDeviceList(fromBase64(list)).account, key)) {
    throw new RangeError("the keys of the backup do not fit together");
  }
  const identity = restoredIdentity(
    { account, list, announced: [...announced] },
    restoring,
    random,
  );
  settings.set("identity", identity);
  if (policy !== null) settings.set("policy", policy);
}
