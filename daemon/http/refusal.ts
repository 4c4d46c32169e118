import type { ContentfulStatusCode } from "hono/utils/http-status";
import { logOf, publicError, SimppdError } from "../base/mod.ts";

const statuses: Readonly<Record<string, ContentfulStatusCode>> = {
  "account-exists": 409,
  "busy": 409,
  "foreign-request": 403,
  "internal": 500,
  "locked": 423,
  "method-not-allowed": 405,
  "no-account": 409,
  "not-found": 404,
  "not-json": 415,
  "not-locked": 409,
  "not-online": 409,
  "too-large": 413,
  "too-many-attempts": 429,
  "too-many-viewers": 503,
  "too-slow": 408,
  "unauthorized": 401,
  "wrong-host": 421,
  "wrong-passphrase": 403,
};

/** The HTTP status that fits an error's code; 422 for what no rule names. */
export function statusOf(code: string): ContentfulStatusCode {
  const known = statuses[code];
  if (known !== undefined) return known;
  if (code.startsWith("bad-")) return 400;
  if (code.startsWith("unknown-")) return 404;
  return 422;
}

/** `{error: {code, message}}` for any thrown value; what is internal goes to the log only. */
export function refusal(error: unknown): Response {
  const shown = publicError(error);
  if (!(error instanceof SimppdError)) {
    logOf("http").error("a request failed: {error}", { error });
  }
  return Response.json({ error: shown }, { status: statusOf(shown.code) });
}
