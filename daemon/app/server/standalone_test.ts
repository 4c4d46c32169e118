import assert from "node:assert/strict";
import { startMariadb } from "../../../scripts/peers/mariadb.ts";
import { absent } from "../../../tests/real_parts.ts";
import { makeServerCertificate } from "../../xmpp/server/mod.ts";
import { Carried } from "../carried_server.ts";
import { readInvitation } from "../invitation.ts";
import { askServer } from "./control_client.ts";
import { StandaloneServer } from "./standalone.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simppd-standalone-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const OPTIONS = {
  domain: "chat.test",
  host: "127.0.0.1",
  port: 0,
  starttlsPort: null,
  httpsPort: null,
  addresses: [],
  archive: true,
  plain: false,
  version: "0",
};

Deno.test("start() takes a certificate with its key, and refuses what does not fit", () =>
  inFolder(async (folder) => {
    const good = await makeServerCertificate("chat.test");
    const other = await makeServerCertificate("other.test");
    const files = { certificate: `${folder}/c.pem`, key: `${folder}/k.pem` };
    const tries = [
      ["absent", undefined, undefined],
      ["nonsense", "nonsense", "nonsense"],
      ["another's key", good.certificatePem, other.keyPem],
      ["another's name", other.certificatePem, other.keyPem],
    ] as const;
    const options = { ...OPTIONS, data: `${folder}/data`, certificate: files };
    for (const [what, certificate, key] of tries) {
      if (certificate !== undefined) await Deno.writeTextFile(files.certificate, certificate);
      if (key !== undefined) await Deno.writeTextFile(files.key, key);
      await assert.rejects(StandaloneServer.start(options), { code: "bad-certificate" }, what);
    }
    await Deno.writeTextFile(files.certificate, good.certificatePem + other.certificatePem);
    await Deno.writeTextFile(files.key, good.keyPem);
    const server = await StandaloneServer.start({
      ...options,
      addresses: [{ host: "chat.test", port: 443 }],
    });
    try {
      assert.equal(server.view.pin, good.pin);
      const der = Uint8Array.fromBase64(good.certificatePem.replace(/-----.*?-----|\s/g, ""));
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", der)).toHex();
      const stats = await askServer(options.data, "stats", {});
      assert.equal(stats.certificateSha256.replaceAll(":", "").toLowerCase(), hash);
      assert.equal(stats.certificateSha256, server.view.certificateSha256);
      assert.deepEqual([stats.port, stats.starttlsPort], [server.view.port, null]);
      const asked = { from: null, days: 1 };
      const { link } = await askServer(options.data, "invite", asked);
      const { domain, hosts, pin, inviter } = readInvitation(link);
      assert.deepEqual([domain, pin], ["chat.test", good.pin]);
      assert.deepEqual(hosts, [{ host: "chat.test", port: 443 }]);
      assert.equal(inviter, undefined);
    } finally {
      await server.stop();
    }
    const log = await Deno.readTextFile(`${options.data}/simppd.log`);
    assert.match(log, /serving .*chat\.test/);
    assert.match(log, /chat\.test.* is served no more/);
  }));

Deno.test("start() refuses a directory of a daemon, a domain that is none, a port that is taken", () =>
  inFolder(async (folder) => {
    const start = (change: object) =>
      StandaloneServer.start({ ...OPTIONS, data: `${folder}/data`, ...change });
    await assert.rejects(start({ domain: "a@b" }), { code: "bad-domain" });
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    for (const change of [{ port }, { starttlsPort: port }, { httpsPort: port }]) {
      await assert.rejects(start(change), { code: "port-in-use" });
    }
    taken.close();
    await assert.rejects(start({ host: "192.0.2.1" }), { code: "cannot-listen" });
    await Deno.writeTextFile(`${folder}/simppd.db`, "");
    await assert.rejects(start({ data: folder }), { code: "bad-data" });
    await Deno.writeTextFile(`${folder}/data/server.json`, "{}");
    await assert.rejects(start({}), { code: "bad-data" });
  }));

Deno.test("start() refuses other accounts than the directory's: SQLite and MariaDB", () =>
  inFolder(async (data) => {
    const mariadb = "mysql://u:secret@127.0.0.1:1/simppd";
    const start = async (database?: string) => {
      const server = await StandaloneServer.start({
        ...OPTIONS,
        data,
        ...(database === undefined ? {} : { database }),
      });
      await server.stop();
    };
    const known = async () => JSON.parse(await Deno.readTextFile(`${data}/server.json`));
    const say = async (database?: string) =>
      await Deno.writeTextFile(
        `${data}/server.json`,
        JSON.stringify({ ...await known(), database }),
      );
    const refused = (database: string | undefined, message: RegExp) =>
      assert.rejects(start(database), { code: "other-database", message });
    await start();
    assert.equal((await known()).database, "sqlite");
    await refused(mariadb, /in its SQLite file.*without --database/);
    // Of a simppd that did not say it: what is there counts, and it is said from then on.
    await say(undefined);
    await start();
    assert.equal((await known()).database, "sqlite");

    await say("127.0.0.1:3306/simppd");
    await refused(undefined, /at 127\.0\.0\.1:3306\/simppd: give --database/);
    await refused(mariadb, /not at 127\.0\.0\.1:1\/simppd/);
    await say(undefined);
    await Deno.remove(`${data}/server.db`);
    await refused(undefined, /in MariaDB or MySQL: give --database/);
    await assert.rejects(Deno.stat(`${data}/server.db`), Deno.errors.NotFound);
  }));

Deno.test("a carried server is administered in the daemon's state directory", () =>
  inFolder(async (folder) => {
    const settings = await Carried.create("this-machine", ["simpp-modern"]);
    const carried = await Carried.start(folder, { ...settings, port: 0 }, () => {}, {
      own: () => `alice@${settings.domain}`,
    });
    try {
      const { domain } = settings;
      await askServer(folder, "addUser", { name: "alice", password: "correct horse" });
      const users = await askServer(folder, "users", {});
      assert.deepEqual(users.map(({ jid }) => jid), [`alice@${domain}`]);
      const { link } = await askServer(folder, "invite", { from: "alice", days: 1 });
      const read = readInvitation(link);
      assert.equal(read.inviter?.toString(), `alice@${domain}`);
      assert.equal(read.fingerprint, undefined);
      assert.deepEqual(read.hosts, [{ host: "127.0.0.1", port: carried.view.port }]);
      assert.equal((await askServer(folder, "stats", {})).invitations, 1);
      const bobs = await askServer(folder, "invite", { from: null, days: 2, note: "for Bob" });
      const [hers, servers] = await askServer(folder, "invitations", {});
      assert.deepEqual([servers!.id, servers!.note, hers!.note], [bobs.id, "for Bob", ""]);
      assert.deepEqual([hers!.inviter, servers!.inviter], [`alice@${domain}`, null]);
      assert.match(hers!.id, /^[0-9a-f]{16}$/);
      await askServer(folder, "revokeInvitation", { id: hers!.id });
      assert.deepEqual(await askServer(folder, "invitations", {}), [servers]);
      assert.deepEqual(await askServer(folder, "bans", {}), []);
      assert.deepEqual(await askServer(folder, "backupSource", {}), {
        path: `${folder}/server.db`,
      });
      for (
        const [ask, input, code] of [
          ["removeUser", { name: "nobody" }, "unknown-account"],
          ["removeUser", { name: "Alice" }, "own-account"],
          ["addUser", { name: "alice", password: "correct horse" }, "account-exists"],
          ["addUser", { name: "a b", password: "correct horse" }, "bad-username"],
          ["addUser", { name: "bob", password: "short" }, "bad-password"],
          ["invite", { from: "nobody", days: 1 }, "unknown-account"],
          ["invite", { from: null, days: 0 }, "bad-input"],
          ["createRoom", { name: "tea", owner: "nobody" }, "unknown-account"],
          ["createRoom", { name: "", owner: "alice" }, "bad-room"],
          ["removeRoom", { name: "tea" }, "unknown-room"],
          ["revokeInvitation", { id: hers!.id }, "unknown-invitation"],
          ["liftBan", { address: "192.0.2.7" }, "not-banned"],
          ["toString", {}, "bad-input"],
        ] as const
      ) await assert.rejects(askServer(folder, ask as never, input as never), { code }, ask);
    } finally {
      await carried.stop();
    }
    await assert.rejects(askServer(folder, "stats", {}), { code: "no-server" });
  }));

Deno.test("a server on MariaDB takes components, and is not backed up as a file", {
  ignore: absent("mariadbd"),
}, () =>
  inFolder(async (data) => {
    const server = await StandaloneServer.start({
      ...OPTIONS,
      data,
      database: await (await startMariadb())!.createDatabase(),
      components: { port: 0, domains: [{ domain: "keys.chat.test", secret: "long enough" }] },
    });
    try {
      assert.ok(server.view.componentPort! > 0);
      await askServer(data, "addUser", { name: "alice", password: "correct horse" });
      assert.equal((await askServer(data, "stats", {})).accounts, 1);
      const room = await askServer(data, "createRoom", { name: "tea", owner: "alice" });
      assert.equal(room.jid, "tea@rooms.chat.test");
      await askServer(data, "invite", { from: null, days: 1 });
      await assert.rejects(askServer(data, "backupSource", {}), { code: "not-sqlite" });
    } finally {
      await server.stop();
    }
    await assert.rejects(Deno.stat(`${data}/server.db`), Deno.errors.NotFound);
    const kept = await Deno.readTextFile(`${data}/server.json`);
    assert.match(kept, /"database":"127\.0\.0\.1:\d+\/\w+"/);
    await assert.rejects(StandaloneServer.start({ ...OPTIONS, data }), { code: "other-database" });
  }));
