/**
 * Makes tests/vectors/direct_streams.json:
 * `deno run -A scripts/vectors/direct_streams.ts > tests/vectors/direct_streams.json`.
 * Run it only when the format changes: a vector that follows the code proves nothing.
 */
import type { Bytes } from "../../daemon/base/mod.ts";
import {
  type DirectAccept,
  type DirectRequest,
  directSecret,
  encodeDirectSignal,
} from "../../daemon/files/direct_signal.ts";
import { streamKeys } from "../../daemon/p2p/stream/keys.ts";
import { recordKey, RecordSealer } from "../../daemon/p2p/stream/tcp_records.ts";
import { serialise } from "../../daemon/xmpp/core/mod.ts";

function counted(from: number, length: number): Bytes {
  return Uint8Array.from({ length }, (_, i) => from + i);
}

const request: DirectRequest = {
  name: "request",
  id: counted(0, 16).toHex(),
  file: counted(16, 16).toHex(),
  offset: 65_536,
  key: counted(32, 32),
  addresses: [
    { transport: "udp", kind: "host", host: "192.0.2.7", port: 40_000, priority: 2 },
    { transport: "tcp", kind: "host", host: "2001:db8::7", port: 40_001, priority: 1 },
  ],
};
const accept: DirectAccept = {
  name: "accept",
  id: request.id,
  key: counted(64, 32),
  addresses: [{ transport: "udp", kind: "srflx", host: "198.51.100.9", port: 50_000, priority: 0 }],
};
const secret = directSecret(request, accept);
const { path, tags, proof, records } = streamKeys(secret, "sender");
const nonces = counted(128, 32);
const key = recordKey(records, nonces);
const sealer = new RecordSealer(key);
function seal(bytes: Bytes, last: boolean): string {
  const out = new Uint8Array(bytes.length + 20);
  sealer.seal(bytes, last, out);
  return out.toHex();
}
const vectors = {
  request: { ...request, key: request.key.toHex() },
  requestXml: serialise(encodeDirectSignal(request)),
  accept: { ...accept, key: accept.key.toHex() },
  acceptXml: serialise(encodeDirectSignal(accept)),
  secret: secret.toHex(),
  keys: {
    pathSender: path.send.toHex(),
    pathReceiver: path.receive.toHex(),
    tagSender: tags.local.toHex(),
    tagReceiver: tags.expected.toHex(),
    proofSender: proof.local.toHex(),
    proofReceiver: proof.expected.toHex(),
    records: records.toHex(),
  },
  record: {
    nonces: nonces.toHex(),
    key: key.toHex(),
    records: [
      seal(counted(0, 4), false),
      seal(counted(0, 0), true),
    ],
  },
};
Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(vectors, null, 2)}\n`));
