/**
 * Whose address this is, as far as limits go: an IPv4 address itself, of an IPv6 one the first 64
 * bits, which one subscriber has all to themselves (RFC 6177).
 */
export function networkOf(address: string): string {
  const [bare = ""] = address.toLowerCase().split("%", 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  if (mapped !== undefined || !bare.includes(":")) return mapped ?? bare;
  const [head = "", tail] = bare.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - last.length);
  const all = [...groups, ...Array<string>(zeros).fill("0"), ...last];
  return `${all.slice(0, 4).map((each) => each.replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
