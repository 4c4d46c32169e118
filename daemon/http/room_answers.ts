import * as v from "valibot";

/** The views of rooms as schemas; `answers.ts` checks that they agree with `daemon/views`. */
const text = v.string();
const time = v.number();
const count = v.number();
const problem = v.object({ code: text, message: text });
const affiliation = v.picklist(["owner", "admin", "member", "none", "outcast"]);
const role = v.picklist(["moderator", "participant", "visitor", "none"]);

const encryption = v.picklist(["none", "keystone"]);

export const invitation = v.object({
  from: text,
  reason: text,
  mediated: v.boolean(),
  at: time,
  later: v.boolean(),
  role: v.exactOptional(v.picklist(["admin", "listener"])),
});

export const room = v.object({
  jid: text,
  name: text,
  server: text,
  encryption,
  state: v.picklist(["invited", "entering", "in", "waiting", "out"]),
  problem: v.nullable(problem),
  invitation: v.nullable(invitation),
  nick: text,
  affiliation,
  role,
  subject: text,
  nonAnonymous: v.boolean(),
  occupants: count,
  typing: v.array(text),
  unread: count,
  mentions: count,
  last: v.nullable(v.object({ nick: text, body: text, at: time, mine: v.boolean() })),
});

export const roomMember = v.object({
  nick: text,
  jid: v.nullable(text),
  affiliation,
  role,
  presence: v.picklist(["online", "away", "dnd", "offline"]),
  self: v.boolean(),
});

export const roomMessage = v.object({
  id: text,
  room: text,
  kind: v.picklist(["chat", "private", "file", "notice"]),
  file: v.nullable(text),
  mine: v.boolean(),
  nick: text,
  sender: text,
  jid: v.nullable(text),
  body: text,
  link: v.nullable(text),
  edited: v.boolean(),
  at: time,
  mention: v.boolean(),
  encryption,
  delivery: v.nullable(v.picklist(["pending", "sent", "failed"])),
  problem: v.nullable(problem),
});
