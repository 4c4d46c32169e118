import { type Bytes, SimppdError, utf8 } from "../../base/mod.ts";
import { hkdf } from "../../crypto/mod.ts";
import type { PathKeys } from "../keys.ts";

const NO_SALT = new Uint8Array(0);

/** The two sides of a direct stream: its bytes flow from the sender to the receiver. */
export type StreamRole = "sender" | "receiver";

/** Every key of one direct stream as one side sees it, 32 bytes each. */
export interface StreamKeys {
  readonly role: StreamRole;
  /** Of the UDP path. */
  readonly path: PathKeys;
  /** What each side shows on the UDP path before anything flows. */
  readonly tags: { readonly local: Bytes; readonly expected: Bytes };
  /** By which each side proves itself on a TCP connection. */
  readonly proof: { readonly local: Bytes; readonly expected: Bytes };
  /** What the keys of a TCP connection's records come from. */
  readonly records: Bytes;
}

/**
 * Keys of a direct stream (docs/protocol.md "Direct streams").
 * @param secret 32 bytes known to both sides, for one stream alone
 * @throws SimppdError `bad-stream-secret` when it has another size
 */
export function streamKeys(secret: Bytes, role: StreamRole): StreamKeys {
  if (secret.length !== 32) {
    throw new SimppdError(
      "bad-stream-secret",
      `A stream's secret has 32 bytes, this one ${secret.length}.`,
    );
  }
  const peer: StreamRole = role === "sender" ? "receiver" : "sender";
  const key = (use: string) => hkdf(secret, NO_SALT, utf8(`simppd stream v1 ${use}`), 32);
  return {
    role,
    path: { send: key(`path ${role}`), receive: key(`path ${peer}`) },
    tags: { local: key(`tag ${role}`), expected: key(`tag ${peer}`) },
    proof: { local: key(`proof ${role}`), expected: key(`proof ${peer}`) },
    records: key("records"),
  };
}
