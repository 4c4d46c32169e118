import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { Registrar } from "./registrar.ts";
import {
  device,
  keyServer,
  specificationOf,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";
import { ANY_GROUP } from "./ticket.ts";
import { UserDirectory } from "./user_directory.ts";

const code = (answer: { kind: string }) =>
  answer.kind === "refused" ? (answer as unknown as { code: string }).code : answer.kind;

function stage() {
  let at = Date.now();
  const now = () => at;
  const network = new TestNetwork();
  const home = keyServer(network, { now });
  const make = () =>
    new Registrar({ secret: systemRandom(32), method: "simpp", random: systemRandom, now });
  const [registrar, second, foreign] = [make(), make(), make()];
  const anna = device("anna@example.org");
  const entry = (key: Registrar["key"], name: string) =>
    ({ name, key, method: "simpp", address: "registrar.example.org" }) as const;
  const spec = specificationOf(home.server.key, [anna], {
    registrars: [entry(registrar.key, "one"), entry(second.key, "two")],
  });
  home.server.host(spec);
  const member = (self = device("bob@example.org")) =>
    new TestMember(network, home.server, spec, self);
  return { ...home, spec, registrar, second, foreign, member, pass: (ms: number) => at += ms };
}

Deno.test("a group with registrars takes whom one of them vouches for, once a ticket", async () => {
  const { registrar, second, spec, member, close } = stage();
  const bob = member();
  assert.equal(code(await bob.register()), "no-ticket");
  const ticket = registrar.issue(spec.group, bob.device);
  assert.equal(code(await bob.register(ticket)), "registered");
  const joined = await bob.ask({ kind: "join", registration: bob.registration!.registration });
  assert.equal(joined.kind, "joined");
  assert.equal(code(await bob.register(ticket)), "ticket-used");
  assert.equal(code(await member(device("carl@example.org")).register(ticket)), "bad-ticket");
  const dora = member(device("dora@example.org"));
  assert.equal(code(await dora.register(second.issue(ANY_GROUP, dora.device))), "registered");
  close();
});

Deno.test("tickets of others, for others, changed, or of another time are refused", async () => {
  const { registrar, foreign, spec, member, pass, close } = stage();
  const bob = member();
  const refusal = async (ticket: Uint8Array<ArrayBuffer>) => code(await bob.register(ticket));
  assert.equal(await refusal(foreign.issue(spec.group, bob.device)), "bad-ticket");
  assert.equal(await refusal(registrar.issue("ab".repeat(16), bob.device)), "bad-ticket");
  const other = { ...bob.device, accountKey: systemRandom(32) };
  assert.equal(await refusal(registrar.issue(spec.group, other)), "bad-ticket");
  const changed = registrar.issue(spec.group, bob.device);
  changed[30]! ^= 1;
  assert.match(await refusal(changed), /^bad-/);
  assert.equal(await refusal(changed.slice(0, 40)), "bad-group-message");
  const old = registrar.issue(spec.group, bob.device);
  pass(16 * 60_000);
  assert.equal(await refusal(old), "ticket-expired");
  const early = registrar.issue(spec.group, bob.device);
  pass(-16 * 60_000);
  assert.equal(await refusal(early), "ticket-expired");
  // Clocks may differ by some minutes.
  pass(12 * 60_000);
  assert.equal(await refusal(early), "registered");
  close();
});

Deno.test("a directory knows its users by their passwords, and names a line that is wrong", async () => {
  const line = await UserDirectory.line("bob@example.org", "correct horse", systemRandom);
  const users = UserDirectory.parse(`# people\n\n${line}\n`);
  assert.equal(users.size, 1);
  assert.ok(await users.knows("bob@example.org", "correct horse"));
  assert.ok(!await users.knows("bob@example.org", "wrong"));
  assert.ok(!await users.knows("eve@example.org", "correct horse"));
  const all = await Promise.allSettled(
    Array.from({ length: 18 }, () => users.knows("bob@example.org", "x")),
  );
  assert.ok(all.some((each) => each.status === "rejected" && each.reason.code === "busy"));
  for (const bad of ["bob", `${line}\n${line}`, line.replace(":15:", ":40:"), `${line}00`]) {
    assert.throws(() => UserDirectory.parse(bad), { code: "bad-directory" });
  }
});
