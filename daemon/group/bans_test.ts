import assert from "node:assert/strict";
import { ed25519 } from "../crypto/mod.ts";
import { ACTION_LABEL, type Deed, signAction } from "./action.ts";
import { takeAction } from "./deeds.ts";
import type { GroupState } from "./group_state.ts";
import {
  device,
  keyServer,
  specificationOf,
  type TestDevice,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";

let number = Date.now();

/** What this device does to a group, as its key server takes it. */
function does(state: GroupState, who: TestDevice, deed: Deed): GroupState {
  const { group } = state.specification;
  const { incarnation } = state;
  const { jid, deviceKey } = who;
  const action = { group, incarnation, jid, deviceKey, number: ++number, time: 0, deed };
  const sign = (body: Uint8Array<ArrayBuffer>) => ed25519.sign(who.key.secret, ACTION_LABEL, body);
  return takeAction(state, who, signAction(action, sign))!.state;
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
    }).set("bob@example.org", { role: "member", account: null, admission: null }),
  };
  const invented = { kind: "expel", subject: `bob@example.org/${"0".repeat(16)}` } as const;
  assert.throws(() => does(state, mallory, invented), { code: "no-such-member" });
  assert.equal(does(state, anna, invented).banned.size, 1);
  for (const subject of ["bob@example.org/x", "bob@example.org/0/1", ""]) {
    assert.throws(() => does(state, anna, { kind: "expel", subject }));
  }
  const banned = Array.from({ length: 2047 }, (_, at) => `x${at}@example.org`);
  state = { ...state, banned: new Set(banned) };
  state = does(state, mallory, { kind: "expel", subject: "one@example.org" });
  const another = { kind: "expel", subject: "two@example.org" } as const;
  assert.throws(() => does(state, mallory, another), { code: "too-many" });
  state = does(state, anna, { kind: "expel", subject: mallory.jid });
  assert.ok(state.banned.has(mallory.jid));
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
