import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { fromBase64 } from "../../base/mod.ts";
import type { TestCertificate } from "../../../scripts/peers/certificate.ts";
import { ScriptedPeer } from "./testing.ts";
import type { Transport } from "./transport.ts";

/**
 * A connection in memory, as if through TLS, to a server that a test plays.
 * @param limit bytes that come from the server before the connection is cut
 */
export function memoryConnection(
  certificate: TestCertificate,
  limit = Infinity,
): { transport: Transport; peer: ScriptedPeer; received: () => number } {
  const socket = new EventEmitter() as unknown as Socket;
  const waiting: Uint8Array[] = [];
  let received = 0;
  let ended = false;
  let wake: (() => void) | undefined;
  const end = () => {
    if (ended) return;
    ended = true;
    wake?.();
    socket.emit("close");
  };
  Object.assign(socket, {
    write(bytes: Uint8Array, written: () => void) {
      if (!ended) waiting.push(bytes.slice());
      wake?.();
      queueMicrotask(written);
    },
    destroy: end,
  });
  const transport: Transport = {
    framing: "stream",
    certificate: fromBase64(certificate.certificatePem.replace(/-----[^-]+-----|\s/g, "")),
    async read() {
      while (waiting.length === 0 && !ended) {
        if (received >= limit) end();
        else await new Promise<void>((resolve) => wake = resolve);
      }
      const bytes = waiting.shift()?.subarray(0, limit - received);
      if (bytes === undefined || bytes.length === 0) {
        end();
        return null;
      }
      received += bytes.length;
      return bytes;
    },
    write(bytes) {
      if (ended) return Promise.reject(new Error("the connection is closed"));
      socket.emit("data", bytes.slice());
      return Promise.resolve();
    },
    close: end,
  };
  return { transport, peer: new ScriptedPeer(socket, certificate), received: () => received };
}
