import { logOf, SimppdError } from "../../base/mod.ts";
import type { Jid } from "../core/mod.ts";
import { dial, type TlsTrust } from "./dial.ts";
import { type Endpoint, findEndpoints } from "./endpoints.ts";
import { bind, login } from "./login.ts";
import type { LoginOutcome, LoginSecret } from "./sasl.ts";
import { XmppStream } from "./stream.ts";

/** Time for one endpoint, from the first packet to the bound resource. */
const ATTEMPT_MS = 20_000;

/** What it takes to log in. */
export interface Credentials {
  readonly account: Jid;
  readonly secret: LoginSecret;
  readonly resource: string;
}

/** Where to go, and whom to trust there. */
export interface Route {
  readonly domain: string;
  /** Looked up when absent. */
  readonly endpoints?: readonly Endpoint[];
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

/** Logs in at the first endpoint that works. @throws what {@link firstOf} throws */
export function openSession(
  route: Route,
  { account, secret, resource }: Credentials,
  signal: AbortSignal,
): Promise<{ stream: XmppStream; jid: Jid; outcome: LoginOutcome }> {
  return firstOf(route, signal, async (stream) => {
    const { features, outcome } = await login(stream, await stream.open(), account, secret);
    if (features.getChild("bind") === undefined) {
      throw new SimppdError("login-refused", "The server offers no resource binding.");
    }
    return { stream, jid: await bind(stream, account, resource), outcome };
  });
}

/**
 * Tries the endpoints in order until `use` succeeds on a stream, which then stays open. An answer of
 * the server itself, such as a wrong password, ends the round: it would be the same elsewhere.
 * @throws SimppdError the most telling of the failures
 */
export async function firstOf<T>(
  { domain, endpoints, trust }: Route,
  signal: AbortSignal,
  use: (stream: XmppStream) => Promise<T>,
): Promise<T> {
  let failure: unknown = new SimppdError("connection-failed", `${domain} has no endpoint to try.`);
  for (const endpoint of endpoints ?? await findEndpoints(domain, signal)) {
    const attempt = new AbortController();
    const abort = () => attempt.abort(signal.reason);
    const late = setTimeout(() => attempt.abort(), ATTEMPT_MS);
    signal.addEventListener("abort", abort, { once: true });
    let reached = false;
    try {
      signal.throwIfAborted();
      const stream = new XmppStream(await dial(endpoint, domain, trust, attempt.signal), domain);
      reached = true;
      const drop = () => stream.abort();
      attempt.signal.addEventListener("abort", drop, { once: true });
      try {
        attempt.signal.throwIfAborted();
        return await use(stream);
      } catch (error) {
        await stream.close();
        throw error;
      } finally {
        attempt.signal.removeEventListener("abort", drop);
      }
    } catch (error) {
      signal.throwIfAborted();
      logOf("xmpp").debug("{host}:{port} failed: {error}", { ...endpoint, error });
      if (reached && isPermanent(error)) throw error;
      // Of several failures a wrong certificate tells more than a closed port.
      if (!isPermanent(failure)) failure = error;
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", abort);
    }
  }
  throw failure;
}
