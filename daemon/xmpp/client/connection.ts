import { logOf, SimppdError } from "../../base/mod.ts";
import { dial, type TlsTrust } from "./dial.ts";
import { type Endpoint, findEndpoints } from "./endpoints.ts";
import { type Credentials, establish, type Established } from "./establish.ts";
import { XmppStream } from "./stream.ts";
import { findWebSockets } from "./xep_0156_discovery.ts";
import type { StreamManagement } from "./xep_0198_sm.ts";

/** Time for one endpoint, from the first packet to the bound resource. */
const ATTEMPT_MS = 20_000;

/** Where to go, and whom to trust there. */
export interface Route {
  readonly domain: string;
  /** Looked up when absent. */
  readonly endpoints?: readonly Endpoint[];
  /** Tried before all others. */
  readonly first?: Endpoint | undefined;
  readonly trust: TlsTrust;
}

/** Errors that trying again does not mend. */
const PERMANENT = new Set([
  "account-disabled",
  "bad-credentials",
  "bad-password",
  "login-downgraded",
  "login-key-refused",
  "login-refused",
  "no-safe-login",
  "no-xmpp-service",
  "server-not-proven",
  "stream-conflict",
  "untrusted-certificate",
  "wrong-account",
]);

/** Whether trying again is of no use, or, as with a wrong password, even harmful. */
export function isPermanent(error: unknown): boolean {
  return error instanceof SimppdError && PERMANENT.has(error.code);
}

/**
 * Logs in at the first endpoint that works, and goes on with `previous` where the server lets us.
 * @throws what {@link firstOf} throws
 */
export async function openSession(
  route: Route,
  credentials: Credentials,
  previous: StreamManagement | undefined,
  signal: AbortSignal,
): Promise<Established & { endpoint: Endpoint }> {
  const from = credentials.account.toString();
  const once = () =>
    firstOf({ ...route, from }, signal, async (stream, endpoint) => ({
      ...await establish(stream, credentials, previous),
      endpoint,
    }));
  return await once().catch((error) => {
    // It is forgotten by now, and the password serves again. On a connection of its own: there are
    // servers that let nobody try a second time on the same.
    if (error instanceof SimppdError && error.code === "token-refused") return once();
    throw error;
  });
}

/**
 * Tries the endpoints in order until `use` succeeds on a stream, which then stays open. An answer of
 * the server itself, such as a wrong password, ends the round: it would be the same elsewhere.
 * @throws SimppdError the most telling of the failures
 */
export async function firstOf<T>(
  route: Route & { readonly from?: string },
  signal: AbortSignal,
  use: (stream: XmppStream, endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const { domain, trust, from } = route;
  let failure: unknown = new SimppdError("connection-failed", `${domain} has no endpoint to try.`);
  const failed = (error: unknown) => {
    // Of several failures a wrong certificate tells more than a closed port.
    if (!isPermanent(failure)) failure = error;
  };
  for await (const endpoint of candidates(route, signal, failed)) {
    const attempt = new AbortController();
    const abort = () => attempt.abort(signal.reason);
    const late = setTimeout(() => attempt.abort(), ATTEMPT_MS);
    signal.addEventListener("abort", abort, { once: true });
    let reached = false;
    try {
      signal.throwIfAborted();
      const transport = await dial(endpoint, domain, trust, attempt.signal);
      const stream = new XmppStream(transport, domain, from);
      reached = true;
      const drop = () => stream.abort();
      attempt.signal.addEventListener("abort", drop, { once: true });
      try {
        attempt.signal.throwIfAborted();
        return await use(stream, endpoint);
      } catch (error) {
        stream.refuse(error);
        await stream.close();
        throw error;
      } finally {
        attempt.signal.removeEventListener("abort", drop);
      }
    } catch (error) {
      signal.throwIfAborted();
      logOf("xmpp").debug("{host}:{port} failed: {error}", { ...endpoint, error });
      if (reached && (isPermanent(error) || isTokenRefused(error))) throw error;
      failed(error);
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", abort);
    }
  }
  throw failure;
}

/** TCP first, by SRV; where none of that works, WebSockets (RFC 7395), which pass where HTTPS does. */
async function* candidates(
  { domain, endpoints, first, trust }: Route,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): AsyncGenerator<Endpoint> {
  if (first !== undefined) yield first;
  if (endpoints !== undefined) return yield* endpoints;
  try {
    yield* await findEndpoints(domain, signal);
  } catch (error) {
    signal.throwIfAborted();
    failed(error);
  }
  yield* await findWebSockets(domain, trust, signal);
}

function isTokenRefused(error: unknown): boolean {
  return error instanceof SimppdError && error.code === "token-refused";
}
