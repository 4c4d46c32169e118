import type { StoredTrust } from "../store/mod.ts";
import { type DeviceList, readDeviceList } from "./device_list.ts";
import { deviceIdOf, samePublic } from "./identity.ts";

/** What a device list means for what is pinned. */
export interface Judgement {
  readonly trust: StoredTrust;
  /** Did the contact's keys just become doubtful? */
  readonly changed: boolean;
}

/**
 * Trust on first use, then only forward (docs/protocol.md "Trust"): another account key, another
 * list under the same number, or, from the directory, a lower number, is a change that stops
 * sending until the person decides.
 *
 * @param source `directory`: served as the newest now; `message`: was the newest when it was sent
 */
export function judge(
  jid: string,
  pinned: StoredTrust | undefined,
  list: DeviceList,
  source: "directory" | "message",
): Judgement {
  if (pinned === undefined) {
    return { trust: pin(jid, "first-use", list), changed: false };
  }
  const contradiction = () => ({
    trust: { ...pinned, state: "changed" as const, offered: list.encoded },
    changed: true,
  });
  if (!samePublic(pinned.account, list.account)) return contradiction();
  if (list.number > pinned.number) {
    return { trust: { ...pinned, number: list.number, list: list.encoded }, changed: false };
  }
  if (list.number === pinned.number) {
    if (!samePublic(pinned.list, list.encoded)) return contradiction();
  } else if (source === "directory") return contradiction();
  return { trust: pinned, changed: false };
}

/** The record after the person accepted what contradicts it; unverified again. */
export function acceptOffered(trust: StoredTrust): StoredTrust {
  const list = trust.offered === null ? null : readDeviceList(trust.offered);
  return list === null ? trust : pin(trust.jid, "first-use", list);
}

function pin(jid: string, state: StoredTrust["state"], list: DeviceList): StoredTrust {
  const { account, number, encoded } = list;
  return { jid, state, account, number, list: encoded, offered: null };
}

/** Ids of the devices in the newest list pinned for a contact. */
export function trustedDevices(trust: StoredTrust): string[] {
  return readDeviceList(trust.list).devices.map(deviceIdOf);
}
