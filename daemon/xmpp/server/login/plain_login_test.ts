import assert from "node:assert/strict";
import { toBase64, utf8 } from "../../../base/mod.ts";
import { el, NS } from "../../core/mod.ts";
import { type CredentialSource, deriveCredentials } from "./credentials.ts";
import { plainExchange } from "./plain_login.ts";
import { PASSWORD, type TestBed, type TestClient, withSqliteServer } from "../testing.ts";

const plain = (message: string) =>
  el("auth", { xmlns: NS.sasl, mechanism: "PLAIN" }, toBase64(utf8(message)));

/** @returns name of the answer and of its first child */
async function tries(client: TestClient, message: string): Promise<string> {
  client.send(plain(message));
  const answer = await client.until((element) => element.getNS() === NS.sasl, "an answer");
  return `${answer.getName()} ${answer.getChildElements()[0]?.getName() ?? ""}`.trim();
}

async function opened(bed: TestBed): Promise<TestClient> {
  const client = await bed.connect();
  await client.open();
  return client;
}

Deno.test("PLAIN lets in who knows the password, where it is offered", async () => {
  await withSqliteServer(
    async (bed) => {
      await bed.server.createAccount("alice", PASSWORD);
      const client = await bed.connect();
      const features = await client.open();
      const offered = features.getChild("mechanisms", NS.sasl)!.getChildren("mechanism");
      assert.equal(offered.at(-1)!.getText(), "PLAIN");
      assert.equal(await tries(client, "\0alice\0wrong"), "failure not-authorized");
      assert.equal(await tries(client, `\0nobody\0${PASSWORD}`), "failure not-authorized");
      assert.equal(await tries(client, `\0alice\0${PASSWORD}`), "success");

      const strict = await opened(bed);
      assert.equal(await tries(strict, `bob\0alice\0${PASSWORD}`), "failure invalid-authzid");
      assert.equal(await tries(strict, `alice\0${PASSWORD}`), "failure malformed-request");
      assert.equal(await tries(strict, `\0alice\0${PASSWORD}\0`), "failure malformed-request");
      const own = await opened(bed);
      assert.equal(await tries(own, `alice@${bed.server.domain}\0alice\0${PASSWORD}`), "success");
      const odd = await opened(bed);
      assert.equal(await tries(odd, "\0alice\0\u0007\u200b"), "failure not-authorized");
    },
    {},
    { plain: true },
  );
});

Deno.test("who guessed too often by PLAIN does not learn that a guess was right", async () => {
  await withSqliteServer(
    async (bed) => {
      await bed.server.createAccount("alice", PASSWORD);
      const client = await opened(bed);
      for (let n = 0; n < 2; n++) {
        assert.equal(await tries(client, "\0alice\0wrong"), "failure not-authorized");
      }
      assert.equal(await tries(client, "\0alice\0wrong"), "failure temporary-auth-failure");
      const other = await opened(bed);
      assert.equal(await tries(other, `\0alice\0${PASSWORD}`), "failure temporary-auth-failure");
    },
    { failuresBeforeBackoff: 2, backoffMs: 60_000 },
    { plain: true },
  );
});

Deno.test("PLAIN does not let the last owner of a name in at the next one's account", async () => {
  const kept = await deriveCredentials(PASSWORD, 4096);
  const next = await deriveCredentials("the next owner's own", 4096);
  const of = (all: typeof kept) => all.find(({ mechanism }) => mechanism === "SCRAM-SHA-256")!;
  let asked = 0;
  const source = { find: () => of(asked++ === 0 ? kept : next) } as unknown as CredentialSource;
  const begun = await plainExchange(source, (user) => user).first(utf8(`\0bob\0${PASSWORD}`));
  await assert.rejects(async () => await begun.prove!(), { condition: "not-authorized" });
  const same = { find: () => of(kept) } as unknown as CredentialSource;
  const good = await plainExchange(same, (user) => user).first(utf8(`\0bob\0${PASSWORD}`));
  await good.prove!();
});
