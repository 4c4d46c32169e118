import assert from "node:assert/strict";
import { toBase64 } from "../../../base/mod.ts";
import { loginProfile, systemRandom } from "../../../crypto/mod.ts";
import { el, type Element, hashedTokenClient, NS } from "../../core/mod.ts";
import {
  DOMAIN,
  PASSWORD,
  type TestBed,
  type TestClient,
  until,
  withSqliteServer,
} from "../testing.ts";
import { authenticate2, authenticateByKey, testBinding } from "../testing_managed.ts";

/** Connections at a time. */
const AT_ONCE = 16;

/** Cuts `flow` at each byte its client writes, one after the other until it ends by itself. */
async function cutEverywhere(
  bed: TestBed,
  flow: (client: TestClient) => Promise<unknown>,
): Promise<number> {
  let whole = 0;
  let next = 0;
  const worker = async () => {
    while (whole === 0) {
      const cut = next++;
      const client = await bed.connect();
      client.budget = cut;
      const done = await flow(client).then(() => true, () => false);
      await client.close();
      if (done) whole = Math.max(whole, cut);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await until(async () => (await bed.server.stats()).connections === 0);
  await until(() => bed.server.sessions.count === bed.server.resumptions.waiting.length);
  return whole;
}

const LIMITS = { sessionsPerAccount: 1_000, resumeMs: 100, sweepMs: 20 };
const enable = el("enable", { xmlns: NS.streamManagement, resume: "true" });
const enabled = (element: Element) => element.is("enabled");

Deno.test("a login by SASL cut off at any byte leaves nothing behind", async () => {
  await withSqliteServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const bytes = await cutEverywhere(bed, async (client) => {
      await client.login("alice", PASSWORD);
      client.send(enable);
      await client.until(enabled);
    });
    assert.ok(bytes > 600);
    await until(() => bed.server.sessions.count === 0);
    assert.equal((await bed.server.stats()).bannedAddresses, 0);
    await (await bed.login("alice")).settle();
  }, LIMITS);
});

Deno.test("a login by SIMPP-1 cut off at any byte leaves nothing behind", async () => {
  await withSqliteServer(async (bed) => {
    const own = loginProfile("simpp-modern").clientSigner.generate(systemRandom);
    const loginKeys = [{ profile: "simpp-modern", public: own.public }] as const;
    await bed.server.createAccount("alice", { loginKeys });
    const login = async (client: TestClient) => {
      await client.open();
      const outcome = await authenticateByKey(client, bed.server, "alice", own);
      assert.equal(outcome.getName(), "success");
      await client.open();
      await client.request("set", el("bind", { xmlns: NS.bind }));
    };
    const bytes = await cutEverywhere(bed, login);
    assert.ok(bytes > 600);
    await until(() => bed.server.sessions.count === 0);
    assert.equal((await bed.server.stats()).bannedAddresses, 0);
    await login(await bed.connect());
  }, LIMITS);
});

Deno.test("a login by SASL2 and a token, with everything inline, leaves nothing behind either", async () => {
  await withSqliteServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const agent = el("user-agent", { id: "device-1" });
    const request = el("request-token", { xmlns: NS.fast, mechanism: "HT-SHA-256-ENDP" });
    const first = await bed.connect();
    const success = await authenticate2(first, await first.open(), "alice", [agent, request]);
    await first.close();
    const { token } = success.getChild("token", NS.fast)!.attrs;
    const endPoint = (await testBinding()).data;
    const bytes = await cutEverywhere(bed, async (client) => {
      await client.open();
      const login = hashedTokenClient("HT-SHA-256-ENDP", "alice", token!, endPoint);
      client.send(el(
        "authenticate",
        { xmlns: NS.sasl2, mechanism: "HT-SHA-256-ENDP" },
        el("initial-response", {}, toBase64(login.first())),
        el("bind", { xmlns: NS.bind2 }, el("tag", {}, "cut"), enable),
        agent,
        el("fast", { xmlns: NS.fast }),
      ));
      await client.until((element) => element.getNS() === NS.sasl2);
    });
    assert.ok(bytes > 400);
    await until(() => bed.server.sessions.count === 0);
    await (await bed.login("alice")).settle();
  }, LIMITS);
});

Deno.test("what goes before TLS cut off at any byte leaves nothing behind", async () => {
  await withSqliteServer(
    async (bed) => {
      const text = `<?xml version='1.0'?><stream:stream to='${DOMAIN}' version='1.0' ` +
        `xmlns='${NS.client}' xmlns:stream='${NS.stream}'><starttls xmlns='${NS.tls}'/>`;
      const bytes = new TextEncoder().encode(text + "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
      for (let cut = 0; cut <= bytes.length; cut++) {
        const conn = await Deno.connect({ hostname: "127.0.0.1", port: bed.server.starttlsPort! });
        await conn.write(bytes.subarray(0, Math.min(cut, text.length)));
        if (cut > text.length) {
          // Only what comes after <proceed/> is TLS.
          const buffer = new Uint8Array(4096);
          let came = "";
          while (!came.includes("<proceed")) {
            const n = await conn.read(buffer);
            assert.ok(n !== null);
            came += new TextDecoder().decode(buffer.subarray(0, n));
          }
          await conn.write(bytes.subarray(text.length, cut));
        }
        // Half of them half-open: they say that they send no more, and stay.
        if (cut % 2 === 0) await conn.closeWrite().catch(() => {});
        conn.close();
      }
      await until(async () => (await bed.server.stats()).connections === 0);
    },
    { loginTimeoutMs: 2_000, sweepMs: 50 },
    { starttlsPort: 0 },
  );
});

Deno.test("a resumption cut off at any byte can be made again", async () => {
  await withSqliteServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const start = await bed.login("alice", "phone");
    start.send(enable);
    const { id: previd } = (await start.until(enabled)).attrs;
    await start.close();
    const bytes = await cutEverywhere(bed, async (client) => {
      await client.open();
      await client.authenticate("alice", PASSWORD);
      await client.open();
      client.send(el("resume", { xmlns: NS.streamManagement, previd, h: "0" }));
      await client.until((element) => element.is("resumed"));
    });
    assert.ok(bytes > 600);
    assert.deepEqual(bed.server.sessions.of("alice").map(({ jid }) => jid.resource), ["phone"]);
  }, { sweepMs: 20 });
});
