import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PeerProcesses } from "./testing_direct_processes.ts";

const ID = "0123456789abcdef".repeat(2);
const [ALICE, BOB] = ["alice@example.org", "bob@example.org"];
/** As much as takes long enough for a kill to come in between. */
const SIZES = { tcp: 48 * 1_048_576, udp: 12 * 1_048_576 };

async function sizeOf(path: string): Promise<number> {
  return (await Deno.stat(path).catch(() => undefined))?.size ?? 0;
}

/** Waits until some of the file has come. */
async function some(path: string, least: number): Promise<void> {
  for (let looks = 0; await sizeOf(path) < least; looks++) {
    assert.ok(looks < 4_000, "nothing comes");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

for (const kind of ["tcp", "udp"] as const) {
  Deno.test(`a file goes on over ${kind} after either device was killed`, async () => {
    const size = SIZES[kind];
    const root = await Deno.makeTempDir();
    await using peers = new PeerProcesses();
    try {
      const [from, into] = [join(root, "from"), join(root, "into")];
      const piece = crypto.getRandomValues(new Uint8Array(65_536));
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; at += piece.length) bytes.set(piece, at);
      await Deno.writeFile(from, bytes);
      const offer = { type: "offer" as const, id: ID, peer: BOB, path: from };
      const alice = peers.start(ALICE, kind);
      alice.tell(offer);
      const { source } = await alice.hear("offered");
      const fetch = { type: "fetch" as const, id: ID, from: ALICE, size, source, path: into };
      const bob = peers.start(BOB, kind);
      bob.tell(fetch);
      await some(into, 1);
      await bob.kill();
      const before = await sizeOf(into);
      assert.ok(before < size, "it was there before Bob could be killed");
      const bobAgain = peers.start(BOB, kind);
      bobAgain.tell(fetch);
      if (kind === "tcp") {
        // Over UDP the receiver notices only after the ten seconds it takes silence for.
        await some(into, before + 1);
        await alice.kill();
        assert.ok(await sizeOf(into) < size, "it was there before Alice could be killed");
        const aliceAgain = peers.start(ALICE, kind);
        aliceAgain.tell(offer);
      }
      const { hash } = await bobAgain.hear("fetched");
      assert.equal(hash, createHash("sha256").update(bytes).digest("hex"));
      assert.equal(await sizeOf(into), size);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}
