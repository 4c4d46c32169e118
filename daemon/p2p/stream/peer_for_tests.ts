/**
 * One end of a direct stream over UDP in a process of its own, for tests and benches:
 * `peer_for_tests.ts sender|receiver HOST SECRET BYTES`. Prints its port, reads the peer's address as
 * `HOST PORT`, then says in JSON how it went.
 * @module
 */
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { fromHex, publicError } from "../../base/mod.ts";
import { sha256 } from "../../crypto/mod.ts";
import { UdpEndpoint } from "../endpoint.ts";
import { pattern } from "../link_for_tests.ts";
import { streamKeys, type StreamRole } from "./keys.ts";
import { UdpStream } from "./udp_stream.ts";

const PIECE = 64 * 1_024;

function say(value: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
}

async function line(): Promise<string> {
  const lines = createInterface({ input: (await import("node:process")).stdin });
  for await (const text of lines) {
    lines.close();
    return text;
  }
  throw new Error("no address came");
}

async function main(role: StreamRole, host: string, secret: string, bytes: number): Promise<void> {
  const endpoint = await UdpEndpoint.open({ hosts: [host] });
  say({ port: endpoint.candidates[0]!.port });
  const [remote, port] = (await line()).split(" ");
  const stream = new UdpStream({
    endpoint,
    id: sha256(fromHex(secret)).slice(0, 8),
    keys: streamKeys(fromHex(secret), role),
    remote: [{ host: remote!, port: Number(port), kind: "host", priority: 0 }],
  });
  const hash = createHash("sha256");
  const piece = pattern(1, PIECE);
  let moved = 0;
  try {
    await stream.opened;
    const begin = performance.now();
    if (role === "sender") {
      await stream.wanted;
      while (moved < bytes) {
        const next = piece.subarray(0, Math.min(PIECE, bytes - moved));
        hash.update(next);
        await stream.write(next);
        moved += next.length;
      }
      await stream.finish();
    } else {
      for (let next; (next = await stream.read()) !== null;) {
        hash.update(next);
        moved += next.length;
      }
    }
    const ms = performance.now() - begin;
    const { rss } = Deno.memoryUsage();
    say({ moved, ms, rss, hash: hash.digest("hex"), ...stream.stats() });
  } catch (error) {
    say({ moved, error: publicError(error).code });
  } finally {
    stream.close();
    await endpoint.close();
  }
}

const [role, host, secret, bytes] = Deno.args;
await main(role as StreamRole, host!, secret!, Number(bytes));
