/** Bytes of a name, percent-encoded as it stands in the URL. */
const MAX_BYTES = 300;

/**
 * What people may name a file, as a name no shell, disk or browser stumbles over: no separators, no
 * control or bidirectional marks, no leading dots.
 * @returns undefined when nothing of it is left
 */
export function safeFileName(wanted: string): string | undefined {
  const name = wanted.toWellFormed().normalize("NFC")
    // deno-lint-ignore no-control-regex
    .replace(/[\x00-\x1f\x7f-\x9f/\\<>:"|?*%;\u2028\u2029\ufffd]|\p{Cf}/gu, "_")
    .replace(/^[.\s]+|[.\s]+$/gu, "");
  if (name === "") return undefined;
  const dot = name.lastIndexOf(".");
  const ending = dot > 0 && name.length - dot <= 12 ? name.slice(dot) : "";
  let stem = name.slice(0, name.length - ending.length);
  while (encodeURIComponent(stem + ending).length > MAX_BYTES) {
    stem = [...stem].slice(0, -1).join("");
  }
  return stem + ending;
}

/** `Content-Disposition` that has a browser save the file under `name` (RFC 6266). */
export function asAttachment(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\]/g, "_");
  const encoded = encodeURIComponent(name)
    .replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
