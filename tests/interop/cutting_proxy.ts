/** A TCP proxy on 127.0.0.1 that drops its connections on demand, as a bad network does. */
export interface CuttingProxy {
  readonly port: number;
  /** Connections that came so far. */
  readonly connections: number;
  /** Drops all connections in the middle of whatever they carry. */
  cut(): void;
  /** Drops the next connections once this many bytes came from the server; `undefined`: no more. */
  cutAfter(bytes: number | undefined): void;
  stop(): Promise<void>;
}

/** Forwards to `port` of 127.0.0.1. */
export function cuttingProxy(port: number): CuttingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<() => void>();
  const pumps = new Set<Promise<void>>();
  let connections = 0;
  let limit: number | undefined;
  const serve = async (near: Deno.Conn) => {
    const far = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => undefined);
    if (far === undefined) return near.close();
    let left = limit ?? Infinity;
    const drop = () => {
      if (!open.delete(drop)) return;
      near.close();
      far.close();
    };
    open.add(drop);
    const pump = async (from: Deno.Conn, to: Deno.Conn, counted: boolean) => {
      const chunk = new Uint8Array(16_384);
      for (let n; (n = await from.read(chunk)) !== null;) {
        const bytes = chunk.subarray(0, counted ? Math.min(n, left) : n);
        for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
        if (counted && (left -= n) <= 0) return;
      }
    };
    await Promise.race([pump(near, far, false), pump(far, near, true)]).catch(() => {});
    drop();
  };
  const accepting = (async () => {
    for await (const near of listener) {
      connections++;
      const pump = serve(near).finally(() => pumps.delete(pump));
      pumps.add(pump);
    }
  })().catch(() => {});
  const cut = () => {
    for (const drop of [...open]) drop();
  };
  return {
    port: (listener.addr as Deno.NetAddr).port,
    get connections() {
      return connections;
    },
    cut,
    cutAfter: (bytes) => limit = bytes,
    async stop() {
      listener.close();
      cut();
      await accepting;
      await Promise.all(pumps);
      // The other direction of each connection ends a turn later.
      await new Promise((resolve) => setTimeout(resolve, 0));
    },
  };
}
