import type { GroupView } from "../views/mod.ts";
import { printable } from "./printable.ts";

/** A group in one line. */
export function groupLine(
  { jid, name, state, epoch, members, invitation, problem, role }: GroupView,
): string {
  const words = ["encrypted", state as string];
  if (epoch !== null) words.push(`epoch ${epoch.number}`, devices(members.length));
  if (role !== null) words.push(role);
  if (invitation !== null) {
    const { from, role } = invitation;
    words.push(`invited by ${printable(from)}${role === undefined ? "" : AS[role]}`);
  }
  if (problem !== null) words.push(printable(problem.message));
  return `${printable(jid)} (${printable(name)}): ${words.join(", ")}`;
}

const AS = { listener: " to read only", admin: " as admin" } as const;

/** All that is to be known of a group. */
export function groupStatus(view: GroupView): string {
  const { keyServer, server, epoch, members, admitted, refused, history } = view;
  const keeper = keyServer.own ? `${keyServer.jid}, this simppd` : keyServer.jid;
  const lines = [
    groupLine(view),
    `keys kept by ${printable(keeper)}${keyServer.silent ? ", silent" : ""}: it can read the group`,
    `  its key ${keyServer.fingerprint}`,
    `room run by ${view.ownServer ? "this simppd" : printable(server)}: it sees who writes when, ` +
    "and cannot read it",
    history === "none"
      ? "what comes while you are away and the key changes cannot be read"
      : "keys of epochs you were in are kept for a while, to read what came meanwhile",
  ];
  for (const { name, method, address } of view.registrars) {
    lines.push(`who comes in needs a ticket of ${name}: ${method}, ${printable(address)}`);
  }
  if (epoch !== null) {
    lines.push(`epoch ${epoch.number} of ${epoch.incarnation}, ${suiteWords(epoch.suite)}`);
  }
  const { group: named, allowed, own } = view.suites;
  lines.push(
    `may be encrypted with ${named.map(suiteWords).join(", ")}; you allow ${allowed.join(", ")}` +
      (own ? " in this group" : ""),
  );
  for (const { jid, device, name, role, self, presence, trust } of members) {
    const who = self ? "this device" : TRUST[trust];
    lines.push(
      `  ${printable(name)} ${printable(jid)}/${device}: ${role}, ${presence}, ${who}`,
    );
  }
  for (const { jid, answer } of admitted) {
    lines.push(
      `  ${printable(jid)}: may come in, ${answer === null ? "no answer yet" : ANSWERS[answer]}`,
    );
  }
  for (const { code, count } of refused) lines.push(`not taken: ${count} ${code}`);
  return lines.join("\n");
}

/** A data suite, with what is to be known of it. */
function suiteWords(suite: string): string {
  return suite === "lsim-2003" ? `${suite} (Blowfish: WEAK)` : suite;
}

const ANSWERS = { later: "put the invitation aside", declined: "declined" } as const;

/** How many devices are members. */
export function devices(count: number): string {
  return `${count} ${count === 1 ? "device" : "devices"}`;
}

/** What is known of a member's keys, in words. */
export const TRUST: Readonly<Record<GroupView["members"][number]["trust"], string>> = {
  own: "your own",
  verified: "verified",
  "first-use": "not verified",
  changed: "KEYS ARE NOT THOSE YOU KNOW",
  unknown: "no contact of yours",
};
