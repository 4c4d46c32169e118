import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Exchange } from "./exchange.ts";

/** Answers one request. */
export type WebHandler = (exchange: Exchange) => void | Promise<void>;
/** Takes a connection over; `head` is what came after the request's headers. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Uint8Array) => void;

/** What the server's extensions do over HTTPS. */
export class Web {
  /** Does the server listen for HTTPS at all? Known before it does. */
  readonly enabled: boolean;
  /** Where others reach it, without a "/" at the end; "" until it listens. */
  url = "";
  #routes: { path: string; handler: WebHandler }[] = [];
  #upgrades = new Map<string, UpgradeHandler>();

  constructor(enabled: boolean) {
    this.enabled = enabled;
  }

  /** @param path ends with "/" to stand for all below it */
  route(path: string, handler: WebHandler): void {
    this.#routes.push({ path, handler });
  }

  upgrade(path: string, handler: UpgradeHandler): void {
    this.#upgrades.set(path, handler);
  }

  upgradeHandler(path: string): UpgradeHandler | undefined {
    return this.#upgrades.get(path);
  }

  async handle(exchange: Exchange): Promise<void> {
    const { path } = exchange;
    const route = this.#routes.find((route) =>
      route.path.endsWith("/") ? path.startsWith(route.path) : path === route.path
    );
    if (route === undefined) return exchange.say(404, "Nothing is here.");
    await route.handler(exchange);
  }
}

/** A domain as URLs write it: labels beyond ASCII as Punycode. */
export function asciiHost(domain: string): string {
  return URL.parse(`https://${domain}`)?.hostname ?? domain;
}
