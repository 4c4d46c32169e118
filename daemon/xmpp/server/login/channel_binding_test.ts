import assert from "node:assert/strict";
import { fromBase64, fromUtf8, toBase64, utf8 } from "../../../base/mod.ts";
import {
  el,
  type Element,
  NS,
  scramClient,
  type ScramMechanism,
  scramNonce,
} from "../../core/mod.ts";
import { PASSWORD, type TestClient, withSqliteServer } from "../testing.ts";
import { authenticate2, offerOf, testBinding } from "../testing_managed.ts";

const isSasl = (element: Element) => element.getNS() === NS.sasl;

/** A login of alice whose messages can be changed on the way. @returns name and first child */
async function tries(
  client: TestClient,
  mechanism: ScramMechanism,
  binding: Parameters<typeof scramClient>[4],
  change = (message: string) => message,
): Promise<string> {
  const scram = scramClient(mechanism, "alice", PASSWORD, scramNonce, binding);
  const first = change(scram.first());
  client.send(el("auth", { xmlns: NS.sasl, mechanism }, toBase64(utf8(first))));
  let last = await client.until(isSasl);
  if (last.getName() === "challenge") {
    const response = await scram.respond(fromUtf8(fromBase64(last.getText())));
    client.send(el("response", { xmlns: NS.sasl }, toBase64(utf8(response))));
    last = await client.until(isSasl);
  }
  return `${last.getName()} ${last.getChildElements()[0]?.getName() ?? ""}`.trim();
}

Deno.test("SCRAM is bound to the certificate, tells what was offered, and refuses a downgrade", async () => {
  await withSqliteServer(
    async (bed) => {
      await bed.server.createAccount("alice", PASSWORD);
      const binding = await testBinding();
      const connect = async () => {
        const client = await bed.connect();
        const features = await client.open();
        return { client, offer: offerOf(features, "sasl") };
      };
      for (const mechanism of ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"] as const) {
        const { client, offer } = await connect();
        assert.deepEqual(offer.channelBindings, ["tls-server-end-point"]);
        assert.equal(await tries(client, mechanism, { binding, offer }), "success");
      }
      const { client, offer } = await connect();
      // Another certificate: somebody stands between.
      const elsewhere = { ...binding, data: new Uint8Array(32) };
      assert.equal(
        await tries(client, "SCRAM-SHA-256-PLUS", { binding: elsewhere }),
        "failure not-authorized",
      );
      // The client could bind and saw no such mechanism: somebody cut the offer.
      assert.equal(
        await tries(client, "SCRAM-SHA-256", { serverLacksIt: true }),
        "failure not-authorized",
      );
      const exporter = (first: string) => first.replace("tls-server-end-point", "tls-exporter");
      assert.equal(
        await tries(client, "SCRAM-SHA-256-PLUS", { binding }, exporter),
        "failure malformed-request",
      );
      assert.equal(await tries(client, "SCRAM-SHA-256", { offer }), "success");
      // A client that saw another offer finds out before it proves anything.
      const { client: deceived } = await connect();
      const fewer = { ...offer, mechanisms: ["SCRAM-SHA-1"] };
      await assert.rejects(tries(deceived, "SCRAM-SHA-1", { offer: fewer }), {
        code: "login-downgraded",
      });
    },
    {},
    { channelBinding: "everywhere" },
  );
});

Deno.test("by itself binding is offered in SASL2 alone, and holds there", async () => {
  await withSqliteServer(async (bed) => {
    await bed.server.createAccount("alice", PASSWORD);
    const client = await bed.connect();
    const features = await client.open();
    const plus = (profile: "sasl" | "sasl2") =>
      offerOf(features, profile).mechanisms.filter((name) => name.endsWith("-PLUS")).length;
    assert.deepEqual([plus("sasl"), plus("sasl2")], [0, 2]);
    const offer = offerOf(features, "sasl");
    const other = await bed.connect();
    assert.equal((await authenticate2(other, await other.open(), "alice")).getName(), "success");
    assert.equal(await tries(client, "SCRAM-SHA-256", { serverLacksIt: true, offer }), "success");
    const third = await bed.connect();
    await third.open();
    assert.equal(
      await tries(third, "SCRAM-SHA-256-PLUS", { binding: await testBinding() }),
      "failure invalid-mechanism",
    );
  });
});

Deno.test("without channel binding a client that could bind otherwise gets in", async () => {
  await withSqliteServer(
    async (bed) => {
      await bed.server.createAccount("alice", PASSWORD);
      const client = await bed.connect();
      const offer = offerOf(await client.open(), "sasl");
      assert.deepEqual(offer, {
        mechanisms: ["SIMPP-1", "SCRAM-SHA-256", "SCRAM-SHA-1"],
        channelBindings: undefined,
      });
      assert.equal(await tries(client, "SCRAM-SHA-256", { serverLacksIt: true, offer }), "success");
    },
    {},
    { channelBinding: "never" },
  );
});
