/** Requests to the local API: JSON in, JSON out, errors as {@link ApiError}. */

import { forgetPage, pageHeader } from "./page.ts";

/** What the daemon answered when it refused, or what kept us from asking. */
export class ApiError extends Error {
  override name = "ApiError";

  /**
   * @param code stable code of the daemon's error, or `unreachable` when no answer came
   * @param message a sentence a person can act on
   * @param status HTTP status, 0 when no answer came
   */
  constructor(readonly code: string, message: string, readonly status: number) {
    super(message);
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Longest a request may take; signing in at a far server is the slowest thing asked. */
const REQUEST_MS = 60_000;

let sessionLost: () => void = () => {};

/** Sets what happens when the daemon says that this page has no session. */
export function onSessionLost(act: () => void): void {
  sessionLost = act;
}

/**
 * Asks the daemon.
 *
 * @throws ApiError when the daemon refuses or cannot be reached
 */
export async function request<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const answer = await ask(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    signal: AbortSignal.timeout(REQUEST_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** Asks with JSON for a file. @throws ApiError as {@link request} does */
export async function download(path: string, body: unknown): Promise<Blob> {
  const headers = { "Content-Type": "application/json" };
  const answer = await ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  try {
    return await answer.blob();
  } catch (cause) {
    throw unreachable(cause);
  }
}

/** All bytes of an answer. @throws ApiError as {@link request} does */
export async function fetchBytes(path: string): Promise<ArrayBuffer> {
  const answer = await ask(path, { method: "GET", headers: {} });
  try {
    return await answer.arrayBuffer();
  } catch (cause) {
    throw unreachable(cause);
  }
}

/** Sends a file. @throws ApiError as {@link request} does */
export async function upload<T>(
  path: string,
  file: Blob,
  headers: Record<string, string>,
): Promise<T> {
  const type = { ...headers, "Content-Type": "application/octet-stream" };
  return await (await ask(path, { method: "POST", headers: type, body: file })).json() as T;
}

/** An answer that is not a refusal. */
async function ask(
  path: string,
  init: RequestInit & { headers: Record<string, string> },
): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      ...init,
      headers: { ...init.headers, ...pageHeader() },
      cache: "no-store",
    });
  } catch (cause) {
    throw unreachable(cause);
  }
  if (!answer.ok) {
    // A launch link that was refused says nothing about the session this page may have.
    if (answer.status === 401 && path !== "/api/session") {
      forgetPage();
      sessionLost();
    }
    throw await refusal(answer);
  }
  return answer;
}

function unreachable(cause: unknown): ApiError {
  return new ApiError("unreachable", cause instanceof Error ? cause.message : String(cause), 0);
}

async function refusal(answer: Response): Promise<ApiError> {
  try {
    const { error } = await answer.json() as { error: { code: string; message: string } };
    return new ApiError(error.code, error.message, answer.status);
  } catch {
    return new ApiError("bad-answer", `${answer.status} ${answer.statusText}`, answer.status);
  }
}
