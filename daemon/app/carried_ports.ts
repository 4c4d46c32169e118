import type { ServerView } from "../views/mod.ts";

/** Where the server listens first; another free port is taken when one is in use. */
const FIRST = { port: 5223, starttlsPort: 5222, httpsPort: 5443 } as const;
const KINDS = ["port", "starttlsPort", "httpsPort"] as const;
/** Places that an invitation may name. */
const MOST_PLACES = 8;

/** Ports of a carried server: direct TLS, STARTTLS, HTTPS. */
export interface Ports {
  readonly port: number;
  readonly starttlsPort?: number;
  readonly httpsPort?: number;
}

/** The ports to ask for at a start: those that people know, else the usual ones. */
export function portsToAskFor(known: Partial<Ports>): Required<Ports> {
  const { port, starttlsPort, httpsPort } = { ...FIRST, ...known };
  return { port, starttlsPort, httpsPort };
}

/** The ports of a server, without what is absent. */
export function portsOf({ port, starttlsPort, httpsPort }: {
  readonly port: number;
  readonly starttlsPort?: number | undefined;
  readonly httpsPort?: number | undefined;
}): Ports {
  return {
    port,
    ...(starttlsPort === undefined ? {} : { starttlsPort }),
    ...(httpsPort === undefined ? {} : { httpsPort }),
  };
}

/**
 * The ports that people know: those of before, whatever had to be taken in their place now; for who
 * joined by an invitation looks for the server there.
 */
export function knownPorts(before: Partial<Ports>, now: Ports): Ports {
  const known = { ...now };
  for (const kind of KINDS) {
    const port = before[kind];
    if (port !== undefined && port !== 0) known[kind] = port;
  }
  return known;
}

/** Ports that people know and another program has, each with the one in its place. */
export function takenPorts(known: Partial<Ports>, now: Ports): NonNullable<ServerView["taken"]> {
  return KINDS.flatMap((kind) => {
    const [port, instead] = [known[kind], now[kind]];
    return port === undefined || instead === undefined || port === instead
      ? []
      : [{ kind, port, instead }];
  });
}

/** The ports that people know where they are free on `host` now, else those in their place. */
export function freeAgain(known: Partial<Ports>, now: Ports, host: string): Ports {
  const back = { ...now };
  for (const { kind, port } of takenPorts(known, now)) if (isFree(host, port)) back[kind] = port;
  return back;
}

function isFree(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch {
    return false;
  }
}

/** Places in invitations: where it is now, then where it will be again; few enough for a link. */
export function placesOf<T extends { host: string; port: number }>(
  at: (port: number) => T[],
  now: number,
  known: number,
): T[] {
  return now === known ? at(now) : [...at(now), ...at(known)].slice(0, MOST_PLACES);
}

/** What the owner is told of taken ports, and what to do; undefined when none is. */
export function whatIsTaken({ taken = [] }: ServerView): string | undefined {
  if (taken.length === 0) return undefined;
  const each = taken.map(({ port, instead }) => `${port} (the server listens on ${instead})`);
  const lost = taken.some(({ kind }) => kind === "port")
    ? "Who joined by your invitations looks for the server there, and does not reach you."
    : "Other programs, and files that were sent, look for the server there.";
  const [is, it] = taken.length === 1 ? ["Port", "it is"] : ["Ports", "they are"];
  return `${is} taken by another program: ${each.join(", ")}. ${lost} ` +
    `End that program: simppd goes back by itself as soon as ${it} free.`;
}
