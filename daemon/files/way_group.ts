import { SimppdError, sizeText } from "../base/mod.ts";
import { BlockList } from "./block_list.ts";
import { GroupReceiving, type Patience } from "./group/receiving.ts";
import { GroupSending } from "./group/sending.ts";
import type { RoomPort } from "./room_port.ts";
import type { OnProgress, OutgoingFile, Source, WantedFile, Way } from "./ways.ts";

/** The largest sealed file that a room is told. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * To a group within XMPP, as LSIM has it: `filetransfer` messages of type `groupchat`, which the
 * room's server passes on to all; pipelined, with a window, and taken up again where it was cut
 * (docs/protocol.md "Files in messages").
 */
export class GroupWay implements Way {
  readonly kind = "group";
  readonly #room: (jid: string) => RoomPort | undefined;
  readonly #patience: Patience | undefined;
  readonly #sendings = new Map<string, GroupSending>();
  readonly #roomOf = new Map<string, string>();

  /**
   * @param room the room of a bare JID, when one is in it or comes back to it: the same port for as
   * long as files are offered there
   */
  constructor(room: (jid: string) => RoomPort | undefined, patience?: Patience) {
    this.#room = room;
    this.#patience = patience;
  }

  usable(peer: string): boolean {
    return this.#room(peer)?.inside === true;
  }

  largest(): number {
    return MAX_BYTES;
  }

  async offer(file: OutgoingFile, signal: AbortSignal, onProgress: OnProgress): Promise<Source> {
    if (file.sealedSize > MAX_BYTES) {
      throw new SimppdError(
        "file-too-large",
        `A room takes files of up to ${sizeText(MAX_BYTES)} in messages; this one is larger.`,
      );
    }
    const port = this.#need(file.peer);
    const list = await BlockList.of(file, signal);
    this.withdraw(file.id);
    let sending = this.#sendings.get(file.peer);
    if (sending === undefined) {
      sending = new GroupSending(port);
      this.#sendings.set(file.peer, sending);
    }
    sending.offer(file, list, onProgress);
    this.#roomOf.set(file.id, file.peer);
    const { nick, occupantId } = port.self;
    const occupant = occupantId === undefined ? {} : { occupant: occupantId };
    return { kind: "group", params: { root: list.root, nick, ...occupant } };
  }

  withdraw(id: string): void {
    const room = this.#roomOf.get(id);
    const sending = room === undefined ? undefined : this.#sendings.get(room);
    this.#roomOf.delete(id);
    if (sending === undefined || sending.withdraw(id)) return;
    this.#sendings.delete(room!);
    void sending.close();
  }

  async fetch(
    source: Source,
    file: WantedFile,
    offset: number,
    sink: (bytes: Uint8Array) => Promise<void>,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<void> {
    const params = source.kind === "group" ? source.params : {};
    const { root, nick, occupant: occupantId } = params;
    if (root === undefined || nick === undefined || file.sealedSize > MAX_BYTES) {
      const why = "The sender's word on where the file lies is incomplete.";
      throw new SimppdError("bad-source", why);
    }
    const wanted = { id: file.id, sealedSize: file.sealedSize, root, nick, occupantId };
    const patience = this.#patience;
    const port = this.#need(file.peer);
    await new GroupReceiving(port, wanted, offset, sink, onProgress, { patience }).run(signal);
  }

  /** Ends all sending; nothing is left running when this resolves. */
  async close(): Promise<void> {
    const all = [...this.#sendings.values()];
    this.#sendings.clear();
    this.#roomOf.clear();
    await Promise.all(all.map((sending) => sending.close()));
  }

  #need(room: string): RoomPort {
    const port = this.#room(room);
    if (port !== undefined) return port;
    throw new SimppdError("not-in-room", `${room} is not entered; enter it first.`);
  }
}
