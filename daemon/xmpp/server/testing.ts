import assert from "node:assert/strict";
import { fromBase64, fromUtf8, toBase64, utf8 } from "../../base/mod.ts";
import {
  el,
  type Element,
  LIMITS_OF_SERVER,
  newId,
  NS,
  scramClient,
  type ScramMechanism,
  scramNonce,
  serialise,
  StreamReader,
} from "../core/mod.ts";
import { makeServerCertificate, type ServerCertificate } from "./login/certificate.ts";
import type { ServerLimits } from "./limits.ts";
import type { ServerOptions } from "./options.ts";
import { XmppServer } from "./server.ts";
import { onDatabases } from "./storage/testing.ts";

export const DOMAIN = "test.simppd";
export const PASSWORD = "correct horse battery";

/** Nothing in a test takes longer than this; what does is missing. */
const PATIENCE_MS = 5_000;

let certificate: Promise<ServerCertificate> | undefined;

/** Options of a server of its own on a free port; one certificate for all. */
export async function testOptions(limits: Partial<ServerLimits> = {}): Promise<ServerOptions> {
  const { certificatePem, keyPem } = await (certificate ??= makeServerCertificate(DOMAIN));
  return {
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
    // The fewest rounds there may be: tests log in often.
    limits: { scramIterations: 4096, ...limits },
  };
}

/** A server with accounts, and clients that all end with the test. */
export interface TestBed {
  server: XmppServer;
  /** A TLS connection, nothing sent on it yet. */
  connect(): Promise<TestClient>;
  /** Logged in and bound; the account is made when there is none. */
  login(name: string, resource?: string): Promise<TestClient>;
  /** As {@link login}, and available, the roster fetched. */
  online(name: string, resource?: string): Promise<TestClient>;
}

/** Runs `test` on a fresh server for each kind of database, and ends all that it started. */
export async function withServer(
  test: (bed: TestBed) => Promise<void>,
  limits: Partial<ServerLimits> = {},
  further: Partial<ServerOptions> = {},
): Promise<void> {
  await onDatabases(async (database) =>
    withServerOn({ ...further, database: await database.create() }, test, limits)
  );
}

/** {@link withServer} on SQLite alone, for what has nothing to do with storage. */
export function withSqliteServer(
  test: (bed: TestBed) => Promise<void>,
  limits: Partial<ServerLimits> = {},
  further: Partial<ServerOptions> = {},
): Promise<void> {
  return withServerOn({ ...further, database: ":memory:" }, test, limits);
}

async function withServerOn(
  further: Partial<ServerOptions>,
  test: (bed: TestBed) => Promise<void>,
  limits: Partial<ServerLimits>,
): Promise<void> {
  const options = { ...await testOptions(limits), ...further };
  const server = await XmppServer.start(options);
  const clients: TestClient[] = [];
  const bed: TestBed = {
    server,
    async connect() {
      const client = await TestClient.connect(server.port, options.certificatePem);
      clients.push(client);
      return client;
    },
    async login(name, resource) {
      if (!server.storage.accounts.exists(name)) await server.createAccount(name, PASSWORD);
      const client = await bed.connect();
      await client.login(name, PASSWORD, resource);
      return client;
    },
    async online(name, resource) {
      const client = await bed.login(name, resource);
      await client.request("get", el("query", { xmlns: NS.roster }));
      client.send(el("presence"));
      await client.until((stanza) => stanza.attrs.from === client.jid, "its own presence");
      return client;
    },
  };
  try {
    await test(bed);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await server.stop();
  }
}

/** A bare client: it writes what a test says, hostile bytes too, and reads what comes. */
export class TestClient {
  /** Full JID, once bound. */
  jid = "";
  /** Does it answer the server's pings by itself? */
  answersPings = true;
  /** Bytes it still writes; then the connection is cut. */
  budget = Infinity;
  /** Looks at each element first. @returns whether it took it out of what comes */
  intercept: (element: Element) => boolean = () => false;
  /** All that came and was not taken yet. */
  readonly inbox: Element[] = [];
  /** Resolves when the server has closed the connection. */
  readonly ended: Promise<void>;

  readonly #conn: Deno.TlsConn;
  readonly #reader: StreamReader;
  #waiting = new Set<() => void>();
  #written: Promise<void> = Promise.resolve();
  #over = false;
  /** While set, nothing is read. */
  #deaf: PromiseWithResolvers<void> | undefined;

  private constructor(conn: Deno.TlsConn) {
    this.#conn = conn;
    this.#reader = new StreamReader({
      onOpen: () => {},
      onStanza: (stanza) => this.#take(stanza),
      onClose: () => {},
    }, LIMITS_OF_SERVER);
    this.ended = this.#pump();
  }

  static async connect(port: number, certificatePem: string): Promise<TestClient> {
    const raw = await Deno.connect({ hostname: "127.0.0.1", port });
    raw.setNoDelay();
    return await TestClient.secure(raw, certificatePem);
  }

  /** Begins TLS on a connection that is ready for it. */
  static async secure(raw: Deno.TcpConn, certificatePem: string): Promise<TestClient> {
    const conn = await Deno.startTls(raw, { hostname: DOMAIN, caCerts: [certificatePem] });
    try {
      await conn.handshake();
    } catch (error) {
      conn.close();
      throw error;
    }
    return new TestClient(conn);
  }

  /** One write after the other, each whole. */
  write(text: string | Uint8Array): Promise<void> {
    const before = this.#written;
    const work = async () => {
      await before.catch(() => {});
      let bytes = typeof text === "string" ? utf8(text) : text;
      const whole = bytes.length <= this.budget;
      if (!whole) bytes = bytes.subarray(0, this.budget);
      this.budget -= bytes.length;
      while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
      if (!whole) this.#conn.close();
    };
    return this.#written = work();
  }
  /** Writes without waiting; a closed connection is no error. */
  send(element: Element): void {
    this.write(serialise(element)).catch(() => {});
  }

  async open(): Promise<Element> {
    await this.write(
      `<?xml version='1.0'?><stream:stream to='${DOMAIN}' version='1.0' ` +
        `xmlns='${NS.client}' xmlns:stream='${NS.stream}'>`,
    );
    return await this.until((stanza) => stanza.is("features", NS.stream), "stream features");
  }

  /** A new stream is expected to begin, on the same connection. */
  restart(): void {
    this.#reader.restart();
  }

  /** Logs in without binding. @returns the last SASL element */
  async authenticate(
    name: string,
    password: string,
    mechanism: ScramMechanism = "SCRAM-SHA-256",
  ): Promise<Element> {
    const scram = scramClient(mechanism, name, password, scramNonce);
    const isSasl = (stanza: Element) => stanza.getNS() === NS.sasl;
    this.send(el("auth", { xmlns: NS.sasl, mechanism }, toBase64(utf8(scram.first()))));
    const challenge = await this.until(isSasl, "a challenge");
    if (challenge.getName() !== "challenge") return challenge;
    const response = await scram.respond(fromUtf8(fromBase64(challenge.getText())));
    this.send(el("response", { xmlns: NS.sasl }, toBase64(utf8(response))));
    const outcome = await this.until(isSasl, "the outcome of the login");
    if (outcome.getName() !== "success") return outcome;
    scram.verify(fromUtf8(fromBase64(outcome.getText())));
    this.#reader.restart();
    return outcome;
  }

  async login(
    name: string,
    password: string,
    resource?: string,
    mechanism?: ScramMechanism,
  ): Promise<void> {
    await this.open();
    const outcome = await this.authenticate(name, password, mechanism);
    assert.equal(outcome.getName(), "success", serialise(outcome));
    await this.open();
    const bound = await this.request(
      "set",
      el("bind", { xmlns: NS.bind }, resource ? el("resource", {}, resource) : undefined),
    );
    this.jid = bound.getChild("bind", NS.bind)!.getChildText("jid")!;
  }

  /** @returns the result or error stanza */
  async request(type: "get" | "set", payload: Element, to?: string): Promise<Element> {
    const id = newId();
    this.send(el("iq", { type, id, to }, payload));
    return await this.until(
      (stanza) => stanza.getName() === "iq" && stanza.attrs.id === id,
      `the answer to ${serialise(payload).slice(0, 80)}`,
    );
  }

  /** Takes the first stanza that fits; those before it stay. */
  async until(fits: (stanza: Element) => boolean, what = "a stanza"): Promise<Element> {
    const deadline = Date.now() + PATIENCE_MS;
    while (true) {
      const at = this.inbox.findIndex(fits);
      if (at >= 0) return this.inbox.splice(at, 1)[0]!;
      if (this.#over || Date.now() > deadline) {
        const why = this.#over ? "the connection ended" : "waited too long";
        throw new Error(`${why} without ${what}; came: ${this.inbox.map(serialise).join("\n")}`);
      }
      await this.#moreNews(deadline - Date.now());
    }
  }

  /** The next message that is no event of a node. */
  message(): Promise<Element> {
    return this.until((stanza) => stanza.getName() === "message", "a message");
  }
  presence(type?: string, from?: string): Promise<Element> {
    return this.until(
      ({ name, attrs }) =>
        name === "presence" && attrs.type === type && (from === undefined || attrs.from === from),
      `presence ${type ?? "available"} from ${from ?? "anybody"}`,
    );
  }

  /** All that came until an answer to a ping, which the server handles after what went before. */
  async settle(): Promise<Element[]> {
    await this.request("get", el("ping", { xmlns: NS.ping }), DOMAIN);
    return this.inbox.splice(0);
  }

  /** The condition of the stream error that ends this connection. */
  async streamError(): Promise<string> {
    const error = await this.until((stanza) => stanza.is("error", NS.stream), "a stream error");
    const condition = error.getChildElements()[0]!.getName();
    await this.ended;
    return condition;
  }

  /** Reads no more, but for what is under way. */
  stopReading(): void {
    this.#deaf = Promise.withResolvers();
  }

  resumeReading(): void {
    this.#deaf?.resolve();
    this.#deaf = undefined;
  }

  async close(): Promise<void> {
    this.#deaf?.resolve();
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
    await this.ended;
  }

  #take(stanza: Element): void {
    if (this.intercept(stanza)) return;
    const { id, from, type } = stanza.attrs;
    const ping = type === "get" && from === DOMAIN && stanza.getChild("ping", NS.ping);
    if (ping && this.answersPings) this.send(el("iq", { type: "result", id, to: from }));
    else this.inbox.push(stanza);
  }

  async #pump(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let n; (n = await this.#conn.read(buffer)) !== null;) {
        this.#reader.write(buffer.subarray(0, n));
        this.#news();
        await this.#deaf?.promise;
      }
    } catch {
      // A reset is an end as well.
    }
    try {
      this.#conn.close();
    } catch {
      // close() was first.
    }
    this.#over = true;
    this.#news();
  }

  #news(): void {
    for (const wake of this.#waiting) wake();
  }

  async #moreNews(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}

/** The condition of an error stanza. */
export function conditionOf(stanza: Element): string {
  assert.equal(stanza.attrs.type, "error", serialise(stanza));
  return stanza.getChild("error")!.getChildElements()[0]!.getName();
}

/** Waits for something that is to come about. */
export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500 && !(await done()); i++) await new Promise((r) => setTimeout(r, 10));
  assert.ok(await done());
}
