import { Emitter } from "../../base/mod.ts";
import { el, type Element, Jid, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

const MAX_SERVICES = 32;
const MAX_TEXT = 512;
const TYPES = new Set(["stun", "turn", "stuns", "turns"]);

/** A STUN or TURN server that our server names. */
export interface ExternalService {
  readonly type: "stun" | "turn" | "stuns" | "turns";
  readonly host: string;
  readonly port: number;
  readonly transport: "udp" | "tcp";
  readonly username?: string;
  /** A secret. */
  readonly password?: string;
  /** Milliseconds since 1970. */
  readonly expires?: number;
  /** Does it want a name and a password? */
  readonly restricted: boolean;
}

/** External Service Discovery (XEP-0215): STUN and TURN of our own server. */
export class ExternalServices {
  /** The server says that they are others now: ask anew. */
  readonly changed: Emitter<void> = new Emitter();
  readonly #client: XmppClient;

  constructor(client: XmppClient) {
    this.#client = client;
    client.hooks.iq("set", "services", NS.externalServices, (iq) => {
      const from = Jid.tryParse(iq.attrs.from);
      const { jid } = client;
      const own = from?.toString() === jid.domain || from?.equals(jid.bare());
      if (!own) throw new StanzaError("cancel", "service-unavailable");
      this.changed.emit();
      return undefined;
    });
  }

  /** Those of one type, or all; none where the server knows of none. @throws SimppdError */
  async list(type?: ExternalService["type"]): Promise<ExternalService[]> {
    try {
      return await this.#ask("services", el("services", { xmlns: NS.externalServices, type }));
    } catch (error) {
      if (error instanceof StanzaError) return [];
      throw error;
    }
  }

  /**
   * The service with credentials to use it (section 4).
   * @throws StanzaError where the server gives none; SimppdError
   */
  async credentials(service: ExternalService): Promise<ExternalService | undefined> {
    const { host, port, type, transport } = service;
    const asked = el("service", { host, type, port: String(port) });
    const found = await this.#ask(
      "credentials",
      el("credentials", { xmlns: NS.externalServices }, asked),
    );
    return found.find((one) =>
      one.host === host && one.type === type && one.port === port && one.transport === transport
    );
  }

  async #ask(name: string, request: Element): Promise<ExternalService[]> {
    const to = this.#client.jid.domain;
    const answer = await this.#client.iq(el("iq", { type: "get" }, request), { to });
    const services = answer.getChild(name, NS.externalServices)?.getChildren("service") ?? [];
    return services.slice(0, MAX_SERVICES).flatMap((service) => read(service) ?? []);
  }
}

function read({ attrs }: Element): ExternalService | undefined {
  const { type = "", host = "", username, password, expires, restricted } = attrs;
  const transport = attrs.transport ?? "udp";
  const port = Number(attrs.port ?? (type.endsWith("s") ? 5349 : 3478));
  const usable = TYPES.has(type) && (transport === "udp" || transport === "tcp") &&
    /^[\w.:-]{1,255}$/.test(host) && Number.isInteger(port) && port > 0 && port < 65_536;
  if (!usable) return undefined;
  const given = (text: string | undefined) => text !== undefined && text.length <= MAX_TEXT;
  const until = Date.parse(expires ?? "");
  return {
    type: type as ExternalService["type"],
    host,
    port,
    transport: transport as ExternalService["transport"],
    ...(given(username) ? { username: username! } : {}),
    ...(given(password) ? { password: password! } : {}),
    ...(Number.isNaN(until) ? {} : { expires: until }),
    restricted: restricted === "true" || restricted === "1",
  };
}
