import assert from "node:assert/strict";
import { el, NS } from "../../core/mod.ts";
import { DOMAIN, PASSWORD, TestClient, testOptions, until, withServer } from "../testing.ts";
import { chat, ManagedClient } from "../testing_managed.ts";

/** Between a client and a server: it can stop to carry anything, and neither side is told. */
class DeadPath implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.Listener<Deno.TcpConn>;
  readonly #conns: Deno.Conn[] = [];
  readonly #work: Promise<void>[] = [];
  #dead = false;

  constructor(to: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    this.#work.push(this.#accept(to));
  }

  /** From now on nothing passes; whoever connects from now on is carried. */
  die(): void {
    this.#dead = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) conn.close();
    await Promise.allSettled(this.#work);
  }

  async #accept(to: number): Promise<void> {
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: to });
      this.#conns.push(near, far);
      this.#work.push(this.#carry(near, far), this.#carry(far, near));
    }
  }

  async #carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(16_384);
    for (let n; (n = await from.read(buffer)) !== null;) {
      // Read and dropped: an end that is never told of, as when a cable is pulled.
      if (this.#dead) continue;
      for (let at = 0; at < n;) at += await to.write(buffer.subarray(at, n));
    }
  }
}

const LIMITS = { idlePingMs: 150, pingTimeoutMs: 150, sweepMs: 20 };

Deno.test("a client that vanished without a word: what was sent to it comes when it is back", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("bob", PASSWORD);
    const alice = await bed.online("alice");
    await using path = new DeadPath(bed.server.port);
    const bob = await TestClient.connect(path.port, (await testOptions()).certificatePem);
    await bob.login("bob", PASSWORD, "phone");
    bob.send(el("presence"));
    await bob.settle();
    path.die();
    for (const body of ["one", "two", "three"]) alice.send(chat(`bob@${DOMAIN}/phone`, body));
    await alice.settle();
    await until(() => bed.server.sessions.of("bob").length === 0);
    const again = await bed.online("bob", "phone");
    for (const body of ["one", "two", "three"]) {
      const message = await again.until((s) => s.getChild("body") !== undefined);
      assert.equal(message.getChildText("body"), body);
    }
    await again.settle();
    await bob.close();
  }, LIMITS);
});

Deno.test("one that can resume finds its session, and each message once", async () => {
  await withServer(async (bed) => {
    await bed.server.createAccount("bob", PASSWORD);
    const alice = await bed.online("alice");
    await using path = new DeadPath(bed.server.port);
    const bob = new ManagedClient(path.port, "bob");
    await bob.start("phone");
    path.die();
    const gone = bob.client!;
    bob.client = undefined;
    for (const body of ["one", "two", "three"]) alice.send(chat("bob", body));
    await until(() => bed.server.sessions.of("bob")[0]?.outlet === undefined);
    alice.send(chat("bob", "four"));
    await alice.settle();
    // It had counted what came before the path died.
    const client = await bed.connect();
    await client.open();
    await client.authenticate("bob", PASSWORD);
    await client.open();
    const h = String(bob.received);
    client.send(el("resume", { xmlns: NS.streamManagement, previd: bob.previd, h }));
    await client.until((element) => element.is("resumed"), "<resumed/>");
    for (const body of ["one", "two", "three", "four"]) {
      const message = await client.until((s) => s.getChild("body") !== undefined);
      assert.equal(message.getChildText("body"), body);
    }
    assert.equal(client.inbox.some((s) => s.getChild("body") !== undefined), false);
    await gone.close();
  }, LIMITS);
});

Deno.test("half-open before TLS and within it: each ends at its deadline, without a word", async () => {
  await withServer(
    async (bed) => {
      const witness = await bed.online("witness");
      const raw: Deno.Conn[] = [];
      for (const port of [bed.server.port, bed.server.starttlsPort!]) {
        for (const said of ["", "\x16\x03\x01\x02\x00\x01", "<stream:stream"]) {
          const conn = await Deno.connect({ hostname: "127.0.0.1", port });
          if (said !== "") await conn.write(new TextEncoder().encode(said));
          raw.push(conn);
        }
      }
      await witness.settle();
      await until(async () => (await bed.server.stats()).connections === 1);
      for (const conn of raw) conn.close();
      await witness.settle();
    },
    { handshakeTimeoutMs: 200, loginTimeoutMs: 300, sweepMs: 20 },
    { starttlsPort: 0 },
  );
});
