import * as v from "valibot";
import { sendMessageBody, typingBody } from "./requests.ts";

/** What may be sent about encrypted groups; bounded as in `requests.ts`. */
const line = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const jid = line(3071);
const role = v.picklist(["owner", "admin", "member", "listener"]);

const pem = line(32_768);
const ticket = v.exactOptional(v.strictObject({
  registrar: v.exactOptional(line(64)),
  password: v.exactOptional(line(1024)),
  certificate: v.exactOptional(pem),
  key: v.exactOptional(pem),
  ca: v.exactOptional(pem),
}));

const suites = v.pipe(v.array(line(64)), v.maxLength(3));

export const createGroupBody = v.strictObject({
  // What a name may be is said by who makes the group.
  name: v.pipe(v.string(), v.maxLength(4096)),
  server: v.exactOptional(line(1023)),
  keyServer: v.exactOptional(v.strictObject({ jid, key: line(64) })),
  registrars: v.exactOptional(v.pipe(v.array(line(1024)), v.maxLength(16))),
  suites: v.exactOptional(suites),
  ticket,
});
export const answerGroupBody = v.strictObject({
  answer: v.picklist(["accept", "later", "decline"]),
  ticket,
});
export const specifiedGroupBody = v.strictObject({ specification: line(32_768), ticket });
export const groupSuitesBody = v.strictObject({ suites });
export const suitesOfGroupBody = v.strictObject({ suites: v.nullable(suites) });
export const joinGroupBody = v.strictObject({ ticket });
export const leaveGroupBody = v.strictObject({ force: v.exactOptional(v.boolean()) });
export const inviteToGroupBody = v.strictObject({
  contact: jid,
  role: v.exactOptional(role),
  reason: v.exactOptional(line(500)),
});
export const expelFromGroupBody = v.strictObject({ member: jid });
export const withdrawFromGroupBody = v.strictObject({ contact: jid });
export const groupRoleBody = v.strictObject({ member: jid, role });
export const sendToGroupBody = sendMessageBody;
export const groupTypingBody = typingBody;
