import assert from "node:assert/strict";
import { toBase64 } from "../../base/mod.ts";
import { el, type Element, hashedTokenClient, NS } from "../core/mod.ts";
import { ClockWatch } from "./clock_watch.ts";
import { DOMAIN, PASSWORD, type TestBed, until, withServer, withSqliteServer } from "./testing.ts";
import { authenticate2, chat, ManagedClient, testBinding } from "./testing_managed.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Sets the wall clock of this process, as somebody does who sets that of the machine. */
class WallClock implements Disposable {
  readonly #real = Date.now;

  leap(ms: number): void {
    const before = Date.now;
    Date.now = () => before() + ms;
  }

  [Symbol.dispose](): void {
    Date.now = this.#real;
  }
}

async function archived(bed: TestBed, name: string): Promise<{ body: string; at: number }[]> {
  const client = await bed.login(name);
  client.send(el("iq", { type: "set", id: "all" }, el("query", { xmlns: NS.archive })));
  await client.until(({ attrs }) => attrs.id === "all", "the end of the archive");
  const forwarded = client.inbox.flatMap((stanza) =>
    stanza.getChild("result", NS.archive)?.getChild("forwarded", NS.forward) ?? []
  );
  await client.close();
  return forwarded.map((each) => ({
    body: each.getChild("message")!.getChildText("body")!,
    at: Date.parse(each.getChild("delay")!.attrs.stamp!),
  }));
}

Deno.test("the clock leaps forward and back: messages come, are kept and archived in order", async () => {
  using clock = new WallClock();
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    await bed.server.createAccount("bob", PASSWORD);
    const sent: string[] = [];
    for (const leap of [0, 3 * HOUR, -8 * HOUR, HOUR / 2, -40 * DAY, 40 * DAY]) {
      clock.leap(leap);
      for (let i = 0; i < 3; i++) {
        sent.push(`${sent.length}`);
        alice.send(chat("bob", sent.at(-1)!));
      }
      assert.deepEqual(await alice.settle(), []);
    }
    const before = await archived(bed, "bob");
    assert.deepEqual(before.map(({ body }) => body), sent);
    assert.deepEqual(before.map(({ at }) => at), before.map(({ at }) => at).sort());
    const bob = await bed.online("bob");
    for (const body of sent) {
      const message = await bob.until((s) => s.getChild("body") !== undefined);
      assert.equal(message.getChildText("body"), body);
      assert.ok(Date.parse(message.getChild("delay", NS.delay)!.attrs.stamp!) > 0);
    }
  });
});

Deno.test("a clock that is wrong for a while empties no archive", async () => {
  using clock = new WallClock();
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    alice.send(chat("alice", "kept"));
    await alice.settle();
    clock.leap(400 * DAY);
    for (let i = 0; i < 20; i++) await alice.settle();
    await new Promise((resolve) => setTimeout(resolve, 300));
    clock.leap(-400 * DAY);
    assert.deepEqual((await archived(bed, "alice")).map(({ body }) => body), ["kept"]);
  }, { sweepMs: 2 });
});

Deno.test("ClockWatch believes the wall clock again when it went with time for hours", () => {
  const watch = new ClockWatch(0, 0);
  assert.ok(watch.calm(1_000, 1_000));
  assert.ok(watch.calm(HOUR / 2, 2_000), "small steps are none");
  for (const leap of [10 * DAY, -10 * DAY]) {
    const begin = 100 * DAY + leap;
    assert.equal(watch.calm(begin, 3_000), false);
    assert.equal(watch.calm(begin + HOUR, 3_000 + HOUR), false);
    assert.equal(watch.calm(begin + 7 * HOUR, 3_000 + 7 * HOUR), true);
    watch.calm(0, 3_000);
  }
});

Deno.test("bans and back-off last as long as they last, whatever the clock says", async () => {
  using clock = new WallClock();
  await withSqliteServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const client = await bed.connect();
    await client.open();
    for (let i = 0; i < 3; i++) await client.authenticate("alice", "wrong");
    assert.equal((await bed.server.stats()).bannedAddresses, 1);
    clock.leap(400 * DAY);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await bed.server.stats()).bannedAddresses, 1);
    clock.leap(-800 * DAY);
    await until(async () => (await bed.server.stats()).bannedAddresses === 0);
    await bed.login("alice");
  }, { failuresBeforeBan: 3, banMs: 800, backoffMs: 1, longestBackoffMs: 1, sweepMs: 10 });
});

Deno.test("a session waits for its client as long as it should, whatever the clock says", async () => {
  using clock = new WallClock();
  await withSqliteServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const alice = new ManagedClient(bed.server.port, "alice");
    await alice.start();
    for (const leap of [30 * DAY, -60 * DAY]) {
      await alice.cut();
      clock.leap(leap);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal((await alice.resume()).getName(), "resumed");
    }
    await alice.cut();
  }, { sweepMs: 10 });
});

Deno.test("tokens and invitations run out by the clock, and an hour back breaks neither", async () => {
  using clock = new WallClock();
  await withServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const { token } = await bed.server.createInvitation(`alice@${DOMAIN}`, 86_400);
    const agent = el("user-agent", { id: "device" });
    const request = el("request-token", { xmlns: NS.fast, mechanism: "HT-SHA-256-ENDP" });
    const first = await bed.connect();
    const success = await authenticate2(first, await first.open(), "alice", [agent, request]);
    const fast = success.getChild("token", NS.fast)!.attrs.token!;
    const byToken = async (): Promise<Element> => {
      const client = await bed.connect();
      await client.open();
      const { data } = await testBinding();
      const login = hashedTokenClient("HT-SHA-256-ENDP", "alice", fast, data);
      client.send(el(
        "authenticate",
        { xmlns: NS.sasl2, mechanism: "HT-SHA-256-ENDP" },
        el("initial-response", {}, toBase64(login.first())),
        agent,
        el("fast", { xmlns: NS.fast }),
      ));
      return await client.until((element) => element.getNS() === NS.sasl2);
    };
    const invited = () => bed.server.storage.invitations.inviterOf(token, Date.now());
    clock.leap(-HOUR);
    assert.equal((await byToken()).getName(), "success");
    assert.equal(invited(), "alice");
    clock.leap(30 * DAY);
    assert.ok((await byToken()).getChild("credentials-expired"));
    assert.equal(invited(), undefined);
    // Who has a password is let in all the same.
    await bed.login("alice");
  });
});
