import { createServer, type Server, type Socket } from "node:net";
import { logOf, SimppdError } from "../../../base/mod.ts";
import type { ListenAddress } from "../options.ts";

/** One listening TCP socket. */
export class Listener {
  readonly address: ListenAddress;
  readonly #server: Server;

  private constructor(server: Server, address: ListenAddress) {
    this.#server = server;
    this.address = address;
  }

  /**
   * Listens on `host`; when `port` is taken or not ours to use, on any free one instead.
   * @throws SimppdError `cannot-listen`
   */
  static open(host: string, port: number, onSocket: (raw: Socket) => void): Promise<Listener> {
    return withFreePort(host, port, (port) => Listener.#bind(host, port, onSocket));
  }

  static async #bind(
    host: string,
    port: number,
    onSocket: (raw: Socket) => void,
  ): Promise<Listener> {
    const server = createServer(onSocket);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
    server.on("error", (error) => {
      logOf("xmpp-server").error("accepting a connection failed: {error}", { error });
    });
    return new Listener(server, { host, port: (server.address() as { port: number }).port });
  }

  /** Accepts no more; what was accepted stays. */
  close(): void {
    this.#server.close();
  }
}

/**
 * Binds to `port` of `host`, or to any free one when that is taken or not ours to use.
 * @throws SimppdError `cannot-listen`
 */
export async function withFreePort<T extends { readonly address: ListenAddress }>(
  host: string,
  port: number,
  bind: (port: number) => Promise<T>,
): Promise<T> {
  try {
    return await bind(port);
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (port === 0 || (code !== "EADDRINUSE" && code !== "EACCES")) throw failure(host, error);
  }
  try {
    const listener = await bind(0);
    logOf("xmpp-server").warn("port {port} is taken; listening on {other} instead", {
      port,
      other: listener.address.port,
    });
    return listener;
  } catch (error) {
    throw failure(host, error);
  }
}

function failure(host: string, cause: unknown): SimppdError {
  return new SimppdError(
    "cannot-listen",
    `The server cannot listen on ${host}; check that it is an address of this machine.`,
    cause,
  );
}
