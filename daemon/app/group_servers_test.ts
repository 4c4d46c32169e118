import assert from "node:assert/strict";
import { systemRandom } from "../crypto/mod.ts";
import { newSpecification } from "./group_hosting.ts";
import { GroupServers } from "./group_servers.ts";
import { Vault } from "../store/mod.ts";

Deno.test("keys that cannot be read stop nothing else, and their groups say why they stand still", async () => {
  const path = await Deno.makeTempFile({ suffix: ".db" });
  const owner = { jid: "anna@example.org", device: "", deviceKey: systemRandom(32) };
  const open = () =>
    new GroupServers({
      path,
      vault: new Vault(systemRandom(32), systemRandom),
      control: { send: () => Promise.resolve() } as never,
      accountKey: () => systemRandom(32),
      room: () => undefined,
    });
  try {
    const first = open();
    const spec = newSpecification({
      name: "Choir",
      room: "choir@rooms.example.org",
      owner: { ...owner, accountKey: systemRandom(32) },
      keyServer: { jid: owner.jid, key: first.key(owner.jid) },
      registrars: [],
    });
    first.host(spec);
    assert.equal(first.problem(spec), undefined);
    first.close();

    const other = open();
    other.start(owner.jid);
    assert.match(other.problem(spec)!, /restore a backup/);
    const elsewhere = { ...spec.keyServer, jid: "keys.example.org" };
    assert.equal(other.problem({ ...spec, keyServer: elsewhere }), undefined);
    other.close();
  } finally {
    for (const end of ["", "-wal", "-shm"]) await Deno.remove(path + end).catch(() => {});
  }
});
