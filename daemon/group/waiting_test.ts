import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { printSpecification } from "./spec_text.ts";
import {
  device,
  keyServer,
  specificationOf,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";

Deno.test("who joins a slow group over and over waits once, and keeps no other group waiting", async () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network, { mayHost: () => true });
  const owner = device("anna@example.org");
  const spec = specificationOf(server.key, [owner]);
  server.host(spec);
  const anna = new TestMember(network, server, spec, owner);
  await anna.join();

  const account = systemRandom(32);
  const devices = Array.from({ length: 36 }, () => device("mallory@example.org", account));
  const slow = specificationOf(server.key, [devices[0]!], {
    batchInterval: 3_600_000,
    room: "slow@rooms.example.org",
  });
  const maker = new TestMember(network, server, slow, devices[0]!);
  const text = printSpecification(slow);
  assert.equal((await maker.ask({ kind: "host", specification: text })).kind, "done");
  for (const each of devices) {
    const member = new TestMember(network, server, slow, each);
    const answer = await member.register();
    assert.ok(answer.kind === "registered");
    const { registration } = answer;
    for (let times = 0; times < 57; times++) void member.ask({ kind: "join", registration });
  }
  assert.equal(server.group(slow.group)!.waiting, devices.length);
  assert.equal((await anna.ask({ kind: "status" })).kind, "standing");
  const dora = new TestMember(network, server, spec, device("dora@example.org"));
  assert.equal((await dora.join()).kind, "joined");
  close();
});
