import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import type { ServerLimits } from "../limits.ts";
import type { ServerOptions } from "../options.ts";
import { DOMAIN, type TestBed, testOptions, withSqliteServer } from "../testing.ts";

/** What came back for a request. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Uint8Array;
  readonly text: string;
}

/** What a test asks for. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string | undefined;
}

/** {@link TestBed} of a server that listens for HTTPS too, with a folder for uploads. */
export interface WebBed extends TestBed {
  readonly folder: string;
  /** @param path a path, or a URL of the server */
  ask(path: string, ask?: Ask): Promise<Reply>;
  /** Writes these bytes on a TLS connection; all that comes back until it is closed. */
  raw(bytes: string, seconds?: number): Promise<string>;
  /** A TLS connection. */
  connectTls(): Promise<Deno.TlsConn>;
}

/** As {@link withSqliteServer}, with HTTPS. */
export async function withWeb(
  test: (bed: WebBed) => Promise<void>,
  limits: Partial<ServerLimits> = {},
  more: Partial<ServerOptions> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "uploads-" });
  const { certificatePem } = await testOptions();
  try {
    await withSqliteServer(
      (bed) => {
        const port = bed.server.httpsPort!;
        const connectTls = () => tls(port, certificatePem);
        return test({
          ...bed,
          folder,
          connectTls,
          ask: (path, ask = {}) => fetchFrom(port, certificatePem, path, ask),
          raw: async (bytes, seconds = 10) => await talk(await connectTls(), bytes, seconds),
        });
      },
      { sweepMs: 50, ...limits },
      { httpsPort: 0, uploadFolder: folder, ...more },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function fetchFrom(port: number, ca: string, path: string, ask: Ask): Promise<Reply> {
  const { method = "GET", headers = {}, body } = ask;
  const url = URL.parse(path);
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const sent = request({
    host: "127.0.0.1",
    port,
    servername: DOMAIN,
    ca,
    agent: false,
    method,
    path: url === null ? path : url.pathname + url.search,
    headers: {
      host: `${DOMAIN}:${port}`,
      ...(body === undefined ? {} : { "content-length": String(body.length) }),
      ...headers,
    },
  }, (answer) => {
    const parts: Uint8Array[] = [];
    answer.on("data", (part: Uint8Array) => parts.push(part));
    answer.on("error", reject);
    answer.on("end", () => {
      const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      sent.destroy();
      resolve({
        status: answer.statusCode!,
        headers: answer.headers,
        body: bytes,
        text: new TextDecoder().decode(bytes),
      });
    });
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

async function tls(port: number, certificatePem: string): Promise<Deno.TlsConn> {
  const raw = await Deno.connect({ hostname: "127.0.0.1", port });
  const conn = await Deno.startTls(raw, { hostname: DOMAIN, caCerts: [certificatePem] });
  try {
    await conn.handshake();
    return conn;
  } catch (error) {
    conn.close();
    throw error;
  }
}

async function talk(conn: Deno.TlsConn, bytes: string, seconds: number): Promise<string> {
  const late = setTimeout(() => conn.close(), seconds * 1000);
  const decoder = new TextDecoder();
  let text = "";
  try {
    await conn.write(new TextEncoder().encode(bytes));
    const buffer = new Uint8Array(65_536);
    for (let n; (n = await conn.read(buffer)) !== null;) {
      text += decoder.decode(buffer.subarray(0, n));
    }
  } catch {
    // A reset is an end as well.
  }
  clearTimeout(late);
  try {
    conn.close();
  } catch {
    // The time was over.
  }
  return text;
}
