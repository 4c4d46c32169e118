import { deedOf } from "../parts/deed.ts";
import { text } from "../text/mod.ts";

export interface WordsProps {
  body: string;
  /** A URL that came beside it. */
  link: string | null;
  /** Who said it, for what is told of them. */
  who: string;
}

/** What was said: `/me …` as what its sender does (XEP-0245), a link that came beside it below. */
export function Words({ body, link, who }: WordsProps) {
  const deed = deedOf(body);
  const told = link === null || !isJust(body, link);
  return (
    <>
      {told && (
        <p class={deed === undefined ? "bubble-text" : "bubble-text bubble-deed"} dir="auto">
          {deed === undefined ? body : (
            <>
              * <bdi>{who}</bdi> {deed}
            </>
          )}
        </p>
      )}
      {link !== null && <Link url={link} />}
    </>
  );
}

/**
 * A URL as the daemon wrote it, its host in Punycode. Only https can be opened, and only by a click;
 * nor can one with a name before its host, which may look like a host itself.
 */
function Link({ url }: { url: string }) {
  const parsed = URL.parse(url);
  const opens = parsed?.protocol === "https:" && parsed.username === "" && parsed.password === "";
  return (
    <p class="bubble-link" dir="ltr">
      {opens
        ? (
          <a href={url} target="_blank" rel="noopener noreferrer">
            {url}
            <span class="visually-hidden">({text.chat.newTab})</span>
          </a>
        )
        : url}
    </p>
  );
}

/** Does a text say the link and nothing else? */
function isJust(body: string, link: string): boolean {
  return /^[\x21-\x7e]+$/.test(body.trim()) && URL.parse(body.trim())?.href === link;
}
