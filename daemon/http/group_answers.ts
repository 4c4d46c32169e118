import * as v from "valibot";
import { invitation } from "./room_answers.ts";

/** The views of groups as schemas; `answers.ts` checks that they agree with `daemon/views`. */
const text = v.string();
const problem = v.object({ code: text, message: text });
const role = v.picklist(["owner", "admin", "member", "listener"]);
const suite = v.picklist(["aes-256-gcm", "aes-128-cbc-hmac", "lsim-2003"]);

const member = v.object({
  jid: text,
  device: text,
  name: text,
  role,
  self: v.boolean(),
  presence: v.picklist(["online", "away", "dnd", "offline"]),
  trust: v.picklist(["own", "verified", "first-use", "changed", "unknown"]),
});

export const groupSuites = v.object({ suites: v.array(suite) });

export const group = v.object({
  jid: text,
  id: text,
  name: text,
  state: v.picklist(["invited", "joining", "in", "waiting", "out"]),
  problem: v.nullable(problem),
  invitation: v.nullable(invitation),
  epoch: v.nullable(v.object({ number: v.number(), incarnation: text, suite: text })),
  keyServer: v.object({ jid: text, fingerprint: text, own: v.boolean(), silent: v.boolean() }),
  registrars: v.array(
    v.object({
      name: text,
      method: v.picklist(["simpp", "certificate", "directory"]),
      address: text,
    }),
  ),
  server: text,
  ownServer: v.boolean(),
  suites: v.object({ group: v.array(suite), allowed: v.array(suite), own: v.boolean() }),
  role: v.nullable(role),
  maySend: v.boolean(),
  typing: v.array(text),
  members: v.array(member),
  admitted: v.array(
    v.object({ jid: text, answer: v.nullable(v.picklist(["later", "declined"])) }),
  ),
  refused: v.array(v.object({ code: text, count: v.number() })),
  history: v.picklist(["none", "own"]),
});
