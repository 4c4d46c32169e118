import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, toHex } from "../base/mod.ts";
import { ed25519, systemRandom } from "../crypto/mod.ts";
import {
  followChain,
  isStatementOf,
  readStatement,
  signStatement,
  statementDigest,
} from "./epoch_statement.ts";
import { MerkleTree } from "./merkle.ts";
import {
  ACTION_LABEL,
  applyRosterChange,
  decodeAnswer,
  decodeRekey,
  decodeRequest,
  decodeRoster,
  decodeRosterChange,
  decodeStatement,
  encodeAnswer,
  encodeRekey,
  encodeRequest,
  encodeRoster,
  encodeRosterChange,
  encodeStatement,
  type GroupAnswer,
  type GroupRequest,
  isPartOf,
  isTicketOf,
  memberOf,
  peek,
  readAction,
  readTicket,
  registrarIdOf,
  rekeyLeaf,
  rosterChange,
  rosterHash,
  signAction,
  signTicket,
} from "./messages.ts";
import { ROLES } from "./specification.ts";

const hex = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(toHex);
const bytes = (max: number, min = 0) =>
  fc.uint8Array({ minLength: min, maxLength: max }) as fc.Arbitrary<Bytes>;
const b32 = bytes(32, 32);
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const head = { request: hex(16), group: hex(16) };
const name = record({ node: u32, version: u32 });
const standing = { statement: bytes(300), members: bytes(300), leaf: name, wraps: bytes(300) };

const request: fc.Arbitrary<GroupRequest> = fc.oneof(
  record({
    ...head,
    kind: fc.constant("register" as const),
    ticket: bytes(200),
    suites: fc.array(fc.nat(255), { maxLength: 8 }),
  }),
  record({ ...head, kind: fc.constant("join" as const), registration: hex(16) }),
  record({
    ...head,
    kind: fc.constantFrom("status" as const, "specification" as const),
  }),
  record({
    ...head,
    kind: fc.constant("resync" as const),
    incarnation: hex(16),
    epoch: u32,
    link: b32,
  }),
  record({
    ...head,
    kind: fc.constantFrom("act" as const, "leave" as const),
    action: bytes(400),
  }),
  record({ ...head, kind: fc.constant("host" as const), specification: fc.string() }),
  record({
    ...head,
    kind: fc.constant("authenticate" as const),
    user: fc.string({ maxLength: 40 }),
    password: fc.string({ maxLength: 40 }),
  }),
);
const answer: fc.Arbitrary<GroupAnswer> = fc.oneof(
  record({
    ...head,
    kind: fc.constant("registered" as const),
    individualKey: b32,
    specification: fc.string(),
    registration: hex(16),
    proof: bytes(64, 64),
  }),
  record({ ...head, kind: fc.constant("joined" as const), ...standing }),
  record({ ...head, kind: fc.constantFrom("left" as const, "done" as const) }),
  record({
    ...head,
    kind: fc.constant("refused" as const),
    code: fc.string(),
    message: fc.string(),
  }),
  record({
    ...head,
    kind: fc.constant("resynced" as const),
    chain: fc.option(fc.array(b32, { maxLength: 5 })),
    ...standing,
  }),
  record({
    ...head,
    kind: fc.constant("standing" as const),
    statement: bytes(99),
    members: bytes(99),
    incarnation: hex(16),
  }),
  record({ ...head, kind: fc.constant("specified" as const), specification: fc.string() }),
  record({ ...head, kind: fc.constant("ticket" as const), ticket: bytes(300) }),
);

Deno.test("requests and answers come back as they were, and nothing shorter or longer does", () => {
  fc.assert(fc.property(request, (value) => {
    const encoded = encodeRequest(value);
    assert.deepEqual(decodeRequest(encoded), value);
    assert.equal(peek(encoded)!.group, value.group);
    assert.throws(() => decodeRequest(encoded.subarray(0, -1)), { code: "bad-group-message" });
    assert.throws(() => decodeRequest(Uint8Array.of(...encoded, 0)), { code: "bad-group-message" });
    assert.throws(() => decodeAnswer(encoded), { code: "bad-group-message" });
  }));
  fc.assert(fc.property(answer, (value) => {
    const encoded = encodeAnswer(value);
    assert.deepEqual(decodeAnswer(encoded), value);
    assert.throws(() => decodeAnswer(encoded.subarray(0, -1)), { code: "bad-group-message" });
    assert.throws(() => decodeRequest(encoded), { code: "bad-group-message" });
  }));
});

Deno.test("garbage is refused by every reader with one sentence", () => {
  fc.assert(
    fc.property(bytes(400), (garbage) => {
      for (
        const read of [
          decodeRequest,
          decodeAnswer,
          decodeRekey,
          decodeStatement,
          readStatement,
          readAction,
          readTicket,
          decodeRosterChange,
        ]
      ) {
        try {
          read(garbage);
        } catch (error) {
          assert.equal((error as { code: string }).code, "bad-group-message");
        }
      }
    }),
    { numRuns: 500 },
  );
});

const member = record({
  jid: fc.constantFrom("a@x", "b@x", "c@y.example"),
  key: b32,
  role: fc.constantFrom(...ROLES),
})
  .map(({ jid, key, role }) => memberOf(jid, key, key, role));
const roster = fc.uniqueArray(member, { maxLength: 12, selector: ({ id }) => id });

Deno.test("a list of members and its changes come back, and lead from one to the other", () => {
  fc.assert(fc.property(roster, roster, fc.func(fc.boolean()), (before, joining, stays) => {
    assert.deepEqual(decodeRoster(encodeRoster(before)), before);
    const kept = before.filter(({ id }) => stays(id));
    const changed = kept.map((each, at) => at === 0 ? { ...each, role: "admin" as const } : each);
    const after = [...changed, ...joining.filter(({ id }) => !before.some((old) => old.id === id))];
    const change = rosterChange(before, after);
    assert.deepEqual(decodeRosterChange(encodeRosterChange(change)), change);
    assert.deepEqual(rosterHash(applyRosterChange(before, change)), rosterHash(after));
  }));
});

Deno.test("a change that names nobody, or brings somebody twice, is refused", () => {
  const anna = memberOf("a@x", systemRandom(32), systemRandom(32), "member");
  const none = { removed: [], roles: [], added: [] };
  const refused = { code: "bad-group-message" };
  assert.throws(() => applyRosterChange([anna], { ...none, removed: [1] }), refused);
  assert.throws(() => applyRosterChange([anna], { ...none, removed: [0, 0] }), refused);
  assert.throws(() => applyRosterChange([anna], { ...none, added: [anna] }), refused);
  assert.throws(() => decodeRoster(encodeRoster([anna, anna])), refused);
});

const server = ed25519.generate(systemRandom);
const statement = {
  group: "11".repeat(16),
  incarnation: "22".repeat(16),
  epoch: 7,
  previous: systemRandom(32),
  members: systemRandom(32),
  groupKeyName: { node: 1, version: 9 },
  suite: "aes-256-gcm" as const,
  specification: systemRandom(32),
  time: 1,
  reasons: [{ kind: "joined" as const, subject: "a@x/0123456789abcdef", action: null }, {
    kind: "expelled" as const,
    subject: "b@x/0123456789abcdef",
    action: systemRandom(32),
  }],
  rekeyRoot: systemRandom(32),
};

Deno.test("a statement is its key server's, whole, and a link of one chain", () => {
  const signed = signStatement(server.secret, statement);
  assert.deepEqual(readStatement(signed.encoded), signed);
  assert.ok(isStatementOf(server.public, signed));
  assert.ok(!isStatementOf(ed25519.generate(systemRandom).public, signed));
  for (let at = 0; at < signed.encoded.length; at += 13) {
    const forged = new Uint8Array(signed.encoded);
    forged[at]! ^= 1;
    try {
      assert.ok(!isStatementOf(server.public, readStatement(forged)));
    } catch (error) {
      assert.equal((error as { code: string }).code, "bad-group-message");
    }
  }
  const next = signStatement(server.secret, { ...statement, epoch: 8, previous: signed.link });
  assert.deepEqual(followChain(signed.link, [statementDigest(next.encoded)]), next.link);
  const said = decodeStatement(encodeStatement(statement.group, signed.encoded));
  assert.deepEqual(said, { group: statement.group, statement: signed.encoded });
});

Deno.test("every part of a change stands under its root, where it was, and nowhere else", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), (parts) => {
      const { group, incarnation, epoch } = statement;
      const bare = Array.from(
        { length: parts },
        (_, part) => ({ group, incarnation, epoch, part, parts, wraps: systemRandom(20) }),
      );
      const tree = new MerkleTree(bare.map(rekeyLeaf));
      for (const [at, part] of bare.entries()) {
        const whole = {
          ...part,
          needed: parts,
          path: tree.path(at),
          announcement: at > 0
            ? null
            : { statement: systemRandom(9), change: systemRandom(3), actions: [systemRandom(4)] },
        };
        assert.deepEqual(decodeRekey(encodeRekey(whole)), whole);
        assert.ok(isPartOf(tree.root, whole));
        assert.ok(!isPartOf(tree.root, { ...whole, epoch: 8 }));
        assert.ok(!isPartOf(tree.root, { ...whole, wraps: systemRandom(20) }));
        assert.ok(!isPartOf(tree.root, { ...whole, path: [...whole.path, systemRandom(32)] }));
        if (parts > 1) assert.ok(!isPartOf(tree.root, { ...whole, part: (at + 1) % parts }));
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("an action and a ticket are their signers', whole", () => {
  const device = ed25519.generate(systemRandom);
  const sign = (body: Bytes) => ed25519.sign(device.secret, ACTION_LABEL, body);
  const { group, incarnation } = statement;
  const author = { jid: "a@x", deviceKey: device.public };
  const common = { group, incarnation, ...author, number: 3, time: 4, epoch: 6 };
  const deeds = [
    { kind: "admit", subject: "b@x", role: "listener" },
    { kind: "expel", subject: "b@x/0123456789abcdef" },
    { kind: "role", subject: "b@x", role: "admin" },
    { kind: "respecify", text: "degree = 4" },
    { kind: "close" },
    { kind: "leave" },
  ] as const;
  for (const deed of deeds) {
    const action = signAction({ ...common, deed }, sign);
    assert.deepEqual(readAction(action.encoded), action);
    const forged = new Uint8Array(action.encoded);
    forged[17]! ^= 1;
    assert.throws(() => readAction(forged), { code: "bad-group-message" });
  }
  const registrar = ed25519.generate(systemRandom);
  const ticket = {
    registrar: registrarIdOf(registrar.public),
    group,
    jid: "a@x",
    accountKey: systemRandom(32),
    deviceKey: device.public,
    method: "simpp",
    issued: 1,
    expires: 2,
    nonce: "33".repeat(16),
  };
  const encoded = signTicket(registrar.secret, ticket);
  assert.deepEqual(readTicket(encoded), ticket);
  assert.ok(isTicketOf(registrar.public, encoded));
  assert.ok(!isTicketOf(server.public, encoded));
  encoded[60]! ^= 1;
  assert.ok(!isTicketOf(registrar.public, encoded));
});
