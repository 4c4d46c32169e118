import assert from "node:assert/strict";
import { type Bytes, fromHex, SimppdError, toHex } from "../base/mod.ts";
import { ed25519, equal, type KeyPair, systemRandom } from "../crypto/mod.ts";
import { deviceIdOf, fingerprintOf } from "../simpp/mod.ts";
import { Vault } from "../store/mod.ts";
import { ACTION_LABEL, type Deed, signAction } from "./action.ts";
import { decodeRekey, decodeStatement, isPartOf, type RekeyPart } from "./announcements.ts";
import { decodeAnswer, type GroupAnswer } from "./answers.ts";
import type { ControlChannel, ProvedDevice } from "./channels.ts";
import {
  followChain,
  isStatementOf,
  readStatement,
  type SignedStatement,
} from "./epoch_statement.ts";
import { KeyServer, type KeyServerOptions } from "./key_server.ts";
import { KeyServerStore } from "./key_server_store.ts";
import { MemberKeys } from "./member_keys.ts";
import { isRegistrationProof } from "./registration_proof.ts";
import { encodeRequest, type GroupRequest } from "./requests.ts";
import {
  applyRosterChange,
  decodeRoster,
  decodeRosterChange,
  memberIdOf,
  type Roster,
  rosterHash,
} from "./roster.ts";
import type { Specification } from "./specification.ts";
import { decodeWraps } from "./wrap.ts";

export const KEY_SERVER = "keys.example.org";
export const SERVER_ACCOUNT = systemRandom(32);

/** A person with one device, before any group. */
export interface TestDevice extends ProvedDevice {
  readonly key: KeyPair;
}

export function device(jid: string, accountKey: Bytes = systemRandom(32)): TestDevice {
  const key = ed25519.generate(systemRandom);
  return { jid, key, deviceKey: key.public, device: deviceIdOf(key.public), accountKey };
}

/** A specification with what matters to a test. */
export function specificationOf(
  key: Bytes,
  owners: readonly ProvedDevice[],
  rest: Partial<Specification> = {},
): Specification {
  return {
    name: "Test",
    group: toHex(systemRandom(16)),
    room: "test@rooms.example.org",
    keyServer: { jid: KEY_SERVER, device: null, key },
    degree: 3,
    shape: "tree",
    strategy: "group",
    batchInterval: 0,
    renewInterval: 0,
    suites: ["aes-256-gcm", "aes-128-cbc-hmac"],
    access: [{ kind: "domain", domain: "example.org" }],
    owners: owners.map(({ jid, accountKey }) => ({ jid, fingerprint: fingerprintOf(accountKey) })),
    send: "member",
    files: "member",
    display: "member",
    historyDays: null,
    registrars: [],
    ...rest,
  };
}

/** Rooms and sealed channels in memory, which a test can cut. */
export class TestNetwork {
  readonly members = new Map<string, TestMember>();
  /** Everything that was said in rooms. */
  readonly heard: Bytes[] = [];
  /** Answers to devices that are no members here. */
  readonly strays: { to: string; payload: Bytes }[] = [];
  roomFails = false;
  cut = false;

  readonly control: ControlChannel = {
    send: ({ jid, device = "" }, payload) => {
      if (this.cut) return Promise.reject(new SimppdError("not-online", "cut"));
      const id = memberIdOf(jid, device);
      const member = this.members.get(id);
      if (member === undefined) this.strays.push({ to: id, payload });
      else member.receive(payload);
      return Promise.resolve();
    },
  };
  readonly room = () => ({
    publish: (payload: Bytes) => {
      if (this.cut || this.roomFails) return Promise.reject(new SimppdError("not-online", "cut"));
      this.heard.push(payload);
      for (const member of this.members.values()) member.hear(payload);
      return Promise.resolve();
    },
  });
}

/** A key server on a database in memory or in a file. */
export function keyServer(
  network: TestNetwork,
  rest: Partial<KeyServerOptions> & { path?: string; vault?: Vault } = {},
): { server: KeyServer; store: KeyServerStore; close(): void } {
  const { path = ":memory:", vault = new Vault(systemRandom(32), systemRandom), ...options } = rest;
  const store = rest.store ?? new KeyServerStore(path, vault);
  const { control, room } = network;
  const server = new KeyServer({
    store,
    control,
    room,
    random: systemRandom,
    jid: KEY_SERVER,
    accountKey: () => SERVER_ACCOUNT,
    ...options,
  });
  const close = () => {
    server.close();
    store.close();
  };
  return { server, store, close };
}

/** A control manager by hand: believes what is signed, and takes keys out of it. */
export class TestMember {
  readonly device: TestDevice;
  readonly id: string;
  readonly refusals: string[] = [];
  readonly offline = { is: false };
  statement: SignedStatement | undefined;
  roster: Roster = [];
  keys: MemberKeys | undefined;
  groupKey: Bytes | undefined;
  registration: Extract<GroupAnswer, { kind: "registered" }> | undefined;
  /** Rekey parts that came, by unicast or the room. */
  readonly parts: RekeyPart[] = [];
  #server: KeyServer;
  readonly #spec: Specification;
  /** Epoch of each act, by its number. */
  readonly #signed = new Map<number, number>();
  readonly #answers = new Map<string, PromiseWithResolvers<GroupAnswer>>();

  constructor(network: TestNetwork, server: KeyServer, spec: Specification, self: TestDevice) {
    this.device = self;
    this.id = memberIdOf(self.jid, self.device);
    this.#server = server;
    this.#spec = spec;
    network.members.set(this.id, this);
  }

  /** The key server moved or was started again. */
  useServer(server: KeyServer): void {
    this.#server = server;
  }

  /** @param request its id; a new one when absent */
  async ask(
    body: Record<string, unknown> & { kind: GroupRequest["kind"] },
    request: string = toHex(systemRandom(16)),
  ): Promise<GroupAnswer> {
    const waiting = Promise.withResolvers<GroupAnswer>();
    this.#answers.set(request, waiting);
    const encoded = encodeRequest({ request, group: this.#spec.group, ...body } as GroupRequest);
    await this.#server.receive(this.device, encoded);
    return await waiting.promise;
  }

  async register(
    ticket: Bytes = new Uint8Array(),
    suites: number[] = [1, 2],
  ): Promise<GroupAnswer> {
    const answer = await this.ask({ kind: "register", ticket, suites });
    if (answer.kind === "registered") {
      const { group, registration, individualKey, proof } = answer;
      const told = { group, registration, individualKey, member: this.device };
      const { key } = this.#spec.keyServer;
      assert.ok(isRegistrationProof(key, { ...told, server: SERVER_ACCOUNT }, proof));
      assert.ok(!isRegistrationProof(key, { ...told, server: systemRandom(32) }, proof));
      this.registration = answer;
    }
    return answer;
  }

  async join(suites?: number[]): Promise<GroupAnswer> {
    const registered = await this.register(undefined, suites);
    if (registered.kind !== "registered") return registered;
    const answer = await this.ask({ kind: "join", registration: registered.registration });
    this.take(answer);
    return answer;
  }

  /** Stands where `joined` or `resynced` says, after checking all of it. */
  take(answer: GroupAnswer): void {
    if (answer.kind !== "joined" && answer.kind !== "resynced") return;
    const statement = this.#believed(answer.statement);
    const roster = decodeRoster(answer.members);
    assert.deepEqual(rosterHash(roster), statement.members);
    if (answer.kind === "resynced" && answer.chain !== null) {
      const end = followChain(this.statement!.link, answer.chain);
      assert.deepEqual(end, statement.link, "the chain leads to the new epoch");
    }
    this.keys = new MemberKeys({
      group: fromHex(statement.incarnation),
      member: this.id,
      leaf: answer.leaf,
      individualKey: this.registration!.individualKey,
    });
    this.#enter(statement, roster, this.keys.apply(statement.epoch, decodeWraps(answer.wraps)));
  }

  async resync(): Promise<GroupAnswer> {
    const { incarnation, epoch, link } = this.statement!;
    const answer = await this.ask({ kind: "resync", incarnation, epoch, link });
    this.take(answer);
    return answer;
  }

  act(
    deed: Deed,
    number = Date.now(),
    rest: { incarnation?: string; epoch?: number; signer?: TestDevice } = {},
  ) {
    const { key, jid, deviceKey } = rest.signer ?? this.device;
    const { state } = this.#server.group(this.#spec.group)!;
    // One that is brought again is the same, to the bit.
    const { incarnation = state.incarnation, epoch = this.#signed.get(number) ?? state.epoch } =
      rest;
    this.#signed.set(number, epoch);
    const common = { group: this.#spec.group, incarnation, jid, deviceKey, number, time: 0, epoch };
    const sign = (body: Bytes) => ed25519.sign(key.secret, ACTION_LABEL, body);
    return this.ask({ kind: "act", action: signAction({ ...common, deed }, sign).encoded });
  }

  /** From the key server alone. */
  receive(payload: Bytes): void {
    if (this.offline.is) return;
    if (payload[0] === 32) return this.#rekey(decodeRekey(payload));
    const answer = decodeAnswer(payload);
    this.#answers.get(answer.request)?.resolve(answer);
  }

  /** From the room. */
  hear(payload: Bytes): void {
    if (this.offline.is) return;
    if (payload[0] === 32) return this.#rekey(decodeRekey(payload));
    if (payload[0] === 33) this.#believed(decodeStatement(payload).statement);
  }

  /** Does this member hold the key of the epoch that the key server is in? */
  holds(): boolean {
    const key = this.groupKey, { statement } = this.#server.group(this.#spec.group)!.state;
    return key !== undefined && this.statement!.epoch === statement!.epoch &&
      equal(this.statement!.link, statement!.link);
  }

  #rekey(part: RekeyPart): void {
    this.parts.push(part);
    const { statement: before, keys } = this;
    if (before === undefined || keys === undefined || part.epoch !== before.epoch + 1) return;
    const all = this.parts.filter(({ epoch }) => epoch === part.epoch);
    const announcement = all.find((each) => each.announcement !== null)?.announcement;
    if (all.length < part.needed || announcement === undefined || announcement === null) return;
    const statement = this.#believed(announcement.statement);
    assert.deepEqual(statement.previous, before.link);
    for (const each of all) assert.ok(isPartOf(statement.rekeyRoot, each));
    const roster = applyRosterChange(this.roster, decodeRosterChange(announcement.change));
    assert.deepEqual(rosterHash(roster), statement.members);
    const wraps = all.flatMap((each) => decodeWraps(each.wraps));
    this.#enter(statement, roster, keys.apply(statement.epoch, wraps));
  }

  #enter(statement: SignedStatement, roster: Roster, got: ReturnType<MemberKeys["apply"]>): void {
    this.statement = statement;
    this.roster = roster;
    const named = got?.name.version === statement.groupKeyName.version;
    this.groupKey = named ? got!.groupKey : undefined;
  }

  #believed(encoded: Bytes): SignedStatement {
    const statement = readStatement(encoded);
    assert.ok(isStatementOf(this.#spec.keyServer.key, statement));
    return statement;
  }
}
