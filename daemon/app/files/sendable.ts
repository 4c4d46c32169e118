import { SimppdError } from "../../base/mod.ts";
import type { Allowed } from "./file_access.ts";
import type { FileGroups, FilePeople } from "./surroundings.ts";

/**
 * The address of a contact who can be sent files: sealed, or not at all.
 * @throws SimppdError `unknown-contact`, `blocked`, `plain-chat`
 */
export function contactForFiles(people: FilePeople, to: string): string {
  const { jid, blocked, plain } = people.get(to);
  if (blocked) {
    throw new SimppdError("blocked", `${jid} is blocked; unblock them before you send files.`);
  }
  if (plain) {
    throw new SimppdError(
      "plain-chat",
      `${jid} is written to without encryption. Files are sent encrypted only, to people who use ` +
        "simppd.",
    );
  }
  return jid;
}

/** Checks that a group lets a member send files, and show them. @throws SimppdError `may-not-send` */
export function mayPublish(groups: FileGroups, group: string, jid: string, display: boolean): void {
  if (!groups.lets(group, jid, "files")) {
    throw new SimppdError("may-not-send", "The group does not let you send files.");
  }
  if (display && !groups.lets(group, jid, "display")) {
    throw new SimppdError("may-not-send", "The group does not let you display files.");
  }
}

/** Checks that those whom a file is for are in the group. @throws SimppdError `bad-input` */
export function mayName(groups: FileGroups, group: string, allowed: Allowed | undefined): void {
  const members = groups.members(group);
  for (const jid of allowed?.people ?? []) {
    if (members.some((one) => one.jid === jid)) continue;
    throw new SimppdError("bad-input", `${jid} is not in the group, so no file in it is for them.`);
  }
}

/** Why a file that somebody sealed too weakly is not fetched. */
export function suiteNotAllowed(sender: string): SimppdError {
  return new SimppdError(
    "suite-not-allowed",
    `${sender} sealed this file by the weak paper profile (simpp-2009), which your policy does not ` +
      "allow. Ask them to send it again by a stronger one, or allow it for them.",
  );
}
