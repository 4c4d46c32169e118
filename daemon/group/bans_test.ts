import assert from "node:assert/strict";
import { ed25519 } from "../crypto/mod.ts";
import { ACTION_LABEL, type Deed, signAction } from "./action.ts";
import { roleIn, takeAction } from "./deeds.ts";
import type { GroupState } from "./group_state.ts";
import { memberOf } from "./roster.ts";
import {
  device,
  keyServer,
  specificationOf,
  type TestDevice,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";

let number = Date.now();

/** What this device, which is in, does to a group, as its key server takes it. */
function does(before: GroupState, who: TestDevice, deed: Deed): GroupState {
  const { group } = before.specification;
  const { incarnation, epoch } = before;
  const { jid, deviceKey, accountKey } = who;
  const inside = before.roster.some(({ device }) => device === who.device);
  const member = memberOf(jid, deviceKey, accountKey, roleIn(before, jid, accountKey));
  const state = inside ? before : { ...before, roster: [...before.roster, member] };
  const action = { group, incarnation, jid, deviceKey, number: ++number, time: 0, epoch, deed };
  const sign = (body: Uint8Array<ArrayBuffer>) => ed25519.sign(who.key.secret, ACTION_LABEL, body);
  return { ...takeAction(state, who, signAction(action, sign))!.state, roster: before.roster };
}

Deno.test("an admin cannot fill the bans so that owners expel nobody", async () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network);
  const [anna, mallory] = [device("anna@example.org"), device("mallory@example.org")];
  const spec = specificationOf(server.key, [anna]);
  const group = server.host(spec);
  await new TestMember(network, server, spec, anna).join();
  let state = does(group.state, anna, { kind: "admit", subject: mallory.jid, role: "admin" });
  state = {
    ...state,
    persons: new Map(state.persons).set(mallory.jid, {
      ...state.persons.get(mallory.jid)!,
      account: mallory.accountKey,
    }).set("bob@example.org", { role: "member", account: null, admission: null, by: "" }),
  };
  const invented = { kind: "expel", subject: `bob@example.org/${"0".repeat(16)}` } as const;
  assert.throws(() => does(state, mallory, invented), { code: "no-such-member" });
  assert.equal(does(state, anna, invented).banned.size, 1);
  for (const subject of ["bob@example.org/x", "bob@example.org/0/1", ""]) {
    assert.throws(() => does(state, anna, { kind: "expel", subject }));
  }
  const by = "other@example.org";
  const banned = Array.from(
    { length: 2047 },
    (_, at) => [`x${at}@example.org`, { epoch: 1, by, account: "" }] as const,
  );
  state = { ...state, banned: new Map(banned) };
  state = does(state, mallory, { kind: "expel", subject: "one@example.org" });
  const another = { kind: "expel", subject: "two@example.org" } as const;
  assert.throws(() => does(state, mallory, another), { code: "too-many" });
  state = does(state, anna, { kind: "expel", subject: mallory.jid });
  assert.ok(state.banned.has(mallory.jid));
  close();
});

Deno.test("an admin who bans without end uses up a share, and the other admins go on", () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network);
  const [anna, mallory, bob] = ["anna", "mallory", "bob"].map((name) =>
    device(`${name}@example.org`)
  ) as [TestDevice, TestDevice, TestDevice];
  let { state } = server.host(specificationOf(server.key, [anna]));
  for (const admin of [mallory, bob]) {
    state = does(state, anna, { kind: "admit", subject: admin.jid, role: "admin" });
    const person = { ...state.persons.get(admin.jid)!, account: admin.accountKey };
    state = { ...state, persons: new Map(state.persons).set(admin.jid, person) };
  }
  const expel = (at: number) => ({ kind: "expel", subject: `x${at}@example.org` }) as const;
  for (let at = 0; at < 256; at++) state = does(state, mallory, expel(at));
  assert.throws(() => does(state, mallory, expel(256)), { code: "too-many" });
  // To say it again costs nothing.
  state = does(state, mallory, expel(0));
  state = does(state, bob, expel(257));
  state = does(state, anna, expel(258));
  assert.equal(state.banned.size, 258);
  close();
});

Deno.test("an admin lets in so many who do not come, and none of them once they are no admin", () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network);
  const [anna, mallory] = [device("anna@example.org"), device("mallory@example.org")];
  let { state } = server.host(specificationOf(server.key, [anna]));
  state = does(state, anna, { kind: "admit", subject: mallory.jid, role: "admin" });
  const admin = { ...state.persons.get(mallory.jid)!, account: mallory.accountKey };
  state = { ...state, persons: new Map(state.persons).set(mallory.jid, admin) };
  const admit = (at: number) =>
    ({ kind: "admit", subject: `x${at}@elsewhere.org`, role: "member" }) as const;
  for (let at = 0; at < 256; at++) state = does(state, mallory, admit(at));
  assert.throws(() => does(state, mallory, admit(256)), { code: "too-many" });
  state = does(state, anna, admit(256));
  // One of them came; the others were to be the admin's own.
  const came = { ...state.persons.get("x7@elsewhere.org")!, account: mallory.accountKey };
  state = { ...state, persons: new Map(state.persons).set("x7@elsewhere.org", came) };
  const known = (after: GroupState) =>
    [...after.persons.keys()].filter((jid) => jid.endsWith("@elsewhere.org"));
  const demoted = does(state, anna, { kind: "role", subject: mallory.jid, role: "member" });
  const expelled = does(state, anna, { kind: "expel", subject: mallory.jid });
  for (const after of [demoted, expelled]) {
    assert.deepEqual(known(after), ["x7@elsewhere.org", "x256@elsewhere.org"]);
  }
  close();
});

Deno.test("who is on the access list and is expelled before they come stays out", async () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network);
  const owner = device("anna@example.org");
  const spec = specificationOf(server.key, [owner]);
  server.host(spec);
  const anna = new TestMember(network, server, spec, owner);
  await anna.join();
  const expelled = await anna.act({ kind: "expel", subject: "eve@example.org" });
  assert.equal(expelled.kind, "done");
  const eve = await new TestMember(network, server, spec, device("eve@example.org")).register();
  assert.equal((eve as { code?: string }).code, "expelled");
  const nobody = await anna.act({ kind: "expel", subject: "eve@elsewhere.org" }, Date.now() + 9);
  assert.equal((nobody as { code?: string }).code, "no-such-member");
  close();
});

Deno.test("what is kept of admissions has a size, and a registration writes no group anew", async () => {
  const network = new TestNetwork();
  const { server, store, close } = keyServer(network);
  const anna = device("anna@example.org");
  const spec = specificationOf(server.key, [anna]);
  const group = server.host(spec);
  const long = (at: number) => `${`${at}`.padStart(490, "x")}@example.org`;
  const admission = new Uint8Array(650);
  const persons = new Map(
    Array.from(
      { length: 920 },
      (_, at) => [long(at), { role: "member", account: null, admission, by: "" }] as const,
    ),
  );
  const full = { ...group.state, persons };
  const admit = (subject: string) => ({ kind: "admit", subject, role: "member" }) as const;
  assert.throws(() => does(full, anna, admit("bob@example.org")), { code: "too-many" });
  const fewer = { ...full, persons: new Map([...persons].slice(0, 800)) };
  assert.equal(does(fewer, anna, admit("bob@example.org")).persons.size, 801);
  const before = store.group(spec.group)!.content;
  await new TestMember(network, server, spec, device("dora@example.org")).register();
  assert.deepEqual(store.group(spec.group)!.content, before);
  close();
});

Deno.test("a person acts so often a minute with all devices; others go on", async () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network);
  const one = device("anna@example.org");
  const two = device(one.jid, one.accountKey);
  const owner = device("olga@example.org");
  const spec = specificationOf(server.key, [one, owner]);
  server.host(spec);
  const [anna, again, olga] = [one, two, owner].map((each) =>
    new TestMember(network, server, spec, each)
  );
  for (const each of [anna, again, olga]) await each!.join();
  const deed = (at: number) =>
    ({ kind: "admit", subject: `p${at}@x.org`, role: "member" }) as const;
  for (let at = 0; at < 50; at++) assert.equal((await anna!.act(deed(at), ++number)).kind, "done");
  for (let at = 50; at < 60; at++) {
    assert.equal((await again!.act(deed(at), ++number)).kind, "done");
  }
  const busy = await again!.act(deed(60), ++number);
  assert.equal((busy as { code?: string }).code, "busy");
  assert.equal((await olga!.act(deed(61), ++number)).kind, "done");
  close();
});
