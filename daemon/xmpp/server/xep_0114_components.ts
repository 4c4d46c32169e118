import type { Socket } from "node:net";
import { logOf, SimppdError } from "../../base/mod.ts";
import { Jid, StreamError } from "../core/mod.ts";
import { type ComponentHost, ComponentStream } from "./stream/component_stream.ts";
import type { Host } from "./host.ts";
import { Listener } from "./stream/listener.ts";

/** Where components connect, and which there may be. */
export interface ComponentOptions {
  /** The streams are in clear: an address of loopback, or of a network that is one's own. */
  readonly host: string;
  readonly port: number;
  readonly domains: readonly { readonly domain: string; readonly secret: string }[];
}

/** Connections at one time, those without proof among them. */
const MOST = 64;
const SHORTEST_SECRET = 8;

/** Takes connections of components and makes services of them (XEP-0114). */
export class Components implements ComponentHost {
  readonly host: Host;
  readonly #secrets = new Map<string, string>();
  readonly #streams = new Map<ComponentStream, () => void>();
  #listener: Listener | undefined;

  /** @throws SimppdError `bad-component` */
  constructor(host: Host, { domains }: ComponentOptions) {
    this.host = host;
    for (const { domain, secret } of domains) {
      const jid = Jid.tryParse(domain);
      const taken = jid?.domain === host.domain.domain ||
        host.services.get(jid?.domain ?? "") !== undefined;
      if (jid === undefined || jid.local !== "" || jid.resource !== "" || taken) {
        throw new SimppdError(
          "bad-component",
          `"${domain}" cannot be a component's domain: expected one of its own, such as ` +
            `keys.${host.domain}.`,
        );
      }
      if (secret.length < SHORTEST_SECRET) {
        throw new SimppdError(
          "bad-component",
          `The secret of ${domain} has ${secret.length} characters; it needs ${SHORTEST_SECRET}.`,
        );
      }
      this.#secrets.set(jid.domain, secret);
    }
  }

  /** @throws SimppdError `cannot-listen` */
  async listen({ host, port }: ComponentOptions): Promise<number> {
    this.#listener = await Listener.open(host, port, (socket) => this.#accept(socket));
    return this.#listener.address.port;
  }

  secret(domain: string): string | undefined {
    return this.#secrets.get(domain);
  }

  /** The newer connection of a component takes the place of the older, which may be dead. */
  proved(stream: ComponentStream, domain: string): void {
    const before = this.host.services.get(domain);
    this.#streams.set(stream, this.host.services.add(domain, stream));
    logOf("xmpp-server").info("component {domain} is here", { domain });
    if (before instanceof ComponentStream) {
      before.fail(new StreamError("conflict", "a newer connection of this component came"));
    }
  }

  closed(stream: ComponentStream): void {
    this.#streams.get(stream)?.();
    this.#streams.delete(stream);
  }

  close(): void {
    this.#listener?.close();
    for (const stream of [...this.#streams.keys()]) {
      stream.fail(new StreamError("system-shutdown"));
    }
  }

  #accept(socket: Socket): void {
    if (this.#streams.size >= MOST) {
      socket.on("error", () => {});
      socket.destroy();
      return;
    }
    this.#streams.set(new ComponentStream(this, socket), () => {});
  }
}
