/** Far more than may be taken of somebody who is not read. */
export const FLOOD_BYTES = 200 << 20;
/** What the buffers of the system on both ends of a loopback connection take, and our own. */
export const MOST_TAKEN = 24 << 20;

/** What is written to. */
interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Sends as fast as it is let. */
export class Flood {
  /** Bytes that left us. */
  sent = 0;
  /** Resolves when all is sent, or nothing more can be. */
  readonly over: Promise<void>;

  constructor(conn: Sink, piece: Uint8Array, total = FLOOD_BYTES) {
    const pump = async () => {
      for (let at = 0; this.sent < total; at %= piece.length) {
        const n = await conn.write(piece.subarray(at));
        this.sent += n;
        at += n;
      }
    };
    this.over = pump().catch(() => {});
  }

  /** Waits until no more leaves us. @returns the bytes that did */
  async stuck(): Promise<number> {
    for (let before = -1; before !== this.sent;) {
      before = this.sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    return this.sent;
  }
}

/** Bytes of memory this process holds more than when this was made. */
export function memoryGrowth(): () => number {
  const before = Deno.memoryUsage().rss;
  return () => Deno.memoryUsage().rss - before;
}

/** Open file descriptors of this process; 0 where the system does not say. */
export function openDescriptors(): number {
  return Deno.build.os === "linux" ? [...Deno.readDirSync("/proc/self/fd")].length : 0;
}
