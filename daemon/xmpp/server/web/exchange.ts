import type { IncomingMessage, ServerResponse } from "node:http";
import { steadyNow, utf8 } from "../../../base/mod.ts";
import type { WebLimits } from "./limits.ts";

/** How long who was refused may go on sending: a reset would lose them our answer. */
const LINGER_MS = 2_000;

/** One request and its answer. Whoever is silent or slow is ended by {@link late}. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** As it came, percent-encoded, without the query; begins with "/". */
  readonly path: string;
  readonly #limits: WebLimits;
  #movedAt = steadyNow();
  #endBy: number;
  #awaitsContinue: boolean;

  /** @param awaitsContinue the client sends its body when told to (RFC 9110 section 10.1.1) */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    limits: WebLimits,
    awaitsContinue: boolean,
  ) {
    this.request = request;
    this.response = response;
    this.path = (request.url ?? "").split("?", 1)[0]!;
    this.#limits = limits;
    this.#endBy = steadyNow() + limits.httpsStallMs;
    this.#awaitsContinue = awaitsContinue;
  }

  get method(): string {
    return this.request.method ?? "";
  }

  /** A header that stands once. */
  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === "string" ? value : undefined;
  }

  /** So many bytes may come or go: it gets the time for them. */
  allow(bytes: number): void {
    this.#endBy = steadyNow() + this.#limits.httpsStallMs +
      bytes / this.#limits.httpsSlowestRate * 1000;
  }

  /** Some bytes came or went. */
  moved(): void {
    this.#movedAt = steadyNow();
  }

  late(now: number): boolean {
    return now > this.#endBy || now > this.#movedAt + this.#limits.httpsStallMs;
  }

  /** Tells a client that waits for it to send its body. */
  proceed(): void {
    if (this.#awaitsContinue) this.response.writeContinue();
    this.#awaitsContinue = false;
  }

  /** Writes the whole answer. What of the request's body was not read ends the connection. */
  answer(status: number, headers: Record<string, string> = {}, body = ""): void {
    const { request, response } = this;
    if (response.headersSent || response.destroyed) return;
    const bytes = utf8(body);
    const { "content-length": length = "0", "transfer-encoding": coding } = request.headers;
    const unread = (coding !== undefined || length !== "0") && !request.complete;
    response.writeHead(status, {
      "x-content-type-options": "nosniff",
      "content-length": String(bytes.length),
      ...(unread ? { connection: "close" } : {}),
      ...headers,
    });
    if (this.method === "HEAD") return void response.end();
    if (!unread || this.#awaitsContinue) return void response.end(bytes);
    this.#endBy = Math.min(this.#endBy, steadyNow() + LINGER_MS);
    response.flushHeaders();
    if (bytes.length > 0) response.write(bytes);
    request.once("end", () => response.end());
    request.resume();
  }

  /** An answer with a line of text for people. */
  say(status: number, text: string, headers: Record<string, string> = {}): void {
    this.answer(status, { "content-type": "text/plain; charset=utf-8", ...headers }, `${text}\n`);
  }

  /** Ends the connection without a word. */
  abort(): void {
    this.request.socket.destroy();
  }
}
