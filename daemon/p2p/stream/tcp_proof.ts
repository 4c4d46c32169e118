import { type Bytes, concat, SimppdError, utf8 } from "../../base/mod.ts";
import { equal, hmacSha256, systemRandom } from "../../crypto/mod.ts";
import type { StreamKeys } from "./keys.ts";

const VERSION = 1;
const NONCE = 16;
const MAC = 32;
/** From the first byte to both sides' proof, ms. */
export const PROOF_MS = 4_000;

/** A TCP connection on which both sides have proved that they know the stream's secret. */
export interface ProvenConnection {
  readonly conn: Deno.Conn;
  /** Both sides' nonces: what makes this connection's keys its own. */
  readonly nonces: Bytes;
}

/**
 * The proof of who dialled: it speaks first, so that a stranger's connection costs the listener one
 * MAC at most. @throws SimppdError `stranger`
 */
export async function proveDialled(conn: Deno.Conn, keys: StreamKeys): Promise<ProvenConnection> {
  return await within(conn, async () => {
    const ours = systemRandom(NONCE);
    await send(conn, Uint8Array.of(VERSION), ours, proof(keys.proof.local, "dial", ours));
    const answer = await readExactly(conn, NONCE + MAC);
    const nonces = concat(ours, answer.subarray(0, NONCE));
    check(proof(keys.proof.expected, "listen", nonces), answer.subarray(NONCE));
    await send(conn, proof(keys.proof.local, "confirm", nonces));
    return { conn, nonces };
  });
}

/** The proof of who listened. @throws SimppdError `stranger` */
export async function proveAccepted(conn: Deno.Conn, keys: StreamKeys): Promise<ProvenConnection> {
  return await within(conn, async () => {
    const hello = await readExactly(conn, 1 + NONCE + MAC);
    const theirs = hello.subarray(1, 1 + NONCE);
    if (hello[0] !== VERSION) throw stranger();
    check(proof(keys.proof.expected, "dial", theirs), hello.subarray(1 + NONCE));
    const nonces = concat(theirs, systemRandom(NONCE));
    await send(conn, nonces.subarray(NONCE), proof(keys.proof.local, "listen", nonces));
    check(proof(keys.proof.expected, "confirm", nonces), await readExactly(conn, MAC));
    return { conn, nonces };
  });
}

/** The receiver's word that it wants the stream on this connection. */
export async function sendGo({ conn, nonces }: ProvenConnection, keys: StreamKeys): Promise<void> {
  await send(conn, proof(keys.proof.local, "go", nonces));
}

/** Waits for that word, as long as the connection is left open. @throws SimppdError `stranger` */
export async function awaitGo({ conn, nonces }: ProvenConnection, keys: StreamKeys): Promise<void> {
  check(proof(keys.proof.expected, "go", nonces), await readExactly(conn, MAC));
}

function proof(key: Bytes, step: string, nonces: Uint8Array): Bytes {
  return hmacSha256(key, utf8(`simppd stream v1 ${step}`), nonces);
}

function check(expected: Bytes, shown: Uint8Array): void {
  if (!equal(expected, shown)) throw stranger();
}

function stranger(cause?: unknown): SimppdError {
  return new SimppdError("stranger", "Somebody else was at the other end of a connection.", cause);
}

async function within<T>(conn: Deno.Conn, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => closeQuietly(conn), PROOF_MS);
  try {
    return await work();
  } catch (error) {
    closeQuietly(conn);
    throw error instanceof SimppdError ? error : stranger(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Closes a connection that may be closed already. */
export function closeQuietly(closable: { close(): void }): void {
  try {
    closable.close();
  } catch {
    // It was.
  }
}

/** Writes all the parts. */
export async function send(conn: Deno.Conn, ...parts: Uint8Array[]): Promise<void> {
  const bytes = concat(...parts);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function readExactly(conn: Deno.Conn, length: number): Promise<Bytes> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await conn.read(bytes.subarray(at));
    if (count === null) throw stranger();
    at += count;
  }
  return bytes;
}
