/** At most so many addresses stand in an invitation. */
const MOST = 6;
/** Addresses that mean every address there is. */
const EVERYWHERE = ["0.0.0.0", "::"];

/** A place that links name: direct TLS. */
type Place = { host: string; port: number };

/**
 * What invitations of a server that listens on `host` and `port` name, best first: `named`, where
 * its owner says that others reach it, then this machine's addresses where it listens on all. Of
 * loopback only where there is nothing else, since it leads every other machine to itself.
 */
export function reachableAt(host: string, port: number, named: readonly Place[]): Place[] {
  if (!EVERYWHERE.includes(host)) return [...named, { host, port }];
  const places = [...named, ...networkAddresses().map((host) => ({ host, port }))];
  return places.length > 0 ? places.slice(0, MOST) : [{ host: "127.0.0.1", port }];
}

/** Does a place lead every machine to itself? */
export function isLoopback({ host }: { host: string }): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

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
