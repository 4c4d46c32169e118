import { randomBytes } from "node:crypto";
import type { Bytes } from "../base/mod.ts";
import { addressText, type Candidate, isLoopback, type Via } from "./candidates.ts";
import { TOKEN_BYTES } from "./control.ts";

/** Addresses taken up besides the announced ones, because valid datagrams came from them. */
export const MAX_LEARNED = 4;

// Sixteen addresses by two ways, probed for longer than any round trip takes.
const MAX_PENDING = 512;
const LEARNED_PROBE_EVERY = 500;
/** A selected address whose last pong is older than this may be left for one that answers, ms. */
const STALE = 2_500;
/** Round trips this close are equal, ms. */
const EQUAL_RTT = 1;

/** A remote address and how packets leave for it, and what is known of that way. */
export interface Route {
  readonly host: string;
  readonly port: number;
  readonly via: Via;
  /** By our TURN server, or to an address of the peer's. */
  readonly relayed: boolean;
  readonly priority: number;
  /** Not announced by the peer, but seen (RFC 8445's peer-reflexive candidate). */
  readonly learned: boolean;
  /** Fastest round trip, ms; undefined until a pong came from here: not validated. */
  rttMs: number | undefined;
  pongAt: number;
  probedAt: number;
  /** Our address as the peer sees it from there. */
  local: string;
}

/**
 * Which of a peer's addresses are validated, and which one is used. An address counts only after
 * a pong with an unguessable token came from it to a ping sent to it (RFC 9000 section 8.2).
 */
export class Routes {
  readonly #routes = new Map<string, Route>();
  readonly #pending = new Map<string, { route: Route; sentAt: number }>();
  #selected: Route | undefined;

  /** @param ways by which packets to a host leave; directly alone when absent */
  constructor(
    candidates: readonly Candidate[],
    ways: (host: string) => readonly Via[] = () => ["direct"],
  ) {
    for (const candidate of candidates) {
      for (const via of ways(candidate.host)) this.#add(candidate, via, candidate.kind === "relay");
    }
  }

  get selected(): Route | undefined {
    return this.#selected;
  }

  get all(): Route[] {
    return [...this.#routes.values()];
  }

  /**
   * Notes that a valid datagram came from an address.
   * @returns the route to ping, when it is not the selected one and it is time to
   */
  heard(host: string, port: number, now: number, via: Via = "direct"): Route | undefined {
    const selected = this.#selected;
    const same = selected?.port === port && selected.host === host && selected.via === via;
    if (same) return undefined;
    const route = this.#routes.get(keyOf(host, port, via)) ?? this.#learn(host, port, via);
    return now - route.probedAt >= LEARNED_PROBE_EVERY ? route : undefined;
  }

  /** A fresh token for a ping to `route`; the oldest unanswered ones are forgotten. */
  ping(route: Route, now: number): Bytes {
    const token = new Uint8Array(randomBytes(TOKEN_BYTES));
    route.probedAt = now;
    this.#pending.set(token.toHex(), { route, sentAt: now });
    if (this.#pending.size > MAX_PENDING) {
      this.#pending.delete(this.#pending.keys().next().value!);
    }
    return token;
  }

  /**
   * Takes a pong's token.
   * @returns the ping it answers, or undefined when there is none, or it went to another address
   */
  pong(
    token: Uint8Array,
    host: string,
    port: number,
    via: Via = "direct",
  ): { route: Route; sentAt: number } | undefined {
    const key = token.toHex();
    const ping = this.#pending.get(key);
    if (ping === undefined) return undefined;
    const { route } = ping;
    if (route.host !== host || route.port !== port || route.via !== via) return undefined;
    this.#pending.delete(key);
    return ping;
  }

  /** Marks `route` as answering. */
  validated(route: Route, rttMs: number, local: string, now: number): void {
    route.rttMs = Math.min(route.rttMs ?? Infinity, rttMs);
    route.pongAt = now;
    route.local = local;
  }

  /**
   * Picks the validated address with the shortest round trip, a relayed one only when no other
   * answers; among equals one that is not loopback, then the peer's preference. Once picked, it
   * stays until it has stopped answering, or is relayed and one answers that is not.
   * @returns whether the selection changed
   */
  select(now: number): boolean {
    const before = this.#selected;
    const stays = before !== undefined && now - before.pongAt < STALE;
    if (stays && !before.relayed) return false;
    let best: Route | undefined;
    for (const route of this.#routes.values()) {
      if (route.rttMs === undefined || now - route.pongAt >= STALE) continue;
      if (best === undefined || better(route, best)) best = route;
    }
    if (best === undefined || best === before || stays && best.relayed) return false;
    this.#selected = best;
    return true;
  }

  #learn(host: string, port: number, via: Via): Route {
    const learned = this.all.filter((it) => it.learned && it !== this.#selected);
    if (learned.length >= MAX_LEARNED) {
      // The one unheard of for longest makes room; validated ones go last.
      learned.sort((a, b) => a.pongAt - b.pongAt || a.probedAt - b.probedAt);
      const { host, port, via } = learned[0]!;
      this.#routes.delete(keyOf(host, port, via));
    }
    return this.#add({ host, port, priority: 0 }, via, false, true);
  }

  #add(
    { host, port, priority }: Pick<Candidate, "host" | "port" | "priority">,
    via: Via,
    remoteRelay: boolean,
    learned = false,
  ): Route {
    const route: Route = {
      host,
      port,
      via,
      relayed: remoteRelay || via === "relay",
      priority,
      learned,
      rttMs: undefined,
      pongAt: -Infinity,
      probedAt: -Infinity,
      local: "",
    };
    this.#routes.set(keyOf(host, port, via), route);
    return route;
  }
}

function keyOf(host: string, port: number, via: Via): string {
  return `${via} ${addressText(host, port)}`;
}

function better(a: Route, b: Route): boolean {
  if (a.relayed !== b.relayed) return b.relayed;
  const difference = a.rttMs! - b.rttMs!;
  if (Math.abs(difference) > EQUAL_RTT) return difference < 0;
  if (isLoopback(a.host) !== isLoopback(b.host)) return isLoopback(b.host);
  return a.priority > b.priority;
}
