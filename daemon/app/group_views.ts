import { toHex } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { type GroupKeys, type GroupMember, reaches, type Specification } from "../group/mod.ts";
import type { StoredGroup } from "../store/mod.ts";
import type { GroupMemberView, GroupView, Problem, RoomView } from "../views/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";
import type { GroupPolicy } from "./group_policy.ts";

/** Members that a view lists; more are in the group and not shown. */
const MOST_MEMBERS = 1_000;

/** What a view of a group is made of. */
export interface GroupSources {
  readonly stored: StoredGroup;
  readonly specification: Specification;
  /** Undefined while only invited. */
  readonly keys: GroupKeys | undefined;
  readonly room: RoomView | undefined;
  /** Bare JIDs of who writes now. */
  readonly typing: readonly string[];
  /** Does its key server run here? */
  readonly hosted: boolean;
  readonly self: { readonly jid: string; readonly device: string };
  readonly nameOf: (jid: string) => string;
  /** Account key that is pinned for a contact, and whether a person compared it. */
  readonly pinned: (jid: string) => { account: Uint8Array; verified: boolean } | undefined;
  /** As the room tells, by bare JID. */
  readonly presence: ReadonlyMap<string, GroupMemberView["presence"]>;
  readonly policy: GroupPolicy;
  /** Does this daemon carry the server of this domain? */
  readonly carries: (domain: string) => boolean;
}

/** A group as it is shown. */
export function groupView(of: GroupSources): GroupView {
  const { stored, specification, keys, room, self } = of;
  const epoch = keys?.epoch ?? null;
  const own = epoch?.members.find(({ device, jid }) => device === self.device && jid === self.jid);
  const { state, problem } = standing(of);
  const server = room?.server ?? Jid.parse(stored.jid).domain;
  const inside = new Set(epoch?.members.map(({ jid }) => jid));
  return {
    jid: stored.jid,
    id: stored.id,
    name: specification.name,
    state,
    problem,
    invitation: stored.invitation,
    epoch: epoch === null
      ? null
      : { number: epoch.number, incarnation: epoch.incarnation, suite: epoch.suite },
    keyServer: {
      jid: specification.keyServer.jid,
      fingerprint: toHex(specification.keyServer.key),
      own: of.hosted,
      silent: keys?.status.silent ?? false,
    },
    registrars: specification.registrars.map(({ name, method, address }) => ({
      name,
      method,
      address,
    })),
    server,
    ownServer: of.carries(server),
    suites: {
      group: [...specification.suites],
      allowed: [...of.policy.in(stored.id)],
      own: stored.suites !== undefined,
    },
    role: own?.role ?? null,
    typing: of.typing.map(of.nameOf),
    maySend: own !== undefined && reaches(own.role, specification.send),
    members: epoch?.members.slice(0, MOST_MEMBERS).map((member) => memberView(member, of)) ?? [],
    admitted: stored.admitted.filter((jid) => !inside.has(jid)).map((jid) => ({
      jid,
      answer: stored.answers?.[jid] ?? null,
    })),
    refused: Object.entries(stored.refused).map(([code, count]) => ({ code, count })),
    history: specification.historyDays === null ? "none" : "own",
  };
}

function memberView(member: GroupMember, of: GroupSources): GroupMemberView {
  const { jid, device, role } = member;
  const self = jid === of.self.jid && device === of.self.device;
  return {
    jid,
    device,
    name: of.nameOf(jid),
    role,
    self,
    presence: self ? "online" : of.presence.get(jid) ?? "offline",
    trust: trustOf(member, of),
  };
}

function trustOf({ jid, accountKey }: GroupMember, of: GroupSources): GroupMemberView["trust"] {
  const pinned = of.pinned(jid);
  if (pinned === undefined) return "unknown";
  if (!equal(pinned.account, accountKey)) return "changed";
  if (jid === of.self.jid) return "own";
  return pinned.verified ? "verified" : "first-use";
}

type Standing = { state: GroupView["state"]; problem: Problem | null };

function standing({ stored, keys, room }: GroupSources): Standing {
  if (stored.invitation !== null) return { state: "invited", problem: null };
  if (stored.state !== "joined" || keys === undefined) {
    return { state: "out", problem: stored.problem };
  }
  const { phase, status } = keys;
  switch (phase) {
    case "removed":
      return out("group-removed", "You were taken out of this group; its key is another now.");
    case "closed":
      return out("group-closed", "This group was ended by an owner.");
    case "refused":
      return out(
        status.refusal?.code ?? "group-refused",
        status.refusal?.message ?? "The key server does not let you in.",
      );
    case "in":
      if (room?.state === "out") return { state: "out", problem: room.problem };
      return { state: room?.state === "in" ? "in" : "waiting", problem: null };
    case "behind":
      return { state: "waiting", problem: null };
    case "out":
    case "joining":
      if (room?.state === "out") return { state: "out", problem: room.problem };
      if (stored.problem !== null && phase === "out") {
        return { state: "out", problem: stored.problem };
      }
      return { state: "joining", problem: null };
  }
}

function out(code: string, message: string): Standing {
  return { state: "out", problem: { code, message } };
}
