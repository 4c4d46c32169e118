import { request } from "node:http";
import type { TLSSocket } from "node:tls";
import { concat } from "../../base/mod.ts";

/** How an answer over HTTPS may be. */
export interface HttpLimits {
  readonly bytes: number;
  readonly signal: AbortSignal;
}

/**
 * GET over a TLS connection that is there already; the connection is used up.
 * @throws Error when the answer is too large or broken
 */
export function httpGet(
  socket: TLSSocket,
  host: string,
  path: string,
  { bytes, signal }: HttpLimits,
): Promise<{ status: number; location: string | undefined; body: Uint8Array }> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
    const fail = (error: Error) => {
      signal.removeEventListener("abort", stop);
      socket.destroy();
      reject(error);
    };
    const get = request(
      { host, path, headers: { connection: "close" }, createConnection: () => socket },
      (answer) => {
        const parts: Uint8Array[] = [];
        let size = 0;
        answer.on("data", (part: Uint8Array) => {
          size += part.length;
          if (size > bytes) fail(new RangeError(`the answer has more than ${bytes} bytes`));
          else parts.push(part);
        });
        answer.on("error", fail);
        answer.on("end", () => {
          signal.removeEventListener("abort", stop);
          socket.destroy();
          const { statusCode: status = 0, headers: { location } } = answer;
          resolve({ status, location, body: concat(...parts) });
        });
      },
    );
    get.on("error", fail);
    get.end();
  });
}
