import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { encodeRequest } from "./requests.ts";
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

Deno.test("strangers who ask all they can keep no member from being answered", async () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network);
  const owner = device("anna@example.org");
  const spec = specificationOf(server.key, [owner]);
  server.host(spec);
  const anna = new TestMember(network, server, spec, owner);
  await anna.join();
  const group = "00".repeat(16);
  const asked = encodeRequest({ kind: "status", request: "11".repeat(16), group });
  for (let at = 0; at < 150; at++) {
    const stranger = device(`s${at}@d${at % 6}.evil.example`);
    for (let times = 0; times < 60; times++) await server.receive(stranger, asked);
  }
  assert.equal(network.strays.length, 6_000);
  assert.equal((await anna.ask({ kind: "status" })).kind, "standing");
  close();
});
