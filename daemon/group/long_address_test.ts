import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { Vault } from "../store/mod.ts";
import { encodeRequest } from "./requests.ts";
import { isBareJid, MAX_JID } from "./roster.ts";
import { parseSpecification, printSpecification } from "./spec_text.ts";
import {
  device,
  keyServer,
  specificationOf,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";

const LONG = `${"m".repeat(600)}@example.org`;

Deno.test("a device with an address that members do not read gets in nowhere, nor into a list", async () => {
  const network = new TestNetwork();
  const { server, close } = keyServer(network, { mayHost: () => true });
  const anna = device("anna@example.org");
  const spec = specificationOf(server.key, [anna]);
  const group = server.host(spec);
  const member = new TestMember(network, server, spec, anna);
  await member.join();
  for (
    const jid of [LONG, "anna@example.org/x", "An\u202Ena@example.org", "ANNA@example.org", ""]
  ) {
    const ticket = new Uint8Array();
    const request = { kind: "register", request: "00".repeat(16), ticket, suites: [1] } as const;
    await server.receive(device(jid), encodeRequest({ ...request, group: spec.group }));
    const admitted = await member.act({ kind: "admit", subject: jid, role: "member" });
    assert.equal(
      (admitted as { code?: string }).code,
      jid === LONG ? "bad-group-message" : "bad-subject",
    );
  }
  assert.deepEqual(network.strays, [], "nobody was answered");
  assert.deepEqual([...group.state.persons.keys()], [anna.jid]);
  const owned = printSpecification(spec).replace(
    /^owner = .*$/m,
    (line) => line.replace(anna.jid, LONG),
  );
  assert.throws(() => parseSpecification(owned), { code: "bad-specification" });
  assert.ok(isBareJid(`${"m".repeat(MAX_JID - 12)}@example.org`));
  assert.ok(!isBareJid(`${"m".repeat(MAX_JID - 11)}@example.org`));
  close();
});

Deno.test("a group that cannot be read is set aside: the others go on, and it is refused", async () => {
  const path = await Deno.makeTempFile({ suffix: ".db" });
  const vault = new Vault(systemRandom(32), systemRandom);
  const network = new TestNetwork();
  const anna = device("anna@example.org");
  try {
    const first = keyServer(network, { path, vault });
    const [bad, good] = [0, 1].map(() => specificationOf(first.server.key, [anna]));
    first.server.host(bad!);
    first.server.host(good!);
    const stored = first.store.group(bad!.group)!;
    first.store.putGroup({ ...stored, content: stored.content.slice(1) });
    first.close();

    const { server, store, close } = keyServer(network, { path, vault });
    assert.deepEqual([...server.damaged], [bad!.group]);
    assert.deepEqual(server.groups.map(({ specification }) => specification.group), [good!.group]);
    assert.equal((await new TestMember(network, server, good!, anna).join()).kind, "joined");
    const refused = await new TestMember(network, server, bad!, anna).register();
    assert.equal((refused as { code?: string }).code, "group-damaged");
    assert.throws(() => server.host(bad!), { code: "group-damaged" });
    assert.ok(store.groupIds().includes(bad!.group), "nothing of it is thrown away");
    close();
  } finally {
    for (const end of ["", "-wal", "-shm"]) await Deno.remove(path + end).catch(() => {});
  }
});
