import * as v from "valibot";
import { concat, fromUtf8, SimppdError } from "../base/mod.ts";

/** The largest JSON body taken, in bytes. */
export const BODY_LIMIT = 64 * 1024;
const BODY_TIME = 10_000;

/**
 * Reads a JSON body; an empty one counts as `{}`.
 * @throws SimppdError `too-large`, `too-slow`, `not-json`, `bad-input`
 */
export async function readJson(request: Request): Promise<unknown> {
  const bytes = await readBounded(request);
  if (bytes.length === 0) return {};
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new SimppdError(
      "not-json",
      "The body must be JSON, sent with Content-Type: application/json.",
    );
  }
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    throw new SimppdError("bad-input", "The body is not valid JSON in UTF-8.");
  }
}

/** @throws SimppdError `bad-input` naming the field, what was expected and what came */
export function validated<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  where: "body" | "query",
): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  throw new SimppdError(
    "bad-input",
    sentence(issue, field === null ? `The ${where}` : `"${field}"`),
  );
}

/** What is wrong with a field, in words a person can act on. */
function sentence(issue: v.BaseIssue<unknown>, field: string): string {
  if (issue.expected === "never") return `${field} is not known here.`;
  if (issue.type === "min_length") return `${field} must not be empty.`;
  if (issue.type === "max_length") {
    return `${field} is too long: ${Number(issue.requirement)} characters fit.`;
  }
  return `${field}: ${issue.message}.`;
}

async function readBounded(request: Request): Promise<Uint8Array> {
  const tooLarge = () =>
    new SimppdError("too-large", `The body may have ${BODY_LIMIT} bytes at most.`);
  if (Number(request.headers.get("content-length") ?? 0) > BODY_LIMIT) throw tooLarge();
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {});
  }, BODY_TIME);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late) throw new SimppdError("too-slow", "The body took longer than 10 seconds to come.");
      if (done) return concat(...parts);
      size += value.length;
      if (size > BODY_LIMIT) {
        await reader.cancel();
        throw tooLarge();
      }
      parts.push(value);
    }
  } finally {
    clearTimeout(timer);
  }
}
