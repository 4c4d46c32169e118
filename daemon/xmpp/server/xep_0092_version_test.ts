import assert from "node:assert/strict";
import { el, NS } from "../core/mod.ts";
import { conditionOf, DOMAIN, withSqliteServer } from "./testing.ts";

const query = () => el("query", { xmlns: NS.version });

Deno.test("the server says its name and version only if it is set to", async () => {
  await withSqliteServer(async (bed) => {
    const alice = await bed.login("alice");
    assert.equal(
      conditionOf(await alice.request("get", query(), DOMAIN)),
      "service-unavailable",
    );
  });
  await withSqliteServer(
    async (bed) => {
      const alice = await bed.login("alice");
      const answer = await alice.request("get", query(), DOMAIN);
      const told = answer.getChild("query", NS.version)!;
      assert.deepEqual(
        [told.getChildText("name"), told.getChildText("version")],
        ["simppd", "1.2.3"],
      );
    },
    {},
    { software: { name: "simppd", version: "1.2.3" } },
  );
});
