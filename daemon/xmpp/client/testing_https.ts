import { createServer } from "node:https";
// @ts-types="./ws.d.ts"
import { type WebSocket, WebSocketServer } from "ws";
import { makeTestCertificate, type TestCertificate } from "../../../scripts/peers/certificate.ts";
import type { Endpoint } from "./endpoints.ts";

/** The server's end of a WebSocket. */
export type ServerSocket = WebSocket & { send(data: Uint8Array | string): void };

/** What an HTTPS server of a test does. */
export interface HttpsScript {
  /** Answers a path with status, headers and body; 404 when `undefined`. */
  readonly get?: (path: string, port: number) => HttpsAnswer | undefined;
  /** Takes a WebSocket; none are taken when absent. */
  readonly socket?: (ws: ServerSocket) => void;
  /** The subprotocol it agrees on; "xmpp" unless told. */
  readonly protocol?: string | false;
}

/** An answer over HTTPS. */
export interface HttpsAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** An HTTPS server for "localhost" on 127.0.0.1. */
export async function httpsServer({ get, socket, protocol = "xmpp" }: HttpsScript): Promise<{
  endpoint: Endpoint;
  port: number;
  certificate: TestCertificate;
  asked: string[];
  stop: () => Promise<void>;
}> {
  const certificate = await makeTestCertificate("localhost");
  const asked: string[] = [];
  const open = new Set<{ destroy(): void }>();
  const server = createServer(
    { cert: certificate.certificatePem, key: certificate.keyPem },
    (request, response) => {
      const path = request.url ?? "";
      asked.push(path);
      const answer = get?.(path, port);
      response.writeHead(answer?.status ?? (answer === undefined ? 404 : 200), answer?.headers);
      response.end(answer?.body ?? "");
    },
  );
  server.on("connection", (raw: { destroy(): void; on(e: string, f: () => void): void }) => {
    open.add(raw);
    raw.on("close", () => open.delete(raw));
  });
  if (socket !== undefined) {
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => protocol });
    server.on("upgrade", (request: unknown, raw: unknown, head: unknown) => {
      sockets.handleUpgrade(request, raw, head, (ws) => {
        ws.on("error", () => {});
        socket(ws);
      });
    });
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as { port: number };
  return {
    endpoint: { host: "localhost", port, tls: "websocket", path: "/xmpp" },
    port,
    certificate,
    asked,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const raw of open) raw.destroy();
      await closed;
    },
  };
}
