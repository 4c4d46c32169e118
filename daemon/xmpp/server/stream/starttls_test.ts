import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../base/mod.ts";
import { NS } from "../../core/mod.ts";
import { XmppServer } from "../server.ts";
import { DOMAIN, PASSWORD, TestClient, testOptions, until, withSqliteServer } from "../testing.ts";

const HEADER = `<stream:stream to='${DOMAIN}' version='1.0' xmlns='${NS.client}' ` +
  `xmlns:stream='${NS.stream}'>`;
const STARTTLS = `<starttls xmlns='${NS.tls}'/>`;
const PROCEED = /<proceed [^>]*\/>$/;

/** A connection in clear, read as text. */
class Clear {
  text = "";
  constructor(readonly conn: Deno.TcpConn) {}

  static async connect(port: number): Promise<Clear> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay();
    return new Clear(conn);
  }
  async write(text: string): Promise<void> {
    let bytes = utf8(text);
    while (bytes.length > 0) bytes = bytes.subarray(await this.conn.write(bytes));
  }
  /** Reads until the text fits, or to the end. @returns whether it fits */
  async until(fits: RegExp): Promise<boolean> {
    const buffer = new Uint8Array(4096);
    while (!fits.test(this.text)) {
      const n = await this.conn.read(buffer).catch(() => null);
      if (n === null) return false;
      this.text += fromUtf8(buffer.subarray(0, n));
    }
    return true;
  }
  close(): void {
    try {
      this.conn.close();
    } catch {
      // TLS has taken it.
    }
  }
}

async function starttls(port: number, certificatePem: string): Promise<TestClient> {
  const clear = await Clear.connect(port);
  await clear.write(HEADER);
  assert.ok(await clear.until(/<\/stream:features>$/));
  await clear.write(STARTTLS);
  assert.ok(await clear.until(PROCEED));
  return await TestClient.secure(clear.conn, certificatePem);
}

Deno.test("before TLS only STARTTLS is offered, required; after it a client logs in", async () => {
  await withSqliteServer(
    async (bed) => {
      const { certificatePem } = await testOptions();
      await bed.server.createAccount("alice", PASSWORD);
      const clear = await Clear.connect(bed.server.starttlsPort!);
      await clear.write(HEADER);
      await clear.until(/<\/stream:features>$/);
      const features = /<stream:features[^>]*>(.*)<\/stream:features>/.exec(clear.text)![1];
      assert.equal(features, `<starttls xmlns="${NS.tls}"><required/></starttls>`);
      clear.close();
      const client = await starttls(bed.server.starttlsPort!, certificatePem);
      await client.login("alice", PASSWORD, "phone");
      assert.equal(client.jid, `alice@${DOMAIN}/phone`);
      await client.settle();
      await client.close();
      await until(async () => (await bed.server.stats()).connections === 0);
    },
    {},
    { starttlsPort: 0 },
  );
});

Deno.test("in clear nothing else is taken, and each thing ends with its error", async (t) => {
  const cases: [string, string, string][] = [
    ["a login", `<auth xmlns='${NS.sasl}' mechanism='SCRAM-SHA-1'>eA==</auth>`, "policy-violation"],
    ["a stanza", "<message/>", "policy-violation"],
    ["a starttls of another namespace", "<starttls/>", "policy-violation"],
    ["too many bytes", `<starttls a='${"x".repeat(3_000)}'`, "policy-violation"],
    ["a starttls with children", "<starttls><a><b/></a></starttls>", "policy-violation"],
    ["no XML", "\x16\x03\x01\x02\x00", "not-well-formed"],
    ["a message behind starttls", `${STARTTLS}<message/>`, "policy-violation"],
    ["a line end behind starttls", `${STARTTLS}\n`, "policy-violation"],
  ];
  await withSqliteServer(
    async (bed) => {
      for (const [what, text, condition] of cases) {
        await t.step(what, async () => {
          const clear = await Clear.connect(bed.server.starttlsPort!);
          await clear.write(HEADER + text);
          await clear.until(/(?!)/);
          assert.ok(clear.text.includes(`<${condition} `), clear.text);
          assert.ok(!clear.text.includes("<proceed"), "no TLS was begun");
          clear.close();
        });
      }
      const clear = await Clear.connect(bed.server.starttlsPort!);
      await clear.write("</stream:stream>");
      await clear.until(/(?!)/);
      clear.close();
      await until(async () => (await bed.server.stats()).connections === 0);
    },
    {},
    { starttlsPort: 0 },
  );
});

/** What somebody on the way puts in, in the client's name. */
const INJECTED =
  `<?xml version='1.0'?>${HEADER}<auth xmlns='${NS.sasl}' mechanism='SCRAM-SHA-256'>` +
  `${btoa("n,,n=alice,r=abcdefghij")}</auth>`;

/** Ways to get clear text to where decrypted text is expected. */
const WAYS: Record<string, (clear: Clear) => Promise<void>> = {
  "in one segment": async (clear) => {
    await clear.write(STARTTLS + INJECTED);
  },
  "at once behind": async (clear) => {
    await clear.write(STARTTLS);
    await clear.write(INJECTED);
  },
  "after proceed": async (clear) => {
    await clear.write(STARTTLS);
    await clear.until(PROCEED);
    await clear.write(INJECTED);
  },
};

Deno.test("clear text behind <starttls/> is never taken for the client's, many at once", async () => {
  await withSqliteServer(
    async (bed) => {
      const { certificatePem } = await testOptions();
      const port = bed.server.starttlsPort!;
      await bed.server.createAccount("alice", PASSWORD);
      const honest = async () => {
        const client = await starttls(port, certificatePem);
        await client.login("alice", PASSWORD);
        await client.settle();
        await client.close();
      };
      /** @returns what came inside TLS without the client having sent anything there */
      const attack = async (way: (clear: Clear) => Promise<void>): Promise<string> => {
        const clear = await Clear.connect(port);
        await clear.write(HEADER);
        await clear.until(/<\/stream:features>$/);
        await way(clear).catch(() => {});
        if (!await clear.until(PROCEED)) {
          clear.close();
          return "";
        }
        try {
          const tls = await TestClient.secure(clear.conn, certificatePem);
          await new Promise((resolve) => setTimeout(resolve, 200));
          const came = tls.inbox.map(String).join();
          await tls.close();
          return came || "TLS, and silence";
        } catch {
          return "";
        }
      };
      const attacks: Promise<string>[] = [];
      const logins: Promise<void>[] = [];
      for (const way of Object.values(WAYS)) {
        for (let i = 0; i < 40; i++) attacks.push(attack(way));
      }
      for (let i = 0; i < 20; i++) logins.push(honest());
      assert.deepEqual(new Set(await Promise.all(attacks)), new Set([""]));
      await Promise.all(logins);
      await until(async () => (await bed.server.stats()).connections === 0);
    },
    { sessionsPerAccount: 50 },
    { starttlsPort: 0 },
  );
});

Deno.test("who is silent in clear, or in the handshake, is dropped at its deadline", async () => {
  await withSqliteServer(
    async (bed) => {
      const silent = await Clear.connect(bed.server.starttlsPort!);
      const slow = await Clear.connect(bed.server.starttlsPort!);
      await slow.write(HEADER);
      const handshake = await Clear.connect(bed.server.starttlsPort!);
      await handshake.write(HEADER + STARTTLS);
      const direct = await Clear.connect(bed.server.port);
      for (const clear of [silent, slow, handshake, direct]) {
        assert.equal(await clear.until(/(?!)/), false);
        clear.close();
      }
      assert.match(handshake.text, PROCEED);
      await until(async () => (await bed.server.stats()).connections === 0);
    },
    { loginTimeoutMs: 400, handshakeTimeoutMs: 300, sweepMs: 50 },
    { starttlsPort: 0 },
  );
});

Deno.test("past an address's limit the oldest silent one goes, in clear too", async () => {
  await withSqliteServer(
    async (bed) => {
      await bed.server.createAccount("alice", PASSWORD);
      const { certificatePem } = await testOptions();
      const silent = await Promise.all(
        Array.from({ length: 30 }, () => Clear.connect(bed.server.starttlsPort!)),
      );
      const client = await starttls(bed.server.starttlsPort!, certificatePem);
      await client.login("alice", PASSWORD);
      await until(async () => (await bed.server.stats()).connections === 10);
      assert.equal((await bed.server.stats()).refused, 21);
      await client.close();
      for (const clear of silent) clear.close();
    },
    { loginsPerAddress: 10 },
    { starttlsPort: 0 },
  );
});

Deno.test("both ports move together, and a taken STARTTLS port falls back to a free one", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const wanted = (taken.addr as Deno.NetAddr).port;
  const server = await XmppServer.start({ ...await testOptions(), starttlsPort: wanted });
  try {
    const { port, starttlsPort } = server;
    assert.ok(starttlsPort !== undefined && starttlsPort !== wanted && starttlsPort !== port);
    assert.deepEqual(await server.listen("0.0.0.0", port), { host: "0.0.0.0", port, starttlsPort });
    await assert.rejects(server.listen("192.0.2.1", 0), { code: "cannot-listen" });
    assert.equal(server.starttlsPort, starttlsPort);
    (await Clear.connect(starttlsPort)).close();
  } finally {
    taken.close();
    await server.stop();
  }
});
