import { SimppdError } from "../base/mod.ts";
import type { CallsOptions } from "./environment.ts";

/** Who takes part in a call: one device of one account. */
export interface CallIdentity {
  /** Bare JID. */
  jid: string;
  /** Device id, 16 hex digits. */
  device: string;
  /** Fingerprint of the account key, hex. */
  fingerprint: string;
}

/** A contact's device with the account key it is known by. @throws SimppdError `no-keys` */
export function identityOf(options: CallsOptions, jid: string, device: string): CallIdentity {
  const { fingerprint } = options.peer(jid, device);
  if (fingerprint === null) {
    throw new SimppdError("no-keys", `No key of ${jid} is known, so no call can be secured.`);
  }
  return { jid, device, fingerprint };
}
