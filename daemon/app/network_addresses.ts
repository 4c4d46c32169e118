/** At most so many addresses stand in an invitation. */
const MOST = 6;

/** This machine's addresses that others may reach: IPv4 first, no loopback, no link-local. */
export function networkAddresses(): string[] {
  const usable = Deno.networkInterfaces().filter(({ address }) =>
    !address.startsWith("127.") && address !== "::1" && !address.startsWith("169.254.") &&
    !address.toLowerCase().startsWith("fe80:")
  );
  const ordered = [
    ...usable.filter(({ family }) => family === "IPv4"),
    ...usable.filter(({ family }) => family === "IPv6"),
  ];
  return [...new Set(ordered.map(({ address }) => address))].slice(0, MOST);
}
