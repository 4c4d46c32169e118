/** Groups of an IPv6 address that name a network; the rest is chosen by whoever lives in it. */
const NETWORK_GROUPS = 4;

/**
 * What counts as one address: an IPv4 address, also one that is written as IPv6; of IPv6 the /64,
 * since one machine has as many addresses within it as it likes (RFC 7721).
 */
export function addressOf(remote: string | undefined): string {
  const [address = ""] = (remote ?? "").toLowerCase().split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - last.length);
  const all = [...groups, ...Array<string>(zeros).fill("0"), ...last];
  return `${
    all.slice(0, NETWORK_GROUPS).map((group) => group.replace(/^0+(?=.)/, "")).join(":")
  }::/64`;
}
