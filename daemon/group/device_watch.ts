import type { Bytes } from "../base/mod.ts";
import type { GroupMember } from "./group_keys.ts";
import type { Incidents } from "./incidents.ts";
import type { Roster } from "./roster.ts";

/** ms that a device list may take to get here. */
const PATIENCE = 60_000;
/** Lists that are asked for at one look. */
const ABREAST = 8;

/** Which devices people say are theirs, as this device knows it. */
export interface DeviceLists {
  /** Undefined where it knows no list of theirs. */
  isListed(jid: string, deviceKey: Bytes): boolean | undefined;
  /** Gets somebody's newest list. */
  refresh(jid: string): Promise<void>;
}

/**
 * Are the devices of a group those that their people's account keys list? That a device is a member's
 * the key server says alone; of those whose list is known here it is held against that list.
 */
export class DeviceWatch {
  readonly #lists: DeviceLists;
  readonly #steady: () => number;
  readonly #incidents: Incidents;
  /** Devices that were seen on their lists, or told of: member ids. */
  #settled = new Set<string>();
  /** Those that were not on it when they were looked at first, and when that was. */
  #missing = new Map<string, number>();
  #seen: Roster | undefined;

  /** @param steady ms of a clock that never goes back */
  constructor(lists: DeviceLists, steady: () => number, incidents: Incidents) {
    this.#lists = lists;
    this.#steady = steady;
    this.#incidents = incidents;
  }

  /** Looks at who is in now; called now and then. */
  look(roster: Roster): void {
    if (roster === this.#seen && this.#missing.size === 0) return;
    this.#seen = roster;
    const before = { settled: this.#settled, missing: this.#missing };
    this.#settled = new Set();
    this.#missing = new Map();
    const asked = new Set<string>();
    for (const member of roster) {
      if (before.settled.has(member.id) || this.#isFine(member, before.missing.get(member.id))) {
        this.#settled.add(member.id);
      } else if (this.#missing.has(member.id) && asked.size < ABREAST) asked.add(member.jid);
    }
    // Who cannot be reached keeps the list that is known.
    for (const jid of asked) this.#lists.refresh(jid).catch(() => {});
  }

  #isFine({ id, jid, deviceKey }: GroupMember, since = this.#steady()): boolean {
    const isListed = this.#lists.isListed(jid, deviceKey);
    if (isListed !== false) return isListed === true;
    if (this.#steady() - since < PATIENCE) {
      this.#missing.set(id, since);
      return false;
    }
    this.#incidents.tell(
      "strange-device",
      `In the group is a device of ${jid} that is not on their list of devices (any more): that it is ` +
        "theirs, the key server alone says, and it may read and act as they may. Ask them, and have " +
        "it expelled if it is not.",
    );
    return true;
  }
}
