import * as v from "valibot";
import { sendMessageBody, typingBody } from "./requests.ts";

/** What may be sent about rooms; bounded as in `requests.ts`. */
const line = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const jid = line(3071);
/** RFC 7622: 1023 octets a part. */
const nick = line(1023);
const reason = v.exactOptional(line(500));
/** The person knows that rooms are not encrypted. */
const plain = v.exactOptional(v.boolean());

export const createRoomBody = v.strictObject({
  name: line(256),
  server: v.exactOptional(line(1023)),
  plain,
  open: v.exactOptional(v.boolean()),
  moderated: v.exactOptional(v.boolean()),
  password: v.exactOptional(line(1024)),
});
export const joinRoomBody = v.strictObject({
  jid,
  nick: v.exactOptional(nick),
  password: v.exactOptional(line(1024)),
  plain,
});
export const answerRoomBody = v.strictObject({
  answer: v.picklist(["accept", "later", "decline"]),
  plain,
});
export const changeRoomBody = v.strictObject({
  subject: v.exactOptional(v.pipe(v.string(), v.maxLength(1000))),
  nick: v.exactOptional(nick),
});
export const changeRoomMemberBody = v.strictObject({
  nick: v.exactOptional(nick),
  jid: v.exactOptional(jid),
  role: v.exactOptional(v.picklist(["moderator", "participant", "visitor", "none"])),
  affiliation: v.exactOptional(v.picklist(["owner", "admin", "member", "none", "outcast"])),
  reason,
});
export const inviteToRoomBody = v.strictObject({ contact: jid, reason });
export const reasonBody = v.strictObject({ reason });
export const sendToRoomBody = sendMessageBody;
export const roomTypingBody = typingBody;
