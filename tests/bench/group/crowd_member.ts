import {
  type Bytes,
  fromBase64,
  fromUtf8,
  steadyNow,
  toBase64,
  utf8,
} from "../../../daemon/base/mod.ts";
import { ed25519, systemRandom } from "../../../daemon/crypto/mod.ts";
import {
  type ControlChannel,
  DEFAULT_DATA_SUITES,
  GROUP_NS,
  KeystoneGroup,
  type ProvedDevice,
  type Specification,
  SqliteMemberStore,
} from "../../../daemon/group/mod.ts";
import { deviceIdOf } from "../../../daemon/simpp/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../../../daemon/store/mod.ts";
import { type Room, Rooms, XmppClient } from "../../../daemon/xmpp/client/mod.ts";
import { el } from "../../../daemon/xmpp/core/mod.ts";
import type { Target } from "../xmpp/load_client.ts";

/** One of many members: an XMPP connection, a place in the room, and a control manager. */
export class CrowdMember {
  readonly proved: ProvedDevice;
  readonly group: KeystoneGroup;
  /** Called with each message of the group that was opened. */
  onText: (text: string) => void = () => {};
  /** Called when a newer epoch began here. */
  onEpoch: (epoch: number) => void = () => {};
  /** Called with the cause when something was refused. */
  onRefused: (cause: string) => void = () => {};
  readonly #client: XmppClient;
  readonly #rooms: Rooms;
  readonly #db = openDatabase(":memory:", MIGRATIONS);
  #room: Room | undefined;
  #said = 0;

  constructor(
    name: string,
    target: Target,
    specification: Specification,
    { control, keyServer }: { control: (from: CrowdMember) => ControlChannel; keyServer: Bytes },
  ) {
    const [device, account] = [ed25519.generate(systemRandom), ed25519.generate(systemRandom)];
    this.proved = {
      jid: `${name}@${target.domain}`,
      device: deviceIdOf(device.public),
      deviceKey: device.public,
      accountKey: account.public,
    };
    this.#client = new XmppClient({
      jid: this.proved.jid,
      password: target.password(name),
      endpoints: [{ host: "127.0.0.1", port: target.port, tls: "direct" }],
      trust: { kind: "ca", extra: [target.caPem] },
    });
    this.#rooms = new Rooms(this.#client);
    const vault = new Vault(systemRandom(32), systemRandom);
    this.group = new KeystoneGroup({
      specification,
      self: this.proved,
      store: new SqliteMemberStore(this.#db, vault, specification.group),
      control: control(this),
      sign: (label, bytes) => ed25519.sign(device.secret, label, bytes),
      random: systemRandom,
      now: Date.now,
      steady: steadyNow,
      schedule: (ms, work) => {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
      policy: () => DEFAULT_DATA_SUITES,
      pinned: () => keyServer,
    });
    this.group.events.on((event) => {
      if (event.type === "epoch") this.onEpoch(event.epoch.number);
      else if (event.type === "message") this.onText(fromUtf8(event.message.content));
      else if (event.type === "refused") this.onRefused(event.cause);
    });
  }

  /** Goes online and into the room. */
  async enter(jid: string): Promise<void> {
    await this.#client.connect();
    this.#room = await this.#rooms.join(jid, this.proved.jid.split("@")[0]!, { history: 0 });
    this.#room.events.on((event) => {
      if (event.kind === "message") this.#heard(event.message.stanza);
    });
  }

  /** Makes the room, for as many as come. */
  async make(jid: string, most: number): Promise<void> {
    await this.#client.connect();
    await this.#rooms.create(jid, this.proved.jid.split("@")[0]!, {
      persistent: true,
      membersOnly: false,
      nonAnonymous: true,
      maxOccupants: most,
      archived: false,
    }).then((room) => this.#room = room);
    this.#room!.events.on((event) => {
      if (event.kind === "message") this.#heard(event.message.stanza);
    });
  }

  /** Says something to all who are in the room. */
  publish(payload: Bytes): void {
    this.#room!.say([el("group", { xmlns: GROUP_NS }, toBase64(payload))]);
  }

  /** Seals and says a text. */
  say(text: string): void {
    this.publish(this.group.seal(utf8(text)));
  }

  async close(): Promise<void> {
    this.group.close();
    await this.#client.close();
    this.#db.close();
  }

  #heard(stanza: ReturnType<typeof el>): void {
    const text = stanza.getChild("group", GROUP_NS)?.getText();
    if (text === undefined) return;
    const occupant = this.proved.jid;
    const opened = this.group.open(fromBase64(text), {
      occupant,
      id: `${this.#said++}`,
      at: Date.now(),
    });
    if (opened.type === "message") this.onText(fromUtf8(opened.message.content));
    else if (opened.type === "refused") this.onRefused(opened.cause);
  }
}
