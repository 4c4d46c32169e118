import { deedOf } from "../parts/deed.ts";
import { linksIn, type Part } from "../parts/links.ts";
import { text } from "../text/mod.ts";

export interface WordsProps {
  body: string;
  /** A URL that came beside it. */
  link: string | null;
  /** Who said it, for what is told of them. */
  who: string;
}

/**
 * What was said: `/me …` as what its sender does (XEP-0245), https URLs to open, a link that came
 * beside it below, unless the text says it.
 */
export function Words({ body, link, who }: WordsProps) {
  const deed = deedOf(body);
  const parts = linksIn(deed ?? body);
  const beside = link !== null && body.trim() !== link && parts.every(({ href }) => href !== link);
  return (
    <>
      <p class={deed === undefined ? "bubble-text" : "bubble-text bubble-deed"} dir="auto">
        {deed !== undefined && (
          <>
            * <bdi>{who}</bdi>
            {" "}
          </>
        )}
        {parts.map(Said)}
      </p>
      {beside && <Beside url={link} />}
    </>
  );
}

function Said({ text, href }: Part) {
  return href === null ? text : <Link href={href} text={text} />;
}

/** Opened by a click alone, in a tab that knows nothing of this one; nothing of it is fetched. */
function Link({ href, text: shown }: { href: string; text: string }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" dir="ltr">
      {shown}
      <span class="visually-hidden">({text.chat.newTab})</span>
    </a>
  );
}

/**
 * A URL as the daemon wrote it, its host in Punycode. Only https can be opened, and only by a click;
 * nor can one with a name before its host, which may look like a host itself.
 */
function Beside({ url }: { url: string }) {
  const parsed = URL.parse(url);
  const opens = parsed?.protocol === "https:" && parsed.username === "" && parsed.password === "";
  return <p class="bubble-link" dir="ltr">{opens ? <Link href={url} text={url} /> : url}</p>;
}
