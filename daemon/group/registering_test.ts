import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { withRoom } from "./admission.ts";
import { MAX_KNOWN, newGroup } from "./group_state.ts";
import { registrarIdOf, signTicket } from "./ticket.ts";
import { ed25519 } from "../crypto/mod.ts";
import {
  device,
  keyServer,
  specificationOf,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";

Deno.test("who registers and does not join is nobody; a person's key is pinned when they join", async () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network);
  const anna = device("anna@example.org");
  const spec = specificationOf(server.key, [anna]);
  const group = server.host(spec);
  const member = (jid: string) => new TestMember(network, server, spec, device(jid));
  for (let at = 0; at < 1_030; at++) {
    assert.equal((await member(`s${at}@example.org`).register()).kind, "registered");
  }
  assert.equal(group.state.persons.size, 0);
  const [bob, other] = [member("bob@example.org"), member("bob@example.org")];
  await other.register();
  assert.equal((await bob.join()).kind, "joined");
  const { registration } = other.registration!;
  const answer = await other.ask({ kind: "join", registration });
  assert.equal((answer as { code?: string }).code, "other-keys");
  close();
});

Deno.test("for somebody new, who came by the access list and left is forgotten; others never", () => {
  const spec = specificationOf(systemRandom(32), [device("anna@example.org")]);
  const listed = { role: "member", account: systemRandom(32), admission: null, by: "" } as const;
  const persons = new Map(
    Array.from({ length: MAX_KNOWN }, (_, at) => [`p${at}@example.org`, listed] as const),
  );
  const state = { ...newGroup(spec, systemRandom), persons };
  const before = new Map(persons).set("p0@example.org", { ...listed, role: "listener" as never });
  const after = withRoom({ ...state, persons: before }, ["p1@example.org"]);
  assert.equal(after.persons.size, MAX_KNOWN - 1);
  assert.ok(after.persons.has("p0@example.org") && after.persons.has("p1@example.org"));
  assert.ok(!after.persons.has("p2@example.org"));
});

Deno.test("where registrars are named, nobody is told of the group without a ticket", async () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network);
  const signer = ed25519.generate(systemRandom);
  const owner = device("anna@example.org");
  const registrar = { name: "staff", key: signer.public, method: "simpp" as const };
  const spec = specificationOf(server.key, [owner], {
    registrars: [{ ...registrar, address: "registrar.example.org" }],
  });
  server.host(spec);
  const bob = new TestMember(network, server, spec, device("bob@example.org"));
  for (const kind of ["status", "specification"] as const) {
    assert.equal((await bob.ask({ kind }) as { code?: string }).code, "no-ticket");
  }
  const { jid, accountKey, deviceKey } = bob.device;
  const now = Date.now();
  const common = { registrar: registrarIdOf(signer.public), group: spec.group, method: "simpp" };
  const ticket = { ...common, jid, accountKey, deviceKey, issued: now, expires: now + 60_000 };
  await bob.register(signTicket(signer.secret, { ...ticket, nonce: "ab".repeat(16) }));
  assert.equal((await bob.ask({ kind: "status" })).kind, "standing");
  assert.equal((await bob.ask({ kind: "specification" })).kind, "specified");
  close();
});
