/** Requests to the local API: JSON in, JSON out, errors as {@link ApiError}. */

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
  const init: RequestInit = {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    signal: AbortSignal.timeout(REQUEST_MS),
    cache: "no-store",
  };
  if (body !== undefined) init.body = JSON.stringify(body);
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (cause) {
    throw new ApiError("unreachable", cause instanceof Error ? cause.message : String(cause), 0);
  }
  if (!answer.ok) {
    if (answer.status === 401) sessionLost();
    throw await refusal(answer);
  }
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

async function refusal(answer: Response): Promise<ApiError> {
  try {
    const { error } = await answer.json() as { error: { code: string; message: string } };
    return new ApiError(error.code, error.message, answer.status);
  } catch {
    return new ApiError("bad-answer", `${answer.status} ${answer.statusText}`, answer.status);
  }
}
