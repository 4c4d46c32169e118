import { X509Certificate } from "node:crypto";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { fromBase64Url, SimppdError } from "../../base/mod.ts";
import { equal, sha256 } from "../../crypto/mod.ts";
import { endPointOf } from "../core/mod.ts";
import { asciiDomain, type Endpoint } from "./endpoints.ts";
import { requestTls } from "./starttls.ts";
import { ConnTransport, SocketTransport, type Transport } from "./transport.ts";

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

const ALPN = ["xmpp-client"];

/**
 * Connects and encrypts. There is no way to a transport in clear.
 * @throws SimppdError `connection-failed`, `starttls-missing`, `starttls-injected`, `tls-failed`,
 * `untrusted-certificate`
 */
export async function dial(
  endpoint: Endpoint,
  domain: string,
  trust: TlsTrust,
  signal: AbortSignal,
): Promise<Transport> {
  signal.throwIfAborted();
  return trust.kind === "pin"
    ? await dialPinned(endpoint, domain, trust.pin, signal)
    : await dialCertified(endpoint, domain, trust.extra ?? [], signal);
}

/** The certificate is checked against the XMPP domain, never against the host dialled. */
async function dialCertified(
  { host, port, tls }: Endpoint,
  domain: string,
  extra: readonly string[],
  signal: AbortSignal,
): Promise<Transport> {
  const conn = await Deno.connect({ hostname: host, port, signal }).catch((error) => {
    throw unreachable(host, port, error);
  });
  conn.setNoDelay();
  let transport = new ConnTransport(conn);
  const abort = () => transport.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    if (tls === "starttls") await requestTls(transport, domain);
    const secure = await Deno.startTls(conn, {
      hostname: asciiDomain(domain),
      caCerts: [...extra],
      ...(tls === "direct" ? { alpnProtocols: ALPN } : {}),
    });
    transport = new ConnTransport(secure);
    await secure.handshake();
    return transport;
  } catch (error) {
    transport.close();
    throw tlsFailure(error, domain);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** The one key that is right is known: names, dates and authorities do not matter. */
async function dialPinned(
  { host, port, tls }: Endpoint,
  domain: string,
  pin: string,
  signal: AbortSignal,
): Promise<Transport> {
  const name = asciiDomain(domain);
  const raw = connectTcp({ host, port, noDelay: true });
  let socket: Socket = raw;
  const abort = () => socket.destroy();
  signal.addEventListener("abort", abort, { once: true });
  try {
    await happened(raw, "connect").catch((error) => {
      throw unreachable(host, port, error);
    });
    if (tls === "starttls") {
      await requestTls(new SocketTransport(raw), domain);
      raw.pause();
      raw.removeAllListeners("readable");
      if (raw.readableLength > 0) throw new Error("bytes in clear after <proceed/>");
    }
    const secure = connectTls({
      socket: raw,
      // Whom to trust is decided below, before a byte of ours is sent.
      rejectUnauthorized: false,
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(tls === "direct" ? { ALPNProtocols: ALPN } : {}),
    });
    socket = secure;
    await happened(secure, "secureConnect");
    const certificate = secure.getPeerCertificate(true).raw;
    if (certificate === undefined || !hasPin(certificate, pin)) {
      throw new SimppdError(
        "untrusted-certificate",
        `The server at ${host}:${port} does not hold the key that was agreed for ${domain}.`,
      );
    }
    return new SocketTransport(secure, endPointOf(certificate));
  } catch (error) {
    socket.destroy();
    raw.destroy();
    throw tlsFailure(error, domain);
  } finally {
    signal.removeEventListener("abort", abort);
  }
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

function tlsFailure(error: unknown, domain: string): unknown {
  if (error instanceof SimppdError) return error;
  if (error instanceof Error && /certificate/i.test(error.message)) {
    return new SimppdError(
      "untrusted-certificate",
      `The server's certificate does not show that it is ${domain}.`,
      error,
    );
  }
  return new SimppdError("tls-failed", `Encryption with ${domain} could not be set up.`, error);
}
