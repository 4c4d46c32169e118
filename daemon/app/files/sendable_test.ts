import assert from "node:assert/strict";
import type { Role } from "../../group/mod.ts";
import type { AppGroups } from "../groups.ts";
import { groupFiles } from "./group_files.ts";
import { mayPublish } from "./sendable.ts";

const GROUP = "group@rooms.example.org";
const ROLES: readonly Role[] = ["listener", "member", "admin", "owner"];

Deno.test("a group's specification says who sends files and who displays them, there and here", () => {
  for (const [least, files] of ROLES.entries()) {
    for (const [most, display] of ROLES.entries()) {
      const groups = {
        membersOf: () => ROLES.map((role) => ({ jid: `${role}@example.org`, role })),
        agreed: () => ({ files, display }),
      } as unknown as AppGroups;
      const group = groupFiles(groups, () => assert.fail(), String);
      for (const [at, role] of ROLES.entries()) {
        const jid = `${role}@example.org`;
        // What the receiver asks of who sent it, and the sender of themselves.
        assert.equal(group.lets(GROUP, jid, "files"), at >= least, `${role}, files = ${files}`);
        assert.equal(group.lets(GROUP, jid, "display"), at >= most, `${role}, ${display}`);
        const sends = (shown: boolean) => () => mayPublish(group, GROUP, jid, shown);
        const refused = { code: "may-not-send" };
        if (at < least) assert.throws(sends(false), refused);
        else sends(false)();
        if (at < Math.max(least, most)) assert.throws(sends(true), refused);
        else sends(true)();
      }
      assert.equal(group.lets(GROUP, "nobody@example.org", "files"), false);
    }
  }
});
