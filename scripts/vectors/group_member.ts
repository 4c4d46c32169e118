/**
 * Makes tests/vectors/group_member.json:
 * `deno run -A scripts/vectors/group_member.ts > tests/vectors/group_member.json`.
 * Run it only when the protocol's version changes: a vector that follows the code proves nothing.
 */
import { fromHex, toHex, utf8 } from "../../daemon/base/mod.ts";
import { ed25519, sha256 } from "../../daemon/crypto/mod.ts";
import { ACTION_LABEL, type Deed, signAction } from "../../daemon/group/action.ts";
import { sealData } from "../../daemon/group/data_message.ts";
import {
  DATA_SUITE_IDS,
  dataSuite,
  parseSpecification,
  printSpecification,
  signStatement,
  specificationHash,
} from "../../daemon/group/mod.ts";
import { memberOf, rosterHash } from "../../daemon/group/roster.ts";
import { epochKeyOf } from "../../daemon/group/standing.ts";

const bytes = (name: string, length: number) => sha256(utf8(`group ${name}`)).slice(0, length);
const group = toHex(bytes("id", 16));
const incarnation = toHex(bytes("incarnation", 16));
const server = ed25519.generate(() => bytes("server", 32));
const device = ed25519.generate(() => bytes("device", 32));
const account = ed25519.generate(() => bytes("account", 32));
const member = memberOf("anna@example.org", device.public, account.public, "owner");

const specification = parseSpecification([
  "simppd group specification 1",
  "name = Vectors",
  `group = ${group}`,
  "room = vectors@rooms.example.org",
  `key-server = keys.example.org ${toHex(server.public)}`,
  "suites = aes-256-gcm, aes-128-cbc-hmac, lsim-2003",
  "batch = 1500 ms",
  "access = domain example.org",
  `owner = anna@example.org ${toHex(bytes("fingerprint", 32))}`,
].join("\n"));
const statement = signStatement(server.secret, {
  group,
  incarnation,
  epoch: 7,
  previous: bytes("previous", 32),
  members: rosterHash([member]),
  groupKeyName: { node: 1, version: 9 },
  suite: "aes-256-gcm",
  specification: specificationHash(specification),
  time: 1_700_000_000_000,
  reasons: [{ kind: "joined", subject: member.id, action: null }],
  rekeyRoot: bytes("root", 32),
});
const groupKey = bytes("group key", 32);
const epochKey = epochKeyOf(groupKey, statement);
const messages = DATA_SUITE_IDS.map((suite, at) => {
  const content = `content in ${suite}`;
  const heard = Array.from(
    { length: at },
    (_, before) => ({ device: member.device, hash: toHex(bytes(`heard ${before}`, 16)) }),
  );
  const header = {
    group: fromHex(group),
    incarnation: fromHex(incarnation),
    epoch: 7,
    device: fromHex(member.device),
    counter: 40 + at,
    salt: bytes(`salt ${suite}`, 16),
  };
  const payload = sealData(
    dataSuite(suite),
    epochKey,
    header,
    utf8(content),
    (label, signed) => ed25519.sign(device.secret, label, signed),
    heard,
  );
  return { suite, counter: header.counter, content, heard, payload: toHex(payload) };
});
const deeds: readonly Deed[] = [
  { kind: "admit", subject: "bob@example.org", role: "listener" },
  { kind: "expel", subject: "bob@example.org" },
  { kind: "role", subject: "bob@example.org", role: "admin" },
  { kind: "respecify", text: printSpecification(specification) },
  { kind: "close" },
  { kind: "leave" },
];
const actions = deeds.map((deed, at) => {
  const { jid, deviceKey } = member;
  const head = { group, incarnation, jid, deviceKey, number: 1_000 + at, time: 2_000 + at };
  const { encoded, hash } = signAction(
    { ...head, epoch: 7, deed },
    (body) => ed25519.sign(device.secret, ACTION_LABEL, body),
  );
  return { deed, encoded: toHex(encoded), hash: toHex(hash) };
});
const text = JSON.stringify(
  {
    group,
    incarnation,
    serverKey: toHex(server.public),
    member: { jid: member.jid, deviceKey: toHex(device.public), accountKey: toHex(account.public) },
    specification: printSpecification(specification),
    specificationHash: toHex(specificationHash(specification)),
    statement: toHex(statement.encoded),
    link: toHex(statement.link),
    groupKey: toHex(groupKey),
    epochKey: toHex(epochKey),
    messages,
    actions,
  },
  null,
  1,
);
await Deno.stdout.write(utf8(text + "\n"));
