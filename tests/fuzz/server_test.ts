import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { utf8 } from "../../daemon/base/mod.ts";
import { el } from "../../daemon/xmpp/core/mod.ts";
import { PASSWORD, TestClient } from "../../daemon/xmpp/server/testing.ts";
import { chunks, mutate, mutations } from "./mutations.ts";
import { record } from "./recording.ts";
import { fuzzRuns, SEED } from "./runs.ts";
import { ServerProcess } from "./server_process.ts";
import { CLEAR, COMPONENT_SAYS } from "./sessions.ts";
import type { WirePeer } from "./wire_peer.ts";

/** Streams that are under way at the same time. */
const AT_ONCE = 8;
/** What the server may grow by while all this goes on, however long. */
const GROWTH_MB = 200;
/** So long a stream may say nothing after it was told something. */
const QUIET_MS = 40;

const recordings = await record();

/** Two who talk all the time, and must not notice anything. */
class HealthyPair {
  #said = 0;

  private constructor(readonly ann: TestClient, readonly ben: TestClient) {}

  static async join(server: ServerProcess): Promise<HealthyPair> {
    const join = async (name: string) => {
      const client = await TestClient.connect(server.port, server.certificatePem);
      await client.login(name, PASSWORD, "healthy");
      client.send(el("presence"));
      await client.until(({ attrs }) => attrs.from === client.jid);
      return client;
    };
    return new HealthyPair(await join("ann"), await join("ben"));
  }

  /** A line and its answer. */
  async talk(): Promise<void> {
    const text = `line ${++this.#said}`;
    const [from, to] = this.#said % 2 === 0 ? [this.ann, this.ben] : [this.ben, this.ann];
    from.send(el("message", { to: to.jid, type: "chat" }, el("body", {}, text)));
    const line = await to.until((stanza) => stanza.getChildText("body") === text, text);
    assert.equal(line.attrs.from, from.jid);
  }

  async close(): Promise<void> {
    await Promise.all([this.ann.close(), this.ben.close()]);
  }
}

/** What is behind a login waits for its outcome. */
const LOGIN = /<\/auth(enticate)?>/;

/** All is said, or the other side hung up; then nothing came for a while. */
async function tell(peer: WirePeer, bytes: Uint8Array, lengths: readonly number[]): Promise<void> {
  const login = LOGIN.exec(Buffer.from(bytes).toString("latin1"));
  const begin = login === null ? 0 : login.index + login[0].length;
  for (const part of [bytes.subarray(0, begin), bytes.subarray(begin)]) {
    for (const piece of chunks(part, lengths)) if (!await peer.write(piece)) break;
    if (part.length > 0) await quiet(peer);
  }
}

async function quiet(peer: WirePeer): Promise<void> {
  for (let came = -1; !peer.over && came !== peer.heard.length;) {
    came = peer.heard.length;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([peer.ended, new Promise((r) => timer = setTimeout(r, QUIET_MS))]);
    clearTimeout(timer);
  }
}

/** What comes back is a stream, and it ends as streams end. */
function judge(peer: WirePeer): void {
  assert.equal(peer.malformed, undefined, "the server writes well-formed streams");
  assert.ok(!peer.errors.includes("internal-server-error"), "nothing was unforeseen");
  const internal = peer.stanzas.find((stanza) =>
    stanza.getChild("error")?.getChild("internal-server-error") !== undefined
  );
  assert.equal(internal?.toString(), undefined, "no stanza was unforeseen");
  if (peer.over) assert.ok(peer.closed, "it ends with </stream:stream>, with an error or in peace");
}

type Target = { name: string; bytes: Uint8Array; open(server: ServerProcess): Promise<WirePeer> };
const targets: Target[] = [
  ...recordings.map(({ name, said }): Target => ({
    name,
    bytes: said,
    open: (server) => server.client(),
  })),
  { name: "before TLS", bytes: utf8(CLEAR), open: (server) => server.clear() },
];

async function withServer(
  work: (server: ServerProcess, pair: HealthyPair) => Promise<void>,
): Promise<void> {
  const server = await ServerProcess.start();
  try {
    const pair = await HealthyPair.join(server);
    try {
      await work(server, pair);
    } finally {
      await pair.close();
    }
  } finally {
    await server.stop();
  }
}

Deno.test("whole sessions, every byte by itself: the server takes them as they are", async () => {
  await withServer(async (server, pair) => {
    for (const { name, bytes, open } of targets.slice(0, 14)) {
      const peer = await open(server);
      await tell(peer, bytes, [1]);
      assert.deepEqual(peer.errors, [], name);
      judge(peer);
      await peer.close();
      await pair.talk();
    }
  });
});

Deno.test("changed sessions end by themselves, disturb nobody and cost no memory", async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 4 });
  const one = fc.tuple(fc.constantFrom(...targets), mutations, lengths);
  await withServer(async (server, pair) => {
    const attack = async (
      [target, changes, lengths]: [Target, Parameters<typeof mutate>[1], number[]],
    ) => {
      const peer = await target.open(server);
      try {
        await tell(peer, mutate(target.bytes, changes), lengths);
        // Before TLS it goes without a word where somebody may have put something in between.
        if (target.name !== "before TLS") judge(peer);
      } finally {
        await peer.close();
      }
    };
    const round = fc.array(one, { minLength: AT_ONCE, maxLength: AT_ONCE });
    // What the first ones make it load is not growth.
    await fc.assert(
      fc.asyncProperty(round, async (attacks) => {
        await Promise.all(attacks.map(attack));
      }),
      { numRuns: 3, seed: SEED },
    );
    const before = await server.megabytes();
    await fc.assert(
      fc.asyncProperty(round, async (attacks) => {
        await Promise.all([...attacks.map(attack), pair.talk(), pair.talk()]);
        await pair.talk();
      }),
      { numRuns: fuzzRuns(0.4), seed: SEED, endOnFailure: true },
    );
    const grown = await server.megabytes() - before;
    assert.ok(grown < GROWTH_MB, `the server grew by ${grown} MB`);
  });
});

Deno.test("a changed component's stream ends by itself and disturbs nobody", async () => {
  await withServer(async (server, pair) => {
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        const peer = await server.component();
        try {
          await tell(peer, mutate(utf8(COMPONENT_SAYS), changes), [4_000]);
          judge(peer);
        } finally {
          await peer.close();
        }
        await pair.talk();
      }),
      { numRuns: fuzzRuns(0.4), seed: SEED, endOnFailure: true },
    );
  });
});
