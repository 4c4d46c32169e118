import { SimppdError } from "../../base/mod.ts";

/**
 * SASLprep (RFC 4013) of a user name or password, in a practical subset: other spaces become a
 * space, what is "commonly mapped to nothing" goes, then NFKC; ASCII stays as it is.
 * @throws SimppdError `bad-credentials` on empty text, control characters and lone surrogates
 */
export function saslprep(text: string): string {
  const prepared = text
    .replace(/[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]/g, " ")
    .replace(/[\u00AD\u034F\u1806\u180B-\u180D\u200B-\u200D\u2060\uFE00-\uFE0F\uFEFF]/g, "")
    .normalize("NFKC");
  if (prepared === "" || /[\p{Cc}\p{Cs}\p{Co}\uFFFE\uFFFF]/u.test(prepared)) {
    throw new SimppdError(
      "bad-credentials",
      "A user name or password is empty or holds control characters.",
    );
  }
  return prepared;
}
