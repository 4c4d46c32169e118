import { type Bytes, steadyNow } from "../base/mod.ts";
import { equal, systemRandom } from "../crypto/mod.ts";
import {
  type DataSuiteId,
  KeystoneGroup,
  type ProvedDevice,
  type Specification,
  SqliteMemberStore,
} from "../group/mod.ts";
import { type Simpp, SimppError } from "../simpp/mod.ts";
import type { StateDirectory } from "../store/mod.ts";
import type { OpenGroup } from "./group_here.ts";
import type { GroupLink } from "./group_link.ts";

/** A group by Keystone's scheme, on this device's keys and files. */
export function openKeystone(
  { specification, self, simpp, state, control, ticket, policy }: {
    readonly specification: Specification;
    readonly self: ProvedDevice;
    readonly simpp: Simpp;
    readonly state: StateDirectory;
    readonly control: GroupLink;
    readonly ticket: (specification: Specification) => Promise<Bytes>;
    /** Data suites that the person allows in this group. */
    readonly policy: () => readonly DataSuiteId[];
  },
): OpenGroup {
  const store = new SqliteMemberStore(state.db, state.vault, specification.group);
  return new KeystoneGroup({
    specification,
    self,
    store,
    control,
    ticket,
    sign: (label, bytes) => simpp.sign(label, bytes),
    random: systemRandom,
    now: Date.now,
    steady: steadyNow,
    schedule: (ms, work) => {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
    // What a specification names and is weak has to be allowed by the person who joins.
    policy,
    devices: {
      isListed: (jid, deviceKey) => isListed(simpp, jid, deviceKey),
      refresh: (jid) => simpp.refresh(jid),
    },
    pinned: (jid) => jid === self.jid ? self.accountKey : simpp.trust.get(jid)?.account,
  });
}

function isListed(simpp: Simpp, jid: string, deviceKey: Bytes): boolean | undefined {
  try {
    return simpp.deviceKeys(jid)?.devices.some((key) => equal(key, deviceKey));
  } catch (error) {
    // Of whose keys are in doubt no list counts; their account key is told of elsewhere.
    if (error instanceof SimppError) return undefined;
    throw error;
  }
}

/** Deletes what is stored of a group's keys. @param group 32 hex digits */
export function forgetKeystone(group: string, { db, vault }: StateDirectory): void {
  new SqliteMemberStore(db, vault, group).clear();
}
