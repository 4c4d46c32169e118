import assert from "node:assert/strict";
import { printSpecification } from "./spec_text.ts";
import {
  device,
  keyServer,
  specificationOf,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";

Deno.test("groups of others: one in a room, ended ones free the quota and are kept in number", async () => {
  const network = new TestNetwork();
  const { server, store, close } = keyServer(network, { mayHost: () => true });
  const owner = device("anna@example.org");
  const taken = specificationOf(server.key, [owner]);
  server.host(taken);
  const host = async (who: string, room: string) => {
    const self = device(who);
    const spec = specificationOf(server.key, [self], { room });
    const member = new TestMember(network, server, spec, self);
    const answer = await member.ask({ kind: "host", specification: printSpecification(spec) });
    return { member, code: (answer as { code?: string }).code ?? answer.kind };
  };
  assert.equal((await host("mallory@example.org", taken.room)).code, "room-taken");
  for (let at = 0; at < 40; at++) {
    const { member, code } = await host("mallory@example.org", "again@rooms.example.org");
    assert.equal(code, "done");
    await member.join();
    assert.equal((await member.act({ kind: "close" })).kind, "done");
  }
  assert.equal(store.countOf("mallory@example.org"), 32);
  for (let at = 0; at < 16; at++) {
    assert.equal((await host("mallory@example.org", `r${at}@rooms.example.org`)).code, "done");
  }
  assert.equal((await host("mallory@example.org", "r16@rooms.example.org")).code, "too-many");
  assert.equal((await host("bob@example.org", "r16@rooms.example.org")).code, "done");
  close();
});
