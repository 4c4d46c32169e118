import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { SimppdError, toBase64Url, utf8 } from "../base/mod.ts";
import { equal } from "../crypto/mod.ts";
import { doorProof } from "../http/mod.ts";
import { lockOf } from "../store/mod.ts";
import type { AppEvent } from "../views/mod.ts";
import { type ApiFile, notRunning, readApiFile } from "./api_file.ts";

/** How long an answer may take, in ms: setting up an account is the slowest. */
const PATIENCE = 60_000;
/** The same where a whole backup is sent. */
const LONG_PATIENCE = 15 * 60_000;

const JSON_TYPE = { "content-type": "application/json" };

/** What something that is not simppd may keep us waiting for, in ms, and say, in characters. */
const PROOF_PATIENCE = 10_000;
const PROOF_BYTES = 4096;

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

  /**
   * Finds the daemon and has it prove itself: after one that was killed, api.json names a port that
   * anybody may listen on by now, and would be told our token and what we ask.
   * @throws SimppdError `not-running`
   */
  static async open(state: string): Promise<LocalApi> {
    if (await lockOf(state) !== "held") throw notRunning(state);
    const api = new LocalApi(state, await readApiFile(state));
    await api.#haveProved();
    return api;
  }

  /** Where it answers: the dashboard's address, without a way in. */
  get url(): string {
    return this.#file.url;
  }

  /** @throws SimppdError `not-running` when what listens does not know the token */
  async #haveProved(): Promise<void> {
    const { url, token } = this.#file;
    const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
    const signal = AbortSignal.timeout(PROOF_PATIENCE);
    const sent = [utf8(JSON.stringify({ nonce }))];
    const response = await this.#request("POST", "/api/proof", JSON_TYPE, sent, signal, {});
    let proof: unknown;
    try {
      ({ proof } = JSON.parse(await textOf(response, PROOF_BYTES)));
    } catch { /* not simppd's way of speaking: no proof */ }
    const expected = doorProof(token, Number(new URL(url).port), nonce);
    if (typeof proof !== "string" || !equal(utf8(proof), utf8(expected))) {
      throw new SimppdError(
        "not-running",
        `Something other than the simppd of ${this.#state} listens on ${url}; nothing was told ` +
          "to it. Start simppd anew with `simppd run`.",
      );
    }
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

  /** Takes bytes as they come. @throws SimppdError as {@link ask} does */
  async fetch(path: string): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#request("GET", path, {}, [], AbortSignal.timeout(LONG_PATIENCE));
    return response.statusCode === 200 ? response : await answerOf<never>(response);
  }

  /**
   * Sends bytes as they come.
   * @param size how many they are, where that is known: without it the daemon reads them in small
   * pieces, each waiting for the other side, and takes a hundred times as long
   * @throws SimppdError as {@link ask} does; `file-changed` when other than `size` bytes come
   */
  async upload<T>(
    path: string,
    headers: Record<string, string>,
    bytes: AsyncIterable<Uint8Array>,
    size?: number,
  ): Promise<T> {
    const length = size === undefined ? {} : { "content-length": String(size) };
    const type = { ...headers, ...length, "content-type": "application/octet-stream" };
    const signal = AbortSignal.timeout(LONG_PATIENCE);
    const body = size === undefined ? bytes : exactly(size, bytes);
    return await answerOf<T>(await this.#request("POST", path, type, body, signal));
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
    credentials: Record<string, string> = { authorization: `Bearer ${this.#file.token}` },
  ): Promise<IncomingMessage> {
    const { url } = this.#file;
    return new Promise((resolve, reject) => {
      const outgoing = request(url + path, {
        method,
        agent: false,
        signal,
        headers: { ...credentials, ...headers },
      }, resolve);
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ECONNREFUSED") reject(notRunning(this.#state));
        else if (signal.aborted) reject(tooLong(error));
        else reject(new SimppdError("no-answer", "simppd ended the connection.", error));
      });
      // An answer that comes before all was sent (a refusal) is heard through `resolve`.
      pipeline(body, outgoing).catch((error) => {
        if (!(error instanceof SimppdError)) return;
        outgoing.destroy();
        reject(error);
      });
    });
  }
}

/** What was announced, and not a byte more or less. @throws SimppdError `file-changed` */
async function* exactly(
  size: number,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let came = 0;
  for await (const piece of bytes) {
    came += piece.length;
    if (came > size) break;
    yield piece;
  }
  if (came !== size) {
    throw new SimppdError("file-changed", "The file changed while it was read; send it again.");
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

async function textOf(response: IncomingMessage, most = Infinity): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) {
    text += chunk;
    if (text.length > most) throw new SimppdError("no-answer", "The answer was too long.");
  }
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
  } catch (error) {
    throw new SimppdError("no-answer", "simppd ended.", error);
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
