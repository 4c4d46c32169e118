import { X509Certificate } from "node:crypto";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, rootCertificates, type TLSSocket } from "node:tls";
import { fromBase64Url, SimppdError } from "../../base/mod.ts";
import { equal, sha256 } from "../../crypto/mod.ts";
import { pacedTls } from "../core/mod.ts";
import { asciiDomain, type Endpoint } from "./endpoints.ts";
import { requestTls } from "./starttls.ts";
import { SocketTransport, type Transport } from "./transport.ts";
import { openWebSocket } from "./websocket.ts";

/** How the server shows that it is the right one. */
export type TlsTrust =
  | {
    readonly kind: "pin";
    /** base64url SHA-256 of the SubjectPublicKeyInfo of the server's certificate. */
    readonly pin: string;
  }
  | {
    /** A certificate for the XMPP domain under the well-known authorities. */
    readonly kind: "ca";
    /** Further authorities, PEM. */
    readonly extra?: readonly string[];
  };

const ALPN = { direct: ["xmpp-client"], starttls: undefined, websocket: ["http/1.1"] };

/**
 * Connects and encrypts. There is no way to a transport in clear.
 * @throws SimppdError `connection-failed`, `starttls-missing`, `starttls-injected`, `tls-failed`,
 * `untrusted-certificate`, `websocket-failed`
 */
export async function dial(
  endpoint: Endpoint,
  domain: string,
  trust: TlsTrust,
  signal: AbortSignal,
): Promise<Transport> {
  const name = endpoint.tls === "websocket" ? endpoint.host : domain;
  const { socket, certificate } = await dialTls(endpoint, name, trust, signal);
  return endpoint.tls === "websocket"
    ? await openWebSocket(socket, endpoint, certificate, signal)
    : new SocketTransport(socket, certificate);
}

/**
 * A TLS connection to whom `trust` names, read no faster than what comes is taken.
 * @param whom what the certificate must show under `ca`: the XMPP domain, never the host dialled,
 * which DNS alone vouches for; the host of its URL for a WebSocket, which came over HTTPS or from
 * the person (RFC 7395 section 4)
 * @throws SimppdError as {@link dial}
 */
export async function dialTls(
  { host, port, tls }: Endpoint,
  whom: string,
  trust: TlsTrust,
  signal: AbortSignal,
): Promise<{ socket: TLSSocket; certificate: Uint8Array }> {
  signal.throwIfAborted();
  const name = asciiDomain(whom);
  const raw = connectTcp({ host, port, noDelay: true });
  let socket: Socket = raw;
  const abort = () => socket.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await happened(raw, "connect").catch((error) => {
      throw unreachable(host, port, error);
    });
    if (tls === "starttls") {
      await requestTls(new SocketTransport(raw), whom);
      raw.pause();
      raw.removeAllListeners("readable");
      if (raw.readableLength > 0) throw new Error("bytes in clear after <proceed/>");
    }
    const alpn = ALPN[tls];
    const settings = {
      socket: raw,
      host: name,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(alpn === undefined ? {} : { ALPNProtocols: alpn }),
      ...authorities(trust),
    };
    const secure = pacedTls(connectTls(settings), raw);
    socket = secure;
    await happened(secure, "secureConnect");
    const certificate = secure.getPeerCertificate(true).raw;
    const trusted = certificate !== undefined &&
      (trust.kind === "pin" ? hasPin(certificate, trust.pin) : secure.authorized);
    if (!trusted) {
      throw new SimppdError(
        "untrusted-certificate",
        `The server at ${host}:${port} does not hold the key that was agreed for ${whom}.`,
      );
    }
    return { socket: secure, certificate };
  } catch (error) {
    socket.destroy();
    raw.destroy();
    throw tlsFailure(error, name);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function authorities(trust: TlsTrust): { rejectUnauthorized: boolean; ca?: string[] } {
  // Pinned: the one key that is right is known. Names, dates and authorities do not matter, and the
  // key is looked at before a byte of ours is sent.
  if (trust.kind === "pin") return { rejectUnauthorized: false };
  const { extra = [] } = trust;
  return {
    rejectUnauthorized: true,
    ...(extra.length === 0 ? {} : { ca: [...rootCertificates, ...extra] }),
  };
}

function hasPin(certificate: Uint8Array, pin: string): boolean {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  try {
    return equal(sha256(key), fromBase64Url(pin));
  } catch {
    return false;
  }
}

/** Resolves at `event`, rejects when the socket fails or closes before. */
function happened(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed")));
  });
}

function unreachable(host: string, port: number, cause: unknown): SimppdError {
  return new SimppdError(
    "connection-failed",
    `No connection to ${host} port ${port}: it is not reachable or refuses.`,
    cause,
  );
}

function tlsFailure(error: unknown, name: string): unknown {
  if (error instanceof SimppdError) return error;
  if (error instanceof Error && isCertificateProblem(error)) {
    return new SimppdError(
      "untrusted-certificate",
      `The server's certificate does not show that it is ${name}. If the server made its own ` +
        "certificate, sign in with its pinned key (--pin), which whoever runs it can tell.",
      error,
    );
  }
  return new SimppdError("tls-failed", `Encryption with ${name} could not be set up.`, error);
}

function isCertificateProblem(error: Error & { code?: string }): boolean {
  return /certificate/i.test(error.message) ||
    /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(error.code ?? "");
}
