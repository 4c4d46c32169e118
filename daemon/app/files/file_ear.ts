import { type Bytes, logOf, publicError, toHex } from "../../base/mod.ts";
import {
  type FileDescriptor,
  isAtServerOf,
  isDescriptor,
  readDescriptor,
  type Transfer,
  type Transfers,
} from "../../files/mod.ts";
import type { GroupMember } from "../../group/mod.ts";
import type { Received } from "../../simpp/mod.ts";
import type { Element } from "../../xmpp/core/mod.ts";
import type { FileKeys } from "./file_keys.ts";
import { suiteNotAllowed } from "./sendable.ts";
import { type FileSignal, readSignals } from "./signals.ts";
import type { AppFilesOptions } from "./surroundings.ts";

/** Offers of a stranger that are remembered. */
const MOST_OF_STRANGER = 20;

/** Hears what contacts, members and our other devices say of files, and takes it for what it is worth. */
export class FileEar {
  readonly #o: AppFilesOptions;
  readonly #transfers: Transfers;
  readonly #keys: FileKeys;
  readonly #emit: (transfer: Transfer) => void;

  /** @param emit shows a transfer as it is now */
  constructor(
    options: AppFilesOptions,
    transfers: Transfers,
    keys: FileKeys,
    emit: (transfer: Transfer) => void,
  ) {
    this.#o = options;
    this.#transfers = transfers;
    this.#keys = keys;
    this.#emit = emit;
  }

  /** Takes what was opened from a contact, or ours of another device; false when it is not of files. */
  receive({ from, device, envelope: { to, content } }: Received): boolean {
    const descriptor = content.find(isDescriptor);
    const signals = readSignals(content);
    if (this.#o.people.isBlocked(from)) return descriptor !== undefined || signals.length > 0;
    const copy = from === this.#o.own();
    const peer = copy ? to : from;
    if (descriptor !== undefined) this.#take(peer, { jid: from }, descriptor);
    for (const signal of signals) this.#heard({ jid: from, device }, signal);
    return descriptor !== undefined || signals.length > 0;
  }

  /** Takes what was said in a group; false when it is not of files. */
  heardInGroup(group: string, from: GroupMember, content: readonly Element[]): boolean {
    const { jid } = from;
    const descriptor = content.find(isDescriptor);
    const signals = readSignals(content);
    const clear = signals.some(({ name }) => name === "clear");
    const back = signals.filter((signal) => signal.name === "taken-back");
    const { groups, people, own, cleared } = this.#o;
    if (people.isBlocked(jid)) return descriptor !== undefined || signals.length > 0;
    if (descriptor !== undefined && jid !== own() && groups.lets(group, jid, "files")) {
      this.#take(group, from, descriptor);
    }
    if (clear) cleared(group, jid);
    for (const signal of back) this.#takenBack(jid, signal.file);
    return descriptor !== undefined || clear || back.length > 0;
  }

  /** @param from with the key that spoke, of a member */
  #take(peer: string, from: { jid: string; accountKey?: Bytes }, element: Element): void {
    const sender = from.jid;
    const senderKey = from.accountKey === undefined ? null : toHex(from.accountKey);
    const { people, groups, store } = this.#o;
    let read: FileDescriptor;
    try {
      read = readDescriptor(element);
    } catch (error) {
      logOf("files").warn("a file of {sender} was passed over: {error}", { sender, error });
      return;
    }
    const own = sender === this.#o.own();
    const stranger = !own && !groups.has(peer) && people.isStranger(peer);
    if (stranger) people.stranger(peer);
    if (stranger && store.counts.of(peer, sender).transfers >= MOST_OF_STRANGER) return;
    // Of a stranger no picture is decoded.
    const { thumbnail: _, ...rest } = read;
    const descriptor = stranger ? rest : read;
    const ways = this.#o.allowedWays(peer, false);
    const spoke = senderKey === null ? {} : { senderKey };
    // In whose place another speaks gets no bytes onto the disk by that.
    const changed = this.#o.senders.of(peer, sender, senderKey) === "changed";
    // Ours was sealed for whom it went to.
    const sealed = this.#o.allowsSuite(own ? peer : sender, descriptor.suite);
    const problem = sealed ? {} : { problem: publicError(suiteNotAllowed(sender)) };
    const accept = !stranger && !changed && sealed &&
      this.#comesByItself(peer, sender, senderKey, descriptor) &&
      descriptor.sources.some(({ kind }) => ways.includes(kind));
    this.#transfers.receive(descriptor, { peer, sender, ...spoke, ...problem, accept, ways }).then(
      (transfer) => {
        if (accept && descriptor.key === undefined) this.#keys.ask(transfer);
      },
      (error) => logOf("files").warn("a file of {sender}: {error}", { sender, error }),
    );
  }

  /** Nobody learns who reads what, nor fills a disk, by sending files that come by themselves. */
  #comesByItself(
    peer: string,
    sender: string,
    senderKey: string | null,
    descriptor: FileDescriptor,
  ): boolean {
    const own = [domainOf(this.#o.own()), this.#o.host() ?? []].flat();
    // Who carries a server of their own would learn our address by it.
    const domains = this.#o.hidesAddress() ? own : [domainOf(sender), ...own];
    const here = descriptor.sources.every((source) =>
      source.kind !== "upload" || domains.some((domain) => isAtServerOf(domain, source.url))
    );
    const shown = descriptor.display ? this.#o.opensUpTo(peer, sender, senderKey) : 0;
    return here && descriptor.size <= this.#o.limits.of(peer, shown);
  }

  #heard(from: { readonly jid: string; readonly device: string }, signal: FileSignal): void {
    const { store, lines, cleared } = this.#o;
    if (signal.name === "clear") return cleared(from.jid, from.jid);
    if (signal.name === "key") return void this.#keys.take(from.jid, signal.file, signal.key);
    if (signal.name === "key-wanted") return this.#keys.give(from, signal.file);
    if (signal.name === "taken-back") return this.#takenBack(from.jid, signal.file);
    if (signal.name === "key-refused") {
      return this.#keys.refused(from.jid, signal.file).forEach((one) => this.#emit(one));
    }
    if (signal.state === "shown") return this.#openedFor(from.jid, signal.file);
    const transfer = store.find(from.jid, "", signal.file);
    if (transfer === undefined) return;
    if (signal.state === "declined") lines.declined(transfer);
    else lines.delivered(transfer);
    this.#emit(transfer);
    this.#transfers.finish(transfer.id).catch((error) =>
      logOf("files").warn("a file goes on being served: {error}", { error })
    );
  }

  #takenBack(sender: string, file: string): void {
    for (const { id } of this.#o.store.findOf(sender, file)) {
      this.#transfers.takenBack(id).catch((error) =>
        logOf("files").warn("what was taken back is still offered here: {error}", { error })
      );
    }
  }

  /** Of those alone who were sent it. */
  #openedFor(jid: string, file: string): void {
    const { store, groups, opened } = this.#o;
    const transfer = store.findOwn(file).find(({ peer, descriptor }) =>
      descriptor.display &&
      (groups.has(peer) ? groups.members(peer).some((member) => member.jid === jid) : peer === jid)
    );
    if (transfer !== undefined) opened(transfer, jid);
  }
}

function domainOf(jid: string): string {
  return jid.slice(jid.indexOf("@") + 1);
}
