import * as v from "valibot";
import type * as views from "../views/mod.ts";
import { displayItem, displays, displayUrl } from "./display_answers.ts";
import { group, groupSuites } from "./group_answers.ts";
import { file, fileLimits, fileWay } from "./file_answers.ts";
import { room, roomMember, roomMessage } from "./room_answers.ts";

/**
 * The views as schemas, for the OpenAPI document. They hold no behaviour: `daemon/views` decides,
 * and the checks below stop the build when the two say different things.
 */
const text = v.string();
const time = v.number();
const count = v.number();

const problem = v.object({ code: text, message: text });
const suite = v.picklist(["simpp-pq", "simpp-modern", "simpp-2009"]);
const account = v.object({
  jid: text,
  nick: text,
  picture: v.nullable(text),
  device: text,
  fingerprint: text,
  hosts: v.array(text),
  pin: v.nullable(text),
  keyed: v.boolean(),
});
const login = v.object({ mechanism: text, mutual: v.boolean(), profile: v.nullable(text) });
const server = v.object({
  domain: text,
  host: text,
  address: v.exactOptional(text),
  port: count,
  starttlsPort: v.exactOptional(count),
  httpsPort: v.exactOptional(count),
  taken: v.exactOptional(v.array(v.object({
    kind: v.picklist(["port", "starttlsPort", "httpsPort"]),
    port: count,
    instead: count,
  }))),
  pin: text,
});
const status = v.object({
  version: text,
  instance: text,
  locked: v.boolean(),
  keeper: v.picklist(["file", "passphrase", "keyring"]),
  account: v.nullable(account),
  state: v.picklist(["none", "connecting", "online", "offline", "failed"]),
  problem: v.nullable(problem),
  login: v.nullable(login),
  server: v.nullable(server),
  policy: v.array(suite),
  blindTrust: v.boolean(),
  tellSeen: v.boolean(),
  calls: v.picklist(["any", "relay-only"]),
  relay: v.nullable(v.boolean()),
  devices: v.object({
    state: v.picklist(["own", "linked", "unlinked", "replaced"]),
    absence: v.nullable(v.picklist(["new", "denied", "removed"])),
    code: text,
    confirmation: v.picklist(["none", "needed", "given", "refused"]),
    devices: v.array(v.object({ id: text, here: v.boolean() })),
    requests: v.array(v.object({ id: text, code: text })),
  }),
  ffmpeg: v.object({
    found: v.boolean(),
    version: v.nullable(text),
    message: v.nullable(text),
  }),
});
const archive = v.object({
  default: v.picklist(["always", "never", "roster"]),
  always: v.array(text),
  never: v.array(text),
});
const invitation = v.object({ id: text, link: text, expires: time, note: text });
const openInvitation = v.object({
  id: text,
  inviter: v.nullable(text),
  expires: time,
  note: text,
  link: v.nullable(text),
});
const trust = v.object({
  state: v.picklist(["unknown", "first-use", "verified", "changed"]),
  doubt: v.nullable(v.picklist(["new-key", "refused", "differs"])),
  fingerprint: v.nullable(text),
  suite: v.nullable(suite),
  policy: v.array(suite),
  ownPolicy: v.boolean(),
  mutual: v.boolean(),
  devices: v.array(v.object({ id: text, mutual: v.boolean() })),
});
const contact = v.object({
  jid: text,
  name: text,
  subscription: v.picklist(["none", "to", "from", "both", "asked", "asking"]),
  presence: v.picklist(["online", "away", "dnd", "offline"]),
  status: text,
  picture: v.nullable(text),
  blocked: v.boolean(),
  plain: v.boolean(),
  typing: v.boolean(),
  problem: v.nullable(problem),
  unread: count,
  trust,
  last: v.nullable(v.object({ body: text, at: time, mine: v.boolean() })),
});
const picture = v.object({
  hash: text,
  type: v.picklist(["image/png", "image/jpeg", "image/gif", "image/webp"]),
  data: text,
});
const safety = v.object({ number: text, qr: text });
const message = v.object({
  id: text,
  contact: text,
  mine: v.boolean(),
  at: time,
  kind: v.picklist(["chat", "file", "missed-call", "call", "security", "notice"]),
  body: text,
  link: v.nullable(text),
  delivery: v.nullable(v.picklist(["pending", "sent", "delivered", "seen", "failed"])),
  problem: v.nullable(problem),
  edited: v.boolean(),
  suite: v.nullable(text),
});
const camera = v.object({ spec: text, name: text, kind: v.picklist(["device", "test"]) });
const direction = v.object({
  frames: count,
  dropped: count,
  fps: v.number(),
  kbps: v.number(),
  latencyMs: v.nullable(v.object({ p50: v.number(), p95: v.number() })),
  openFailures: count,
});
const callInfo = v.object({
  suite: text,
  fingerprints: v.object({ local: text, remote: text }),
  verified: v.boolean(),
  tags: v.object({ local: text, remote: v.nullable(text), verified: v.boolean() }),
  path: v.nullable(
    v.object({ kind: text, local: text, remote: text, rttMs: v.nullable(v.number()) }),
  ),
  send: direction,
  receive: direction,
  strays: count,
  replays: count,
  securityEvents: v.array(v.object({ at: time, code: text, message: text })),
  sinceLastFrameMs: v.nullable(v.number()),
});
const call = v.object({
  id: text,
  contact: text,
  name: text,
  direction: v.picklist(["out", "in"]),
  inviter: text,
  invitee: text,
  state: v.picklist(["calling", "ringing", "later", "connecting", "active", "ended"]),
  reason: v.nullable(v.picklist([
    "hangup",
    "declined",
    "busy",
    "timeout",
    "offline",
    "cancelled",
    "answered-elsewhere",
    "no-path",
    "wrong-tag",
    "lost",
    "camera",
    "failed",
  ])),
  detail: v.nullable(text),
  startedAt: time,
  activeAt: v.nullable(time),
  endedAt: v.nullable(time),
  options: v.object({ camera: text, size: text, fps: v.number() }),
  camera: v.object({
    name: text,
    state: v.picklist(["starting", "live", "no-signal", "off"]),
    problem: v.nullable(problem),
  }),
  remoteCamera: v.nullable(v.picklist(["live", "off", "no-signal"])),
  info: v.nullable(callInfo),
});

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : never;
type Flat<T> = T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
type Agrees<View, Schema extends v.GenericSchema> = Same<Flat<View>, Flat<v.InferOutput<Schema>>>;

true satisfies Agrees<views.StatusView, typeof status>;
true satisfies Agrees<views.ArchiveView, typeof archive>;
true satisfies Agrees<views.InvitationView, typeof invitation>;
true satisfies Agrees<views.OpenInvitationView, typeof openInvitation>;
true satisfies Agrees<views.ContactView, typeof contact>;
true satisfies Agrees<views.SafetyView, typeof safety>;
true satisfies Agrees<views.MessageView, typeof message>;
true satisfies Agrees<views.RoomView, typeof room>;
true satisfies Agrees<views.RoomMemberView, typeof roomMember>;
true satisfies Agrees<views.RoomMessageView, typeof roomMessage>;
true satisfies Agrees<views.GroupView, typeof group>;
true satisfies Agrees<views.CameraView, typeof camera>;
true satisfies Agrees<views.CallView, typeof call>;
true satisfies Agrees<views.FileView, typeof file>;
true satisfies Agrees<views.FileLimitsView, typeof fileLimits>;
true satisfies Agrees<views.FileWayView, typeof fileWay>;
true satisfies Agrees<views.DisplayItemView, typeof displayItem>;
true satisfies Agrees<views.DisplaysView, typeof displays>;
true satisfies Agrees<views.DisplayUrlView, typeof displayUrl>;

/** Every named shape the API answers with; the names are those of `components/schemas`. */
export const answers = {
  Problem: problem,
  Status: status,
  Archive: archive,
  Invitation: invitation,
  OpenInvitation: openInvitation,
  Contact: contact,
  Picture: picture,
  Safety: safety,
  Message: message,
  Room: room,
  RoomMember: roomMember,
  RoomMessage: roomMessage,
  Group: group,
  Specification: v.object({ text }),
  GroupSuites: groupSuites,
  Camera: camera,
  Call: call,
  File: file,
  FileLimits: fileLimits,
  FileWay: fileWay,
  Display: displayItem,
  Displays: displays,
  DisplayUrl: displayUrl,
  Check: v.object({ check: text, ok: v.boolean(), detail: text }),
  Launch: v.object({ link: text }),
  Session: v.object({ page: text }),
  Ticket: v.object({ ticket: text }),
  Proof: v.object({ proof: text }),
};

/** The name of a shape, or that name with `[]` for a list of it. */
export type AnswerName = keyof typeof answers | `${keyof typeof answers}[]`;
