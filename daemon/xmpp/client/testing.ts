import { createServer, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { concat, fromBase64, fromUtf8, toBase64, utf8 } from "../../base/mod.ts";
import { endPointOf, NS, scramDerive, scramNonce, scramServer } from "../core/mod.ts";
import { makeTestCertificate, type TestCertificate } from "../../../scripts/peers/certificate.ts";
import type { Endpoint } from "./endpoints.ts";

export const DOMAIN = "server.test";
export const PASSWORD = "pencil";

/** The server's end of one connection, as a test plays it. */
export class ScriptedPeer {
  #socket: Socket;
  #certificate: TestCertificate;
  #unread = "";
  #wake: (() => void) | undefined;
  #ended = false;
  /** Everything that came since TLS began, or since the start. */
  heard = "";

  constructor(socket: Socket, certificate: TestCertificate) {
    this.#socket = socket;
    this.#certificate = certificate;
    this.#listen();
  }

  /** `tls-server-end-point` of this server. */
  get endPoint(): Uint8Array {
    return certificateHash(this.#certificate);
  }

  /** Text up to and with `mark`. @throws when the client hangs up before */
  async read(mark: string): Promise<string> {
    for (;;) {
      const end = this.#unread.indexOf(mark) + mark.length;
      if (end >= mark.length) {
        const text = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end);
        return text;
      }
      if (this.#ended || this.heard.includes("</stream:stream>")) {
        throw new Error(`hung up before ${mark}; unread: ${this.#unread}`);
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? utf8(data) : data;
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** Resolves when the client has hung up or ended the stream. */
  async gone(): Promise<void> {
    while (!this.#ended && !this.heard.includes("</stream:stream>")) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  end(): void {
    this.#socket.destroy();
  }

  /** Answers the request to bind a resource. */
  async bind(jid = `me@${DOMAIN}/here`): Promise<void> {
    const request = await this.read("</iq>");
    // What was read before may have cut off the begin of it.
    const id = /id="([^"]+)"/.exec(request)?.[1] ?? /id="([^"]+)"[^>]*><bind/.exec(this.heard)![1];
    await this.write(
      `<iq type='result' id='${id}'><bind xmlns='${NS.bind}'><jid>${jid}</jid></bind></iq>`,
    );
  }

  /** Writes `lastInClear` and goes on in TLS. */
  async startTls(lastInClear: string): Promise<void> {
    const raw = this.#socket;
    raw.pause();
    raw.removeAllListeners("data");
    await this.write(lastInClear);
    const { certificatePem: cert, keyPem: key } = this.#certificate;
    const secureContext = createSecureContext({ cert, key });
    const secure = new TLSSocket(raw, { isServer: true, secureContext });
    this.#socket = secure;
    this.heard = "";
    this.#unread = "";
    this.#listen();
    await new Promise<void>((resolve, reject) => {
      secure.once("secure", () => resolve());
      secure.once("error", reject);
      secure.once("close", () => reject(new Error("closed in the handshake")));
    });
  }

  #listen(): void {
    const decoder = new TextDecoder();
    const end = () => {
      this.#ended = true;
      this.#wake?.();
    };
    this.#socket.on("data", (data: Uint8Array) => {
      const text = decoder.decode(data, { stream: true });
      this.heard += text;
      this.#unread += text;
      this.#wake?.();
    });
    this.#socket.on("end", end);
    this.#socket.on("close", end);
    this.#socket.on("error", end);
  }
}

/** SHA-256 of a certificate, which is what logins are bound to. */
export function certificateHash({ certificatePem }: TestCertificate): Uint8Array {
  const der = fromBase64(certificatePem.replace(/-----[^-]+-----|\s/g, ""));
  return endPointOf(der);
}

/** Plays one connection; `count` is 1 for the first. It may fail, as when the client hangs up. */
export type Script = (peer: ScriptedPeer, count: number) => Promise<void>;

/** A server on 127.0.0.1 whose every connection runs `script`, after TLS when `tls` is direct. */
export async function scriptedServer(tls: Endpoint["tls"], script: Script) {
  const certificate = await makeTestCertificate(DOMAIN);
  const { certificatePem: cert, keyPem: key } = certificate;
  const peers = new Set<ScriptedPeer>();
  let count = 0;
  const play = async (socket: Socket) => {
    const peer = new ScriptedPeer(socket, certificate);
    peers.add(peer);
    try {
      await script(peer, ++count);
    } catch {
      // What the client did is what the test looks at.
    } finally {
      peer.end();
      peers.delete(peer);
    }
  };
  const server = createServer((raw) => {
    raw.on("error", () => raw.destroy());
    if (tls === "starttls") return void play(raw);
    const secureContext = createSecureContext({ cert, key });
    const secure = new TLSSocket(raw, { isServer: true, secureContext });
    secure.once("secure", () => void play(secure));
    secure.on("error", () => raw.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as { port: number };
  const endpoint: Endpoint = { host: "127.0.0.1", port, tls };
  const stop = async () => {
    for (const peer of peers) peer.end();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { endpoint, certificate, connections: () => count, stop };
}

const HEADER = `<?xml version='1.0'?><stream:stream xmlns='${NS.client}' id='1' version='1.0' ` +
  `xmlns:stream='${NS.stream}' from='${DOMAIN}'>`;

/** A stream header and features with this inside. */
export function features(inside: string): string {
  return `${HEADER}<stream:features>${inside}</stream:features>`;
}

/** The features of a server that wants TLS first. */
export const TLS_FEATURES = features(`<starttls xmlns='${NS.tls}'><required/></starttls>`);

/** SASL features with these mechanisms. */
export function mechanisms(...names: string[]): string {
  const list = names.map((name) => `<mechanism>${name}</mechanism>`).join("");
  return features(`<mechanisms xmlns='${NS.sasl}'>${list}</mechanisms>`);
}

/** How {@link admit} may cheat. */
export interface Cheats {
  readonly challenge?: (honest: string) => string;
  readonly proof?: (honest: string) => string;
  /** Sent right behind `<success/>`, in the same segment. */
  readonly afterSuccess?: string;
  /** What the features after the login hold beside the binding. */
  readonly features?: string;
  /** Ends before the client binds, as when it resumes a stream. */
  readonly bind?: false;
  /** Answers a `<resume/>` with `<failed/>`, and begins stream management after the binding. */
  readonly refuseResume?: boolean;
  /** The address bound instead of `me@server.test/here`. */
  readonly jid?: string;
}

/** Lets the client log in with SCRAM-SHA-256 and bind `/here`. */
export async function admit(peer: ScriptedPeer, cheats: Cheats = {}): Promise<void> {
  await peer.read("version='1.0'");
  await peer.read(">");
  await peer.write(mechanisms("SCRAM-SHA-1", "SCRAM-SHA-256", "PLAIN"));
  const salt = utf8("0123456789abcdef");
  const keys = await scramDerive("sha-256", PASSWORD, salt, 4096);
  const lookup = () => ({ ...keys, salt, iterations: 4096 });
  const scram = scramServer("SCRAM-SHA-256", { lookup }, scramNonce);
  const challenge = await scram.first(payload(await peer.read("</auth>")));
  await peer.write(sasl("challenge", cheats.challenge?.(challenge) ?? challenge));
  const proof = scram.final(payload(await peer.read("</response>")));
  await peer.write(sasl("success", cheats.proof?.(proof) ?? proof) + (cheats.afterSuccess ?? ""));
  await peer.read("<stream:stream");
  await peer.read(">");
  await peer.write(features(`<bind xmlns='${NS.bind}'/>${cheats.features ?? ""}`));
  if (cheats.bind === false) return;
  if (cheats.refuseResume) {
    const asked = await peer.read("/");
    if (asked.includes("<resume")) {
      await peer.read(">");
      await peer.write(`<failed xmlns='${NS.streamManagement}'/>`);
    }
  }
  await peer.bind(cheats.jid);
  if (cheats.refuseResume) {
    await peer.read("<enable");
    await peer.write(`<enabled xmlns='${NS.streamManagement}' id='two' resume='true'/>`);
  }
}

/** Base64 of `text` within a SASL element. */
export function sasl(name: string, text: string): string {
  return `<${name} xmlns='${NS.sasl}'>${toBase64(utf8(text))}</${name}>`;
}

/** The text in base64 that ends an element. */
export function payload(element: string): string {
  return fromUtf8(fromBase64(/>([^<>]*)<\/[\w-]+>$/.exec(element)![1]!));
}

/** The bytes of `text` with those of `raw` in the place of "%". */
export function withBytes(text: string, raw: number[]): Uint8Array {
  const [before, after] = text.split("%");
  return concat(utf8(before!), Uint8Array.from(raw), utf8(after!));
}
