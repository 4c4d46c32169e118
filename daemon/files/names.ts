import { utf8 } from "../base/mod.ts";

/** The longest name, in bytes of UTF-8: file systems take 255, and " (10000)" must fit. */
const MOST_BYTES = 200;
/** An ending this long is no ending but part of the name. */
const MOST_ENDING = 16;
const FALLBACK = "file";

/**
 * Controls, direction marks and what else cannot be seen, such as selectors of variations and the
 * empty pattern of braille; separators of lines; lone surrogates.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]/gu;
/** What a file system, a shell or Windows takes for something else. */
const SPECIAL = /[<>:"|?*]/g;
/** What makes a program take a name for an option, or a shell for somebody's home. */
const LEADING = /^[-~]/;
/** Devices of Windows, whatever their ending. */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)(\s*\.|$)/i;

/**
 * A name under which a file can be shown and saved, whatever it was called: no folders, nothing
 * unseen, nothing special to a file system. It gives what it made for itself, unchanged.
 */
export function safeName(name: string): string {
  const last = name.normalize("NFC").split(/[\\/]/).at(-1)!;
  // What was taken out may have stood between two characters that are one together.
  const seen = last.replace(UNSEEN, "").normalize("NFC").replace(/\p{Zs}+/gu, " ");
  // Neither hidden nor with an end that Windows drops.
  const plain = trimmed(seen.replace(SPECIAL, "_")).replace(LEADING, "_");
  const named = RESERVED.test(plain) ? `_${plain}` : plain;
  return trimmed(shortened(named)) || FALLBACK;
}

/** The name, or else "name (2).txt" and so on: the first that is not `taken`. */
export function freeName(name: string, taken: (name: string) => boolean): string {
  const safe = safeName(name);
  const ending = endingOf(safe);
  const stem = safe.slice(0, safe.length - ending.length);
  let free = safe;
  for (let number = 2; taken(free); number++) free = `${stem} (${number})${ending}`;
  return free;
}

/** The ending with its dot, "" when there is none. */
export function endingOf(name: string): string {
  const ending = /\.[^.\s]+$/u.exec(name)?.[0] ?? "";
  return ending.length > MOST_ENDING || ending.length === name.length ? "" : ending;
}

function trimmed(name: string): string {
  return name.replace(/^[.\s]+|[.\s]+$/g, "");
}

/** Cut in the middle of a character it is not, and its ending stays. */
function shortened(name: string): string {
  if (utf8(name).length <= MOST_BYTES) return name;
  const ending = endingOf(name);
  let left = MOST_BYTES - utf8(ending).length;
  let stem = "";
  for (const character of name.slice(0, name.length - ending.length)) {
    left -= utf8(character).length;
    if (left < 0) break;
    stem += character;
  }
  return stem.trimEnd() + ending;
}
