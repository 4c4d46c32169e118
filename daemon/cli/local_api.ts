import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { SimppdError, utf8 } from "../base/mod.ts";
import type { AppEvent } from "../views/mod.ts";
import { type ApiFile, notRunning, readApiFile } from "./api_file.ts";

/** How long an answer may take, in ms: setting up an account is the slowest. */
const PATIENCE = 60_000;
/** The same where a whole backup is sent. */
const LONG_PATIENCE = 15 * 60_000;

const JSON_TYPE = { "content-type": "application/json" };

/**
 * The running daemon's API. It uses node:http because fetch() would hand the token to whatever
 * HTTP_PROXY names.
 */
export class LocalApi {
  readonly #state: string;
  readonly #file: ApiFile;

  private constructor(state: string, file: ApiFile) {
    this.#state = state;
    this.#file = file;
  }

  /** @throws SimppdError `not-running` */
  static async open(state: string): Promise<LocalApi> {
    return new LocalApi(state, await readApiFile(state));
  }

  /** @throws SimppdError with the daemon's code, or `not-running` */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const sent = body === undefined ? new Uint8Array() : utf8(JSON.stringify(body));
    // A DELETE would otherwise be sent without its body.
    const headers = body === undefined ? {} : { ...JSON_TYPE, "content-length": `${sent.length}` };
    return await answerOf<T>(
      await this.#request(method, path, headers, [sent], AbortSignal.timeout(PATIENCE)),
    );
  }

  /** Asks with JSON and takes the answer as it comes. @throws SimppdError as {@link ask} does */
  async download(path: string, body: unknown): Promise<AsyncIterable<Uint8Array>> {
    const sent = [utf8(JSON.stringify(body))];
    const signal = AbortSignal.timeout(LONG_PATIENCE);
    const response = await this.#request("POST", path, JSON_TYPE, sent, signal);
    return response.statusCode === 200 ? response : await answerOf<never>(response);
  }

  /** Sends bytes as they come. @throws SimppdError as {@link ask} does */
  async upload<T>(
    path: string,
    headers: Record<string, string>,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<T> {
    const type = { ...headers, "content-type": "application/octet-stream" };
    const signal = AbortSignal.timeout(LONG_PATIENCE);
    return await answerOf<T>(await this.#request("POST", path, type, bytes, signal));
  }

  /**
   * The daemon's events from now on: the stream is open when this resolves.
   * @param signal ends them
   */
  async events(signal: AbortSignal): Promise<AsyncGenerator<AppEvent, void, void>> {
    return eventsOf(await this.#request("GET", "/api/events", {}, [], signal));
  }

  #request(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { url, token } = this.#file;
    return new Promise((resolve, reject) => {
      const outgoing = request(url + path, {
        method,
        agent: false,
        signal,
        headers: { authorization: `Bearer ${token}`, ...headers },
      }, resolve);
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ECONNREFUSED") reject(notRunning(this.#state));
        else if (signal.aborted) reject(tooLong(error));
        else reject(new SimppdError("no-answer", "simppd ended the connection.", error));
      });
      // An answer that comes before all was sent (a refusal) is heard through `resolve`.
      pipeline(body, outgoing).catch(() => {});
    });
  }
}

/** The JSON of an answer. @throws SimppdError with the daemon's code, or `not-running` */
async function answerOf<T>(response: IncomingMessage): Promise<T> {
  const content = await textOf(response);
  if (response.statusCode === 204) return undefined as T;
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (error) {
    throw new SimppdError("not-running", "Something other than simppd answered.", error);
  }
  if (response.statusCode === 200) return parsed as T;
  const { error } = parsed as { error: { code: string; message: string } };
  throw new SimppdError(error.code, error.message);
}

function tooLong(cause: unknown): SimppdError {
  return new SimppdError("no-answer", "simppd did not answer in time.", cause);
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) text += chunk;
  return text;
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<AppEvent, void, void> {
  let type = "";
  try {
    for await (const line of createInterface({ input: response })) {
      if (line.startsWith("event: ")) type = line.slice(7);
      else if (line.startsWith("data: ")) {
        yield { type, data: JSON.parse(line.slice(6)) } as AppEvent;
      }
    }
  } finally {
    response.destroy();
  }
}

/** `/api/contacts/…` of a JID. */
export function contactPath(jid: string, rest = ""): string {
  return `/api/contacts/${encodeURIComponent(jid)}${rest}`;
}

/** `/api/calls/…` of a call. */
export function callPath(id: string, rest = ""): string {
  return `/api/calls/${encodeURIComponent(id)}${rest}`;
}
