import { newId, serialise } from "../../core/mod.ts";
import type { ArchivedMessage, RecentlySaid, RoomArchive } from "./room_archive.ts";

/** What is remembered at most. */
export interface RecentBounds {
  readonly messages: number;
  readonly bytes: number;
  readonly bytesInAll: number;
}

interface Remembered {
  readonly message: ArchivedMessage;
  readonly bytes: number;
}

/** A {@link RoomArchive} in memory: the newest messages of each room, the busiest rooms last to go. */
export class RecentMessages implements RoomArchive {
  readonly #bounds: RecentBounds;
  /** In the order in which something was last said. */
  readonly #rooms = new Map<string, { list: Remembered[]; bytes: number }>();
  #bytes = 0;

  constructor(bounds: RecentBounds) {
    this.#bounds = bounds;
  }

  nextId(): string {
    return newId();
  }

  add(room: string, message: ArchivedMessage): void {
    const bytes = serialise(message.stanza).length;
    if (bytes > this.#bounds.bytes) return;
    const kept = this.#rooms.get(room) ?? { list: [], bytes: 0 };
    this.#rooms.delete(room);
    this.#rooms.set(room, kept);
    kept.list.push({ message, bytes });
    kept.bytes += bytes;
    this.#bytes += bytes;
    while (kept.list.length > this.#bounds.messages || kept.bytes > this.#bounds.bytes) {
      const gone = kept.list.shift()!.bytes;
      kept.bytes -= gone;
      this.#bytes -= gone;
    }
    while (this.#bytes > this.#bounds.bytesInAll) this.remove(this.#rooms.keys().next().value!);
  }

  recent(room: string, most: number, since: number): RecentlySaid {
    if (most <= 0) return { messages: [], read: 0 };
    const list = this.#rooms.get(room)?.list ?? [];
    const messages = list.slice(-most).map(({ message }) => message)
      .filter(({ at }) => at >= since);
    return { messages, read: 0 };
  }

  remove(room: string): void {
    this.#bytes -= this.#rooms.get(room)?.bytes ?? 0;
    this.#rooms.delete(room);
  }

  rooms(domain: string): string[] {
    return [...this.#rooms.keys()].filter((room) => room.endsWith(`@${domain}`));
  }
}
