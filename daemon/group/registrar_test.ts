import assert from "node:assert/strict";
import type { Bytes } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { Registrar } from "./registrar.ts";
import { printSpecification } from "./spec_text.ts";
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

const ANNA = systemRandom(32);

function stage() {
  let at = Date.now();
  const now = () => at;
  const network = new TestNetwork();
  const home = keyServer(network, { now });
  const make = () =>
    new Registrar({ secret: systemRandom(32), method: "simpp", random: systemRandom, now });
  const [registrar, second, foreign] = [make(), make(), make()];
  const anna = device("anna@example.org", ANNA);
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

Deno.test("who registered before registrars were named, or others, needs a ticket to come in", async () => {
  const { server, spec, registrar, second, foreign, member, pass, close } = stage();
  const entry = spec.registrars[0]!;
  const anna = member(device("anna@example.org", ANNA));
  await anna.register(registrar.issue(spec.group, anna.device));
  anna.take(await anna.ask({ kind: "join", registration: anna.registration!.registration }));
  const respecify = async (registrars: (typeof entry)[]) => {
    pass(1);
    const text = printSpecification({ ...spec, registrars });
    assert.equal(code(await anna.act({ kind: "respecify", text })), "done");
  };
  await respecify([]);
  const eve = member(device("eve@example.org"));
  const request = "ab".repeat(16);
  const register = (ticket: Bytes) =>
    eve.ask({ kind: "register", ticket, suites: [1, 2] }, request);
  const answer = await register(new Uint8Array());
  assert.ok(answer.kind === "registered");
  const { registration } = answer;
  await respecify([entry]);
  assert.equal(code(await eve.ask({ kind: "join", registration })), "not-registered");
  assert.equal(code(await eve.ask({ kind: "status" })), "no-ticket");
  assert.equal(code(await register(new Uint8Array())), "no-ticket");
  assert.equal(server.group(spec.group)!.state.roster.length, 1);
  // Nor does the word of a registrar that is none any more count.
  const bob = member();
  const vouched = await bob.register(registrar.issue(spec.group, bob.device));
  assert.ok(vouched.kind === "registered");
  await respecify([{ ...entry, key: second.key }]);
  const join = { kind: "join", registration: vouched.registration } as const;
  assert.equal(code(await bob.ask(join)), "not-registered");
  assert.equal(code(await bob.register(foreign.issue(spec.group, bob.device))), "bad-ticket");
  // Who is in stays.
  assert.equal(code(await anna.ask({ kind: "status" })), "standing");
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

Deno.test("a key server with separate registrars keeps no group, and registers nobody, without them", async () => {
  const make = () =>
    new Registrar({ secret: systemRandom(32), method: "simpp", random: systemRandom });
  const [ours, foreign] = [make(), make()];
  const entry = ({ key }: Registrar, method: "simpp" | "certificate" = "simpp") =>
    ({ name: "one", key, method, address: "registrar.example.org" }) as const;
  const network = new TestNetwork();
  // Before, it was one that registers people itself.
  const before = keyServer(network);
  const [anna, bob] = [device("anna@example.org"), device("bob@example.org")];
  const bare = specificationOf(before.server.key, [anna]);
  before.server.host(bare);
  const owner = new TestMember(network, before.server, bare, anna);
  assert.equal(code(await owner.join()), "joined");
  before.server.close();
  const { server, close } = keyServer(network, { store: before.store, registrars: [entry(ours)] });
  owner.useServer(server);

  const refuses = {
    code: "registrars-needed",
    message: new RegExp(`one ${ours.key.toHex()} simpp`),
  };
  const other = (registrars: ReturnType<typeof entry>[]) =>
    specificationOf(server.key, [anna], { registrars, room: "other@rooms.example.org" });
  for (const named of [[], [entry(foreign)], [entry(ours), entry(foreign)]]) {
    assert.throws(() => server.host(other(named)), refuses);
  }
  assert.throws(() => server.host(other([entry(ours, "certificate")])), refuses);
  const spec = other([entry(ours)]);
  server.host(spec);
  const asBob = new TestMember(network, server, spec, bob);
  assert.equal(code(await asBob.register()), "no-ticket");
  assert.equal(code(await asBob.register(ours.issue(spec.group, bob))), "registered");

  // The group of before goes on for who is in it; who comes needs a registrar, which its owner names.
  const late = new TestMember(network, server, bare, device("late@example.org"));
  assert.equal(code(await late.register()), "registrars-needed");
  const respecified = (registrars: ReturnType<typeof entry>[]) =>
    owner.act({ kind: "respecify", text: printSpecification({ ...bare, registrars }) });
  assert.equal(code(await respecified([entry(foreign)])), "registrars-needed");
  assert.equal(code(await respecified([entry(ours)])), "done");
  assert.equal(code(await late.register()), "no-ticket");
  assert.equal(code(await late.register(ours.issue(bare.group, late.device))), "registered");
  assert.equal(code(await respecified([])), "registrars-needed");
  await server.idle();
  assert.ok(owner.holds());
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
