import { SimppdError } from "../base/mod.ts";

const LONGEST = 32;

/**
 * A name for the local part of an address out of what people call something: lower-case letters,
 * digits, dots and dashes; `fallback` when nothing is left of it.
 */
export function usernameOf(called: string, fallback: string): string {
  const plain = called.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const part = plain.replace(/[^a-z0-9.-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "");
  return part.slice(0, LONGEST) || fallback;
}

/**
 * The local part of a new account's address: of the name chosen for it, else of the person's nick.
 * @throws SimppdError `bad-username` when no letter or digit of it can stand in one
 */
export function accountNameOf(nick: string, chosen: string | undefined): string {
  const name = usernameOf(chosen ?? nick, "");
  if (name !== "") return name;
  throw new SimppdError(
    "bad-username",
    `An address needs Latin letters or digits, and "${
      chosen ?? nick
    }" has none. Choose a name for ` +
      "the address too; yours stays as it is.",
  );
}
