import * as v from "valibot";

/** What may be sent: sizes are bounded here, meaning is judged by the app. Unknown fields fail. */
const line = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));

const jid = line(3071); // RFC 7622: 1023 octets a part
const nick = line(64);
const username = v.exactOptional(nick);
/** What the app takes, in UTF-16 units; the dashboard's field has the same bound. */
const LONGEST_MESSAGE = 10_000;
const reach = v.picklist(["this-machine", "network"]);
const cameraFields = {
  camera: v.exactOptional(line(4096)),
  size: v.exactOptional(v.pipe(v.string(), v.regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/))),
  fps: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(120))),
};

export const carryBody = v.strictObject({ nick, reach, username });
export const joinBody = v.strictObject({ link: line(8192), nick, username });
export const signInBody = v.strictObject({
  jid,
  password: line(1024),
  nick,
  server: v.exactOptional(line(300)),
  pin: v.exactOptional(line(128)),
});
const passphrase = v.pipe(v.string(), v.maxLength(4096));
export const unlockBody = v.strictObject({ passphrase });
export const passphraseBody = v.strictObject({ passphrase, current: v.exactOptional(passphrase) });
export const currentBody = v.strictObject({ current: passphrase });
export const keyringBody = v.strictObject({ current: v.exactOptional(passphrase) });
export const backupBody = v.strictObject({
  passphrase,
  server: v.exactOptional(v.boolean(), true),
});
export const passwordBody = v.strictObject({ password: line(1024) });
export const reachBody = v.strictObject({
  reach,
  address: v.exactOptional(v.pipe(v.string(), v.maxLength(300))),
});
export const addContactBody = v.strictObject({ jid, name: v.exactOptional(line(256)) });
export const pictureBody = v.strictObject({ data: v.nullable(v.string()) });
export const changeContactBody = v.strictObject({
  name: v.exactOptional(line(256)),
  accept: v.exactOptional(v.boolean()),
  blocked: v.exactOptional(v.boolean()),
  plain: v.exactOptional(v.boolean()),
});
export const verifyBody = v.union([
  v.strictObject({ number: line(128) }),
  v.strictObject({ qr: line(256) }),
]);
const suites = v.pipe(
  v.array(v.picklist(["simpp-pq", "simpp-modern", "simpp-2009"])),
  v.maxLength(3),
);
export const policyBody = v.strictObject({ suites });
export const blindTrustBody = v.strictObject({ allowed: v.boolean() });
const jids = v.pipe(v.array(jid), v.maxLength(500));
export const archiveBody = v.strictObject({
  default: v.picklist(["always", "never", "roster"]),
  always: jids,
  never: jids,
});
export const tellSeenBody = v.strictObject({ told: v.boolean() });
export const callRouteBody = v.strictObject({ route: v.picklist(["any", "relay-only"]) });
export const confirmBody = v.strictObject({ code: line(64) });
export const contactPolicyBody = v.strictObject({ suites: v.nullable(suites) });
export const typingBody = v.strictObject({ typing: v.boolean() });
export const decideBody = v.strictObject({ accept: v.boolean() });
export const sendMessageBody = v.strictObject({ body: line(LONGEST_MESSAGE) });
export const cameraOptionsBody = v.strictObject(cameraFields);
export const startCallBody = v.strictObject({ contact: jid, ...cameraFields });
export const sessionBody = v.strictObject({ launch: line(128) });
export const ticketBody = v.strictObject({
  view: v.picklist([
    "remote.mjpeg",
    "remote.jpg",
    "remote.ws",
    "local.mjpeg",
    "local.jpg",
    "local.ws",
  ]),
});
/** 256 bits in base64url. */
export const proofBody = v.strictObject({ nonce: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)) });
export const emptyBody = v.strictObject({});

const number = v.pipe(v.string(), v.maxLength(16), v.digits(), v.transform(Number));
export const messagesQuery = v.strictObject({
  before: v.exactOptional(number),
  limit: v.exactOptional(v.pipe(number, v.minValue(1), v.maxValue(500))),
});
export const emptyQuery = v.strictObject({});
