import assert from "node:assert/strict";
import { parseCandidates } from "./candidates.ts";
import { UdpEndpoint } from "./endpoint.ts";
import { bareSocket, random, until } from "./link_for_tests.ts";

Deno.test("open() offers the machine's addresses, loopback last, as a peer would take them", async () => {
  const endpoint = await UdpEndpoint.open();
  const { candidates } = endpoint;
  assert.ok(candidates.some((it) => it.host === "127.0.0.1"));
  assert.deepEqual(parseCandidates(JSON.parse(JSON.stringify(candidates))), candidates);
  const kinds = candidates.map((it) => it.kind);
  assert.deepEqual(kinds, [...kinds].sort((a, b) => a < b ? -1 : a > b ? 1 : 0));
  await endpoint.close();
  await endpoint.close();
});

Deno.test("open() refuses hosts that give no socket", async () => {
  await assert.rejects(UdpEndpoint.open({ hosts: ["not an address"] }), { code: "no-socket" });
});

Deno.test("datagrams without a call are counted as strays and never answered", async () => {
  const endpoint = await UdpEndpoint.open({ hosts: ["127.0.0.1"] });
  await using stranger = await bareSocket();
  let answers = 0;
  stranger.on("message", () => answers++);
  for (const length of [0, 1, 18, 40, 1_200, 1_201, 1_900, 9_000]) {
    stranger.send(random(length), endpoint.candidates[0]!.port, "127.0.0.1");
  }
  await until("strays", () => endpoint.strays === 8);
  assert.equal(answers, 0);
  await endpoint.close();
});

Deno.test("attach() hands each call its own datagrams", async () => {
  const endpoint = await UdpEndpoint.open({ hosts: ["127.0.0.1"] });
  await using peer = await bareSocket();
  const got: string[] = [];
  const attach = (name: string) =>
    endpoint.attach(new TextEncoder().encode(name), {
      receive: () => got.push(name),
      lost: () => got.push(`${name} lost`),
    });
  const detach = attach("call");
  attach("echo");
  const send = (name: string) => {
    const datagram = new Uint8Array(40);
    datagram[0] = 0x12;
    datagram.set(new TextEncoder().encode(name), 1);
    peer.send(datagram, endpoint.candidates[0]!.port, "127.0.0.1");
  };
  send("call");
  send("echo");
  await until("both", () => got.length === 2);
  detach();
  send("call");
  await until("a stray", () => endpoint.strays === 1);
  await endpoint.close();
  assert.deepEqual(got.sort(), ["call", "echo", "echo lost"]);
});
