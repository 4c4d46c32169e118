import { setImmediate } from "node:timers";
import { type Bytes, fromUtf8, utf8 } from "../base/mod.ts";
import { ed25519, systemRandom } from "../crypto/mod.ts";
import { type DatabaseSync, MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import type { ProvedDevice } from "./channels.ts";
import { type DataSuiteId, DEFAULT_DATA_SUITES } from "./data_suites.ts";
import type { DeviceLists } from "./device_watch.ts";
import type { GroupEvent, Opened } from "./group_keys.ts";
import { KeyServer } from "./key_server.ts";
import { KeyServerStore } from "./key_server_store.ts";
import { KeystoneGroup } from "./keystone_group.ts";
import { memberIdOf } from "./roster.ts";
import type { Specification } from "./specification.ts";
import { SqliteMemberStore } from "./sqlite_member_store.ts";
import {
  device,
  KEY_SERVER,
  SERVER_ACCOUNT,
  specificationOf,
  type TestDevice,
} from "./testing_key_server.ts";

/** Time that stands still until a test lets it pass. */
export class TestClock {
  #now = 1_000_000;
  #timers: { at: number; work: () => void }[] = [];

  readonly now = (): number => this.#now;

  readonly schedule = (ms: number, work: () => void): () => void => {
    const timer = { at: this.#now + ms, work };
    this.#timers.push(timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  };

  /** Lets time pass; whatever becomes due runs in order, with all that follows on it. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.work();
      await settled();
    }
    this.#now = end;
    await settled();
  }
}

/** Resolves when what was begun in memory is done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What becomes of one delivery; a test may lose, repeat or hold it back. */
export type Fate = "deliver" | "lose" | "twice" | "late";

/** A room, its key server and its members, in memory; a test is who runs the network. */
export class TestGroup {
  readonly clock = new TestClock();
  readonly persons = new Map<string, TestPerson>();
  /** Everything that was said in the room, oldest first. */
  readonly said: Bytes[] = [];
  fate: (what: Bytes, to: string) => Fate = () => "deliver";
  /** What the key server's side is to think of requests. */
  readonly specification: Specification;
  readonly anna: TestPerson;
  #server!: KeyServer;
  #store: KeyServerStore;
  readonly #vault = new Vault(systemRandom(32), systemRandom);
  readonly #path: string;
  #late: (() => void)[] = [];
  #number = 0;

  /** @param path of the key server's database; in memory when absent */
  constructor(rest: Partial<Specification> = {}, path = ":memory:") {
    this.#path = path;
    this.#store = new KeyServerStore(path, this.#vault);
    this.#start();
    const anna = device("anna@example.org");
    this.specification = specificationOf(this.#server.key, [anna], rest);
    this.#server.host(this.specification);
    this.anna = this.person("anna@example.org", anna);
  }

  get server(): KeyServer {
    return this.#server;
  }
  get store(): KeyServerStore {
    return this.#store;
  }

  /** A device that may join. */
  person(jid: string, self: TestDevice = device(jid)): TestPerson {
    const person = new TestPerson(this, self);
    this.persons.set(person.id, person);
    return person;
  }

  /** Kills the key server and starts it anew on what it stored. */
  async crashServer(): Promise<void> {
    this.#server.close();
    if (this.#path !== ":memory:") {
      this.#store.close();
      this.#store = new KeyServerStore(this.#path, this.#vault);
    }
    this.#start();
    this.#server.start();
    await settled();
  }

  /** Puts another key server in its place, on a store that a test fills. */
  async replaceServer(fill: (store: KeyServerStore) => void | Promise<void>): Promise<void> {
    this.#server.close();
    this.#store.close();
    this.#store = new KeyServerStore(":memory:", this.#vault);
    await fill(this.#store);
    this.#start();
    this.#server.start();
    await settled();
  }

  /** Says something in the room; it reaches everybody in it as the test's network wants. */
  publish(payload: Bytes, occupant: string): void {
    this.said.push(payload);
    const id = String(this.#number++);
    for (const person of this.persons.values()) {
      this.deliver(payload, person.id, () => person.hear(payload, occupant, id));
    }
  }

  deliver(what: Bytes, to: string, arrive: () => void): void {
    const fate = this.fate(what, to);
    if (fate === "late") this.#late.push(arrive);
    else if (fate !== "lose") {
      arrive();
      if (fate === "twice") arrive();
    }
  }

  /** What was held back arrives. */
  async deliverLate(): Promise<void> {
    const late = this.#late;
    this.#late = [];
    for (const arrive of late) arrive();
    await settled();
  }

  /** To the key server. */
  ask(from: ProvedDevice, payload: Bytes): Promise<void> {
    this.deliver(payload, KEY_SERVER, () => void this.#server.receive(from, payload));
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await settled();
    for (const person of this.persons.values()) person.close();
    this.#server.close();
    this.#store.close();
  }

  #start(): void {
    this.#server = new KeyServer({
      store: this.#store,
      control: {
        send: ({ jid, device = "" }, payload) => {
          const person = this.persons.get(memberIdOf(jid, device));
          if (person !== undefined) {
            this.deliver(payload, person.id, () => person.group.receive(KEYS, payload));
          }
          return Promise.resolve();
        },
      },
      room: () => ({
        publish: (payload) => {
          this.publish(payload, KEY_SERVER);
          return Promise.resolve();
        },
      }),
      random: systemRandom,
      accountKey: () => SERVER_ACCOUNT,
      jid: KEY_SERVER,
      now: this.clock.now,
      repeat: 3_600_000,
    });
  }
}

const KEYS = { jid: KEY_SERVER, device: "0123456789abcdef" };

/** A message that somebody could read. */
export interface Read {
  readonly text: string;
  readonly from: string;
  readonly epoch: number;
}

/** One device of somebody, with a database of its own that a crash leaves as it is. */
export class TestPerson {
  readonly self: TestDevice;
  readonly id: string;
  readonly events: GroupEvent[] = [];
  readonly read: Read[] = [];
  readonly refused: string[] = [];
  /** ms by which its clock is wrong. */
  skew = 0;
  /** Is it in the room? Else it hears nothing there. See {@link enter}. */
  present = true;
  policy: readonly DataSuiteId[] = DEFAULT_DATA_SUITES;
  /** Counts from the next start. */
  devices: DeviceLists | undefined;
  pinned: (jid: string) => Bytes | undefined = (jid) =>
    jid === KEY_SERVER ? SERVER_ACCOUNT : undefined;
  group!: KeystoneGroup;
  readonly #stage: TestGroup;
  readonly #db: DatabaseSync = openDatabase(":memory:", MIGRATIONS);
  readonly #vault = new Vault(systemRandom(32), systemRandom);
  readonly store: SqliteMemberStore;

  constructor(stage: TestGroup, self: TestDevice) {
    this.#stage = stage;
    this.self = self;
    this.id = memberIdOf(self.jid, self.device);
    this.store = new SqliteMemberStore(this.#db, this.#vault, stage.specification.group);
    this.#start();
  }

  /** Kills the program and starts it anew on what it stored. */
  crash(): void {
    this.group.close();
    this.#start();
  }

  /** Goes out of the room and comes back; what is said meanwhile it hears out of the archive at most. */
  away(): void {
    this.present = false;
    this.group.setPresent(false);
  }
  enter(): void {
    this.present = true;
    this.group.setPresent(true);
  }

  async join(): Promise<void> {
    const joined = this.group.join();
    await settled();
    await joined;
    await settled();
  }

  /** Writes to the group; what went into the room. */
  say(text: string): Bytes {
    const payload = this.group.seal(utf8(text));
    this.#stage.publish(payload, this.self.jid);
    return payload;
  }

  /** Says something that no archive keeps. */
  type(): Bytes {
    const payload = this.group.seal(utf8("types"), false);
    this.#stage.publish(payload, this.self.jid);
    return payload;
  }

  hear(payload: Bytes, occupant: string, id: string, archived = false): Opened {
    if (!this.present) return { type: "taken" };
    const origin = { occupant, id, at: this.#stage.clock.now(), archived };
    const opened = this.group.open(payload, origin);
    if (opened.type === "message") this.#note(opened.message);
    if (opened.type === "refused") this.refused.push(opened.cause);
    return opened;
  }

  /** What was said of the group's safety. */
  incidents(): string[] {
    return this.events.flatMap((event) => event.type === "incident" ? [event.kind] : []);
  }
  texts(): string[] {
    return this.read.map(({ text }) => text);
  }
  close(): void {
    this.group.close();
    this.#db.close();
  }

  #note({ content, from, epoch }: { content: Bytes; from: { id: string }; epoch: number }): void {
    this.read.push({ text: fromUtf8(content), from: from.id, epoch });
  }

  #start(): void {
    const { clock, specification } = this.#stage;
    this.group = new KeystoneGroup({
      specification,
      self: this.self,
      store: this.store,
      control: { send: (_to, payload) => this.#stage.ask(this.self, payload) },
      sign: (label, bytes) => ed25519.sign(this.self.key.secret, label, bytes),
      random: systemRandom,
      now: () => clock.now() + this.skew,
      steady: clock.now,
      schedule: clock.schedule,
      policy: () => this.policy,
      pinned: (jid) => this.pinned(jid),
      ...this.devices === undefined ? {} : { devices: this.devices },
    });
    this.group.events.on((event) => {
      this.events.push(event);
      if (event.type === "message") this.#note(event.message);
      if (event.type === "refused") this.refused.push(event.cause);
    });
  }
}
