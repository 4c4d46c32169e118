import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import * as v from "valibot";
import {
  fromHex,
  logOf,
  publicError,
  Rate,
  SimppdError,
  steadyNow,
  toBase64,
} from "../../base/mod.ts";
import { notAuthenticated, type Registrar, type UserDirectory } from "../../group/mod.ts";
import { Jid } from "../../xmpp/core/mod.ts";
import { networkOf } from "./network_of.ts";

/** Where a registrar listens, and whom it takes. */
export interface ListenerOptions {
  readonly registrar: Registrar;
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authorities whose client certificates are taken; passwords are when absent. */
  readonly clientCa?: string;
  readonly users?: UserDirectory;
}

const MAX_BODY = 8_192;
const MAX_CONNECTIONS = 64;
/** Connections of one network, see {@link networkOf}. */
const CONNECTIONS_OF_ONE = 8;
const TIMEOUT = 10_000;
/** Requests of one network, a minute. */
const REQUESTS = 30;
/** Passwords tried for one name, a minute, from wherever. */
const TRIES = 10;
const MINUTE = 60_000;

const hex = (digits: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`)));
const TicketRequest = v.strictObject({
  group: hex(32),
  accountKey: hex(64),
  deviceKey: hex(64),
  user: v.optional(v.pipe(v.string(), v.maxLength(512))),
  password: v.optional(v.pipe(v.string(), v.maxLength(1024))),
});

/**
 * A registrar's HTTPS door: `POST /ticket`. Who asks shows a certificate that names their address, or
 * a user's name and password. That the keys in the ticket are theirs is for the key server to see: it
 * takes it from the device that has them, and from no other.
 */
export class RegistrarListener {
  readonly #o: ListenerOptions;
  readonly #server: Server;
  readonly #rate = new Rate(REQUESTS, MINUTE);
  readonly #tries = new Rate(TRIES, MINUTE);
  readonly #connections = new Map<string, number>();

  private constructor(options: ListenerOptions) {
    this.#o = options;
    const { certificate, key, clientCa } = options;
    const asking = clientCa === undefined
      ? {}
      : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
    this.#server = createServer(
      { cert: certificate, key, minVersion: "TLSv1.2", handshakeTimeout: TIMEOUT, ...asking },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on("connection", (socket: Socket) => this.#connected(socket));
    this.#server.requestTimeout = TIMEOUT;
    this.#server.headersTimeout = TIMEOUT;
  }

  /** @throws SimppdError `bad-certificate`, `cannot-listen` */
  static async open(options: ListenerOptions): Promise<RegistrarListener> {
    requireCertificates(options);
    const listener = new RegistrarListener(options);
    const { host, port } = options;
    await new Promise<void>((resolve, reject) => {
      listener.#server.once(
        "error",
        (error) =>
          reject(new SimppdError("cannot-listen", `${host}:${port} cannot be listened on.`, error)),
      );
      listener.#server.listen(port, host, () => resolve());
    });
    return listener;
  }

  /** Where it is asked. */
  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `https://${address.includes(":") ? `[${address}]` : address}:${port}/ticket`;
  }

  close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    return closed;
  }

  /** Who opens connections and says nothing uses up their own, and not for long. */
  #connected(socket: Socket): void {
    const network = networkOf(socket.remoteAddress ?? "");
    const open = this.#connections.get(network) ?? 0;
    if (open >= CONNECTIONS_OF_ONE) {
      socket.destroy();
      return;
    }
    this.#connections.set(network, open + 1);
    socket.once("close", () => {
      const left = (this.#connections.get(network) ?? 1) - 1;
      if (left > 0) this.#connections.set(network, left);
      else this.#connections.delete(network);
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const reply = (status: number, value: unknown) => {
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(JSON.stringify(value));
    };
    try {
      if (!this.#rate.allows(networkOf(request.socket.remoteAddress ?? ""), steadyNow())) {
        return reply(429, { error: { code: "too-many", message: "Wait a minute." } });
      }
      if (request.method !== "POST" || request.url !== "/ticket") {
        return reply(404, {
          error: { code: "not-found", message: "POST /ticket is all there is." },
        });
      }
      const parsed = v.safeParse(TicketRequest, JSON.parse(await bodyOf(request)));
      if (!parsed.success) {
        throw new SimppdError("bad-input", "The request is no request for a ticket.");
      }
      const { group, accountKey, deviceKey, user, password } = parsed.output;
      const jid = this.#o.users === undefined
        ? addressIn(request.socket as TLSSocket)
        : await this.#userNamed(user, password);
      const device = { jid, accountKey: fromHex(accountKey), deviceKey: fromHex(deviceKey) };
      reply(200, { ticket: toBase64(this.#o.registrar.issue(group, device)) });
      logOf("app").info("a ticket for {jid}", { jid });
    } catch (error) {
      const known = error instanceof SimppdError;
      const shown = known || error instanceof SyntaxError;
      if (!shown) logOf("app").warn("a ticket was refused: {error}", { error });
      const { code, message } = known
        ? publicError(error)
        : { code: "bad-input", message: "The request cannot be read." };
      if (!response.headersSent) reply(code === "busy" ? 503 : 403, { error: { code, message } });
    }
  }

  async #userNamed(user: string | undefined, password: string | undefined): Promise<string> {
    if (user !== undefined && !this.#tries.allows(user.toLowerCase(), steadyNow())) {
      throw new SimppdError("busy", "Too many passwords were tried for this name; wait a minute.");
    }
    const known = user !== undefined && password !== undefined &&
      await this.#o.users!.knows(user, password);
    if (!known) throw notAuthenticated();
    return user;
  }
}

/** @throws SimppdError `bad-certificate`; the listener itself would take anything */
function requireCertificates({ certificate, key, clientCa = certificate }: ListenerOptions): void {
  let fits = false;
  let cause: unknown;
  try {
    fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
    new X509Certificate(clientCa);
  } catch (error) {
    fits = false;
    cause = error;
  }
  if (fits) return;
  throw new SimppdError(
    "bad-certificate",
    "Certificate and key must be PEM and belong together, and the client authorities be PEM.",
    cause,
  );
}

/** The address that a client's certificate names: its one e-mail name (RFC 5280 section 4.2.1.6). */
function addressIn(socket: TLSSocket): string {
  const raw = socket.authorized ? socket.getPeerCertificate(true)?.raw : undefined;
  if (raw === undefined) throw notAuthenticated();
  const names = new x509.X509Certificate(new Uint8Array(raw))
    .getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const emails = names.filter(({ type }) => type === "email").map(({ value }) => value);
  const jid = emails.length === 1 ? Jid.tryParse(emails[0]) : undefined;
  if (jid === undefined || jid.local === "" || jid.resource !== "") throw notAuthenticated();
  return jid.toString();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_BODY) throw new SimppdError("too-large", "The request is too long.");
  }
  return text;
}
