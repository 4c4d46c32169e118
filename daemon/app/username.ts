/**
 * A name for the local part of an address out of a person's nick: lower-case letters, digits, dots
 * and dashes; `fallback` when nothing is left of it.
 */
export function usernameOf(nick: string, fallback = "me"): string {
  const plain = nick.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9.-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 32) || fallback;
}
