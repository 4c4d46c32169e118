import { Emitter, fromBase64, fromUtf8, steadyNow, toBase64, toHex, utf8 } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import {
  type ControlChannel,
  decodeAnswer,
  DEFAULT_DATA_SUITES,
  encodeRequest,
  GROUP_NS,
  type GroupAnswer,
  type GroupEvent,
  type GroupRequest,
  KeystoneGroup,
  type ProvedDevice,
  type Specification,
  SqliteMemberStore,
} from "../../group/mod.ts";
import { Simpp } from "../../simpp/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../../store/mod.ts";
import {
  GROUP_OPTIONS,
  Pep,
  Presence,
  type Room,
  Rooms,
  XmppClient,
} from "../../xmpp/client/mod.ts";
import { el } from "../../xmpp/core/mod.ts";
import { PepDirectory } from "../pep_directory.ts";
import { SealedLink } from "../sealed_link.ts";

/** Where the accounts of a test are. */
export interface TestServer {
  readonly domain: string;
  readonly port: number;
  readonly pem: string;
  readonly password: string;
}

/** Somebody's device on a real server, with all that a member of a group needs and no daemon. */
export class StackMember {
  readonly jid: string;
  readonly client: XmppClient;
  readonly simpp: Simpp;
  readonly events: GroupEvent[] = [];
  readonly changed = new Emitter<void>();
  readonly read: string[] = [];
  group: KeystoneGroup | undefined;
  room: Room | undefined;
  readonly #db = openDatabase(":memory:", MIGRATIONS);
  readonly #vault = new Vault(systemRandom(32), systemRandom);
  readonly #link: SealedLink;
  readonly #rooms: Rooms;
  readonly #answers = new Map<string, (answer: GroupAnswer) => void>();

  constructor(name: string, { domain, port, pem, password }: TestServer) {
    this.jid = `${name}@${domain}`;
    this.client = new XmppClient({
      jid: this.jid,
      password,
      endpoints: [{ host: "127.0.0.1", port, tls: "direct" }],
      trust: { kind: "ca", extra: [pem] },
    });
    this.#rooms = new Rooms(this.client);
    new Presence(this.client);
    const pep = new Pep(this.client);
    const directory = new PepDirectory(() => pep);
    this.simpp = new Simpp({ db: this.#db, vault: this.#vault, directory });
    this.simpp.setAccount(this.jid);
    this.#link = new SealedLink(this.simpp);
    this.#link.attach(this.client);
    this.#link.received.on(({ from, device, envelope }) => {
      const element = envelope.content.find((each) => each.is("keystone", GROUP_NS));
      if (element === undefined) return;
      const payload = fromBase64(element.getText());
      const waiting = payload[0]! < 32 ? decodeAnswer(payload) : undefined;
      const resolve = waiting && this.#answers.get(waiting.request);
      if (resolve !== undefined) return resolve(waiting!);
      this.group?.receive({ jid: from, device }, payload);
    });
  }

  async online(): Promise<this> {
    await this.client.connect();
    await this.simpp.publish();
    return this;
  }

  /** As the key server will see this device. */
  get proved(): ProvedDevice {
    const { accountKey, deviceKey, device } = this.simpp;
    return { jid: this.jid, device, deviceKey, accountKey };
  }

  readonly control: ControlChannel = {
    send: async ({ jid, device }, payload) => {
      const content = [el("keystone", { xmlns: GROUP_NS }, toBase64(payload))];
      const how = device === undefined ? { store: false } : { store: false, device };
      await this.#link.send(jid, content, how);
    },
  };

  /** Asks a key server or registrar by hand. */
  async ask(
    to: string,
    body: Record<string, unknown> & { kind: GroupRequest["kind"]; group: string },
  ): Promise<GroupAnswer> {
    const request = toHex(systemRandom(16));
    const answer = new Promise<GroupAnswer>((resolve) => this.#answers.set(request, resolve));
    await this.control.send({ jid: to }, encodeRequest({ request, ...body } as GroupRequest));
    return await answer;
  }

  /** Makes a members-only room for these, the key server among them. */
  async makeRoom(jid: string, members: readonly string[]): Promise<void> {
    const room = this.#rooms.open(jid);
    await room.enter(this.jid.split("@")[0]!, { history: 0 });
    await room.administration.configure(GROUP_OPTIONS);
    for (const member of members) await room.administration.setAffiliation(member, "member");
    this.#listen(room);
  }

  async enter(jid: string): Promise<void> {
    this.#listen(await this.#rooms.join(jid, this.jid.split("@")[0]!, { history: 0 }));
  }

  /** The group of a specification, in the room that was entered. */
  use(
    specification: Specification,
    ticket?: () => Promise<Uint8Array<ArrayBuffer>>,
  ): KeystoneGroup {
    const { jid, simpp } = this;
    const group = this.group = new KeystoneGroup({
      specification,
      self: { ...this.proved, jid },
      store: new SqliteMemberStore(this.#db, this.#vault, specification.group),
      control: this.control,
      sign: (label, bytes) => simpp.sign(label, bytes),
      random: systemRandom,
      now: Date.now,
      steady: steadyNow,
      schedule: (ms, work) => {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
      policy: () => DEFAULT_DATA_SUITES,
      pinned: (who) => simpp.deviceKeys(who)?.account,
      ...(ticket === undefined ? {} : { ticket }),
    });
    group.events.on((event) => {
      this.events.push(event);
      if (event.type === "message") this.read.push(fromUtf8(event.message.content));
      this.changed.emit();
    });
    return group;
  }

  say(text: string): void {
    const payload = this.group!.seal(utf8(text));
    this.room!.say([el("group", { xmlns: GROUP_NS }, toBase64(payload))]);
  }

  close(): Promise<void> {
    this.group?.close();
    return this.client.close().finally(() => this.#db.close());
  }

  #listen(room: Room): void {
    this.room = room;
    room.events.on((event) => {
      if (event.kind !== "message") return;
      const text = event.message.stanza.getChild("group", GROUP_NS)?.getText();
      if (text === undefined || this.group === undefined) return;
      const origin = {
        occupant: `${room.jid}/${event.message.nick}`,
        id: event.message.id ?? "",
        at: 0,
      };
      const opened = this.group.open(fromBase64(text), origin);
      if (opened.type === "message") this.read.push(fromUtf8(opened.message.content));
      this.changed.emit();
    });
  }
}

/** Waits until `condition` holds, looking again and again; fails after 15 s. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 750; tries++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it did not happen: ${what}`);
}
