import * as v from "valibot";
import { type Bytes, concat, fromUtf8, utf8, WireWriter } from "../base/mod.ts";
import { LOGIN_PROFILE_IDS } from "../crypto/mod.ts";
import { damaged } from "../store/mod.ts";

/** What stands in a backup, record by record (docs/protocol.md "Backup file"). */
export const KIND = {
  about: 1,
  person: 2,
  contact: 3,
  trust: 4,
  message: 5,
  server: 6,
  serverDatabase: 7,
  group: 8,
  keyServer: 9,
} as const;
/** Version of the content; the file around it has its own. 2 added groups and their key server. */
export const CONTENT = 2;
const MAX_RECORD = 1 << 20;

/** One record: a kind and its bytes. */
export interface BackupRecord {
  readonly kind: number;
  readonly body: Bytes;
}

export function record(kind: number, body: Uint8Array): Bytes {
  return new WireWriter().u8(kind).u32(body.length).raw(body).finish();
}

export function jsonRecord(kind: number, value: unknown): Bytes {
  return record(kind, utf8(JSON.stringify(value)));
}

/** Takes the records out of a stream. @throws SimppdError `backup-damaged` */
export async function* recordsOf(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<BackupRecord, void, void> {
  let held: Uint8Array = new Uint8Array();
  for await (const part of stream) {
    held = concat(held, part);
    while (held.length >= 5) {
      const length = new DataView(held.buffer, held.byteOffset).getUint32(1);
      if (length > MAX_RECORD) throw damaged();
      if (held.length < 5 + length) break;
      yield { kind: held[0]!, body: concat(held.subarray(5, 5 + length)) };
      held = held.subarray(5 + length);
    }
  }
  if (held.length > 0) throw damaged();
}

const text = (most: number) => v.pipe(v.string(), v.maxLength(most));
const base64 = (most: number) => v.pipe(text(most), v.regex(/^[A-Za-z0-9+/]*={0,2}$/));
const jid = text(3071);
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
const suites = v.pipe(
  v.array(v.picklist(["simpp-pq", "simpp-modern", "simpp-2009"])),
  v.maxLength(8),
);
const loginProfile = v.picklist(LOGIN_PROFILE_IDS);
const loginKey = v.strictObject({
  profile: loginProfile,
  secret: base64(1024),
  public: base64(1024),
  server: base64(1024),
});
const time = v.pipe(v.number(), v.integer(), v.minValue(0));
const problem = v.strictObject({ code: text(100), message: text(2000) });

/** The shapes of the JSON records. */
export const shapes = {
  about: v.strictObject({ content: v.number(), by: text(100), at: time }),
  person: v.strictObject({
    account: v.strictObject({
      jid,
      nick: text(200),
      password: v.exactOptional(text(1024)),
      login: v.exactOptional(v.pipe(v.array(loginKey), v.maxLength(8))),
      hosts: v.pipe(
        v.array(v.strictObject({
          host: text(300),
          port,
          tls: v.picklist(["direct", "starttls", "websocket"]),
          path: v.exactOptional(text(2000)),
        })),
        v.maxLength(32),
      ),
      pin: v.nullable(text(128)),
    }),
    identity: v.strictObject({
      account: v.strictObject({ secret: base64(64), public: base64(64) }),
      list: base64(4096),
      announced: v.pipe(v.array(jid), v.maxLength(100)),
      policy: v.nullable(v.strictObject({
        everybody: suites,
        contacts: v.record(jid, suites),
        blindTrust: v.exactOptional(v.boolean()),
      })),
    }),
    expected: v.record(jid, text(64)),
    calls: v.exactOptional(v.picklist(["any", "relay-only"])),
  }),
  contact: v.strictObject({
    jid,
    name: text(1000),
    subscription: v.picklist(["none", "to", "from", "both", "asked", "asking"]),
    blocked: v.boolean(),
    plain: v.optional(v.boolean(), false),
  }),
  trust: v.strictObject({
    jid,
    state: v.picklist(["first-use", "verified", "changed"]),
    account: base64(64),
    number: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff)),
    list: base64(4096),
    offered: v.nullable(base64(4096)),
  }),
  message: v.strictObject({
    unread: v.boolean(),
    revision: v.pipe(v.number(), v.integer(), v.minValue(0)),
    message: v.strictObject({
      id: text(128),
      contact: jid,
      mine: v.boolean(),
      at: time,
      kind: v.picklist(["chat", "file", "missed-call", "call", "security", "notice"]),
      body: text(100_000),
      link: v.optional(v.nullable(text(4_096)), null),
      delivery: v.nullable(v.picklist(["pending", "sent", "delivered", "seen", "failed"])),
      problem: v.nullable(problem),
      suite: v.nullable(text(64)),
      edited: v.boolean(),
    }),
  }),
  group: v.strictObject({
    jid,
    id: v.pipe(text(32), v.regex(/^[0-9a-f]{32}$/)),
    specification: text(40_000),
    nick: text(1023),
    admitted: v.pipe(v.array(jid), v.maxLength(4096)),
  }),
  server: v.strictObject({
    domain: text(1023),
    certificatePem: text(20_000),
    keyPem: text(20_000),
    pin: text(128),
    reach: v.picklist(["this-machine", "network"]),
    address: v.exactOptional(text(300)),
    port,
    starttlsPort: v.exactOptional(port),
    httpsPort: v.exactOptional(port),
    loginProfiles: v.exactOptional(v.array(loginProfile)),
  }),
};

/** Reads a JSON record. @throws SimppdError `backup-damaged` */
export function readRecord<S extends v.GenericSchema>(shape: S, body: Bytes): v.InferOutput<S> {
  try {
    return v.parse(shape, JSON.parse(fromUtf8(body)));
  } catch (error) {
    throw damaged(error);
  }
}
