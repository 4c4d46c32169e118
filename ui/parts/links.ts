/** A part of a text: a link to open, or words as they are. */
export type Part = { text: string; href: string | null };

/** Links of one text; what comes after stays words. */
const MOST_LINKS = 100;
const URLS = /https:\/\/[^\s\p{C}\p{Z}<>"]+/giu;

/**
 * The https URLs of a text. A link is shown as it was written only where the host is what is opened:
 * else as the browser reads it, the host in Punycode. One with a name before its host, which may look
 * like a host itself, is no link.
 */
export function linksIn(body: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  let found = 0;
  const words = (text: string) => text !== "" && parts.push({ text, href: null });
  for (const { 0: match, index } of body.matchAll(URLS)) {
    const written = withoutEnd(match);
    const url = URL.parse(written);
    if (url === null || url.hostname === "" || url.username !== "" || url.password !== "") continue;
    if (++found > MOST_LINKS) break;
    words(body.slice(end, index));
    const host = /^https:\/\/([^/?#\\]*)/i.exec(written)?.[1]?.toLowerCase();
    parts.push({ text: host === url.host ? written : url.href, href: url.href });
    end = index + written.length;
  }
  words(body.slice(end));
  return parts;
}

/** Without what ends a sentence, and a bracket that was opened before the URL. */
function withoutEnd(url: string): string {
  let end = url.length;
  let open = url.split("(").length - url.split(")").length;
  for (; end > 0; end--) {
    const last = url[end - 1]!;
    if (last === ")" && open < 0) open++;
    else if (!".,;:!?'*_~]}’”»".includes(last)) break;
  }
  return url.slice(0, end);
}
