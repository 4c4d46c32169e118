import assert from "node:assert/strict";
import { join } from "node:path";
import { fromHex } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import { isTicketOf, readTicket, UserDirectory } from "../../group/mod.ts";
import { fetchTicket } from "./registrar_client.ts";
import { registrarKeyAt, startHttpsRegistrar } from "./registrar_home.ts";
import { authority, issued } from "./testing_certificates.ts";

const GROUP = "ab".repeat(16);
const KEYS = { deviceKey: systemRandom(32), accountKey: systemRandom(32) };

async function withState(work: (path: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-registrar-" });
  try {
    await work(join(root, "state"));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("a registrar takes client certificates of its authority, for the address they name", () =>
  withState(async (state) => {
    const [ca, other] = [await authority(), await authority()];
    const own = await issued(ca, [{ type: "ip", value: "127.0.0.1" }]);
    const at = { state, host: "127.0.0.1", port: 0, ...own, clientCa: ca.pem };
    const registrar = await startHttpsRegistrar(at);
    const { key, address, method } = registrar.view;
    const ask = (certificate?: { certificate: string; key: string }) =>
      fetchTicket(address, GROUP, KEYS, {
        ca: [ca.pem],
        ...(certificate === undefined ? {} : { certificate }),
      });
    const email = (value: string) => [{ type: "email" as const, value }];
    const encoded = await ask(await issued(ca, email("bob@example.org")));
    assert.ok(isTicketOf(fromHex(key), encoded));
    const ticket = readTicket(encoded);
    assert.equal(method, "certificate");
    assert.equal(ticket.jid, "bob@example.org");
    assert.deepEqual([ticket.group, ticket.method], [GROUP, "certificate"]);
    assert.deepEqual([ticket.deviceKey, ticket.accountKey], [KEYS.deviceKey, KEYS.accountKey]);
    const refused = { code: "not-authenticated" };
    await assert.rejects(ask(await issued(ca, [{ type: "dns", value: "example.org" }])), refused);
    const two = [...email("a@example.org"), ...email("b@example.org")];
    await assert.rejects(ask(await issued(ca, two)), refused);
    await assert.rejects(ask(await issued(ca, email("no address"))), refused);
    // Of another authority, or none: the handshake ends there.
    const silent = { code: "registrar-silent" };
    await assert.rejects(ask(await issued(other, email("bob@example.org"))), silent);
    await assert.rejects(ask(), silent);
    await assert.rejects(fetchTicket("http://127.0.0.1/", GROUP, KEYS, {}), { code: "bad-input" });
    await registrar.stop();
    assert.equal(await registrarKeyAt(state), key);
  }));

Deno.test("who asks a registrar is told why its certificate does not do", () =>
  withState(async (folder) => {
    await Deno.mkdir(folder);
    const users = UserDirectory.parse(
      await UserDirectory.line("bob@example.org", "correct horse", systemRandom),
    );
    const openssl = async (...args: string[]) => {
      const command = new Deno.Command("openssl", { args, cwd: folder, stderr: "piped" });
      const { success, stderr } = await command.output();
      assert.ok(success, new TextDecoder().decode(stderr));
    };
    const request = (name: string, ...more: string[]) =>
      openssl(
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
        ...["-days", "825", "-keyout", `${name}.key`, "-out", `${name}.pem`],
        ...["-subj", "/CN=registrar", "-addext", "subjectAltName=IP:127.0.0.1", ...more],
      );
    const read = (file: string) => Deno.readTextFileSync(join(folder, file));
    const ca = await authority();
    // That of docs/operations.md.
    await request("right", "-addext", "basicConstraints=critical,CA:FALSE");
    await request("authority");
    const right = { certificate: read("right.pem"), key: read("right.key") };
    const own = { certificate: read("authority.pem"), key: read("authority.key") };
    const other = await issued(ca, [{ type: "dns", value: "other.example.org" }]);
    const ask = async (identity: typeof right, authorities: string[]) => {
      const state = await Deno.makeTempDir({ dir: folder });
      const at = { state: join(state, "s"), host: "127.0.0.1", port: 0, users };
      const registrar = await startHttpsRegistrar({ ...at, ...identity });
      const password = { user: "bob@example.org", password: "correct horse" };
      try {
        const options = { ca: authorities, password };
        return await fetchTicket(registrar.view.address, GROUP, KEYS, options);
      } finally {
        await registrar.stop();
      }
    };
    assert.equal(readTicket(await ask(right, [right.certificate])).jid, "bob@example.org");
    const untrusted = (message: RegExp) => ({ code: "registrar-untrusted", message });
    await assert.rejects(ask(right, []), untrusted(/no authority that is known here.*--ca FILE/));
    await assert.rejects(ask(own, [own.certificate]), untrusted(/authority's own \(CA:TRUE\)/));
    await assert.rejects(ask(other, [ca.pem]), untrusted(/is not for 127\.0\.0\.1/));
    const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = gone.addr;
    gone.close();
    await assert.rejects(
      fetchTicket(`https://127.0.0.1:${port}/ticket`, GROUP, KEYS, {}),
      { code: "registrar-silent", message: /nothing listens there\. Does it run\?$/ },
    );
  }));

Deno.test("a registrar takes users of its directory by their passwords, and nothing that is no request", () =>
  withState(async (state) => {
    const ca = await authority();
    const own = await issued(ca, [{ type: "ip", value: "127.0.0.1" }]);
    const line = await UserDirectory.line("bob@example.org", "correct horse", systemRandom);
    const users = UserDirectory.parse(line);
    const registrar = await startHttpsRegistrar({
      state,
      host: "127.0.0.1",
      port: 0,
      ...own,
      users,
    });
    const { address } = registrar.view;
    const ask = (user: string, password: string, group = GROUP) =>
      fetchTicket(address, group, KEYS, { ca: [ca.pem], password: { user, password } });
    const ticket = readTicket(await ask("bob@example.org", "correct horse"));
    assert.deepEqual([ticket.jid, ticket.method], ["bob@example.org", "directory"]);
    await assert.rejects(ask("bob@example.org", "wrong"), { code: "not-authenticated" });
    await assert.rejects(ask("eve@example.org", "correct horse"), { code: "not-authenticated" });
    await assert.rejects(ask("bob@example.org", "correct horse", "short"), { code: "bad-input" });
    const long = "x".repeat(9_000);
    await assert.rejects(ask("bob@example.org", long), { code: "too-large" });
    // Who asks too often waits.
    const codes = new Set<string>();
    for (let at = 0; at < 30; at++) {
      await ask("bob@example.org", "x", "short").catch(({ code }) => codes.add(code));
    }
    assert.ok(codes.has("too-many"));
    await registrar.stop();
    await assert.rejects(
      startHttpsRegistrar({ state, host: "127.0.0.1", port: 0, certificate: "x", key: "y", users }),
      {
        code: "bad-certificate",
      },
    );
  }));

Deno.test("passwords of one name are tried so often a minute; of another they go on", () =>
  withState(async (state) => {
    const ca = await authority();
    const own = await issued(ca, [{ type: "ip", value: "127.0.0.1" }]);
    const users = {
      knows: (user: string, password: string) =>
        Promise.resolve(user === "bob@example.org" && password === "right"),
    } as never;
    const registrar = await startHttpsRegistrar({
      state,
      host: "127.0.0.1",
      port: 0,
      ...own,
      users,
    });
    const ask = (user: string, password: string) =>
      fetchTicket(registrar.view.address, GROUP, KEYS, {
        ca: [ca.pem],
        password: { user, password },
      });
    for (let at = 0; at < 10; at++) {
      await assert.rejects(ask("eve@example.org", `${at}`), { code: "not-authenticated" });
    }
    await assert.rejects(ask("Eve@example.org", "10"), { code: "busy" });
    assert.equal(readTicket(await ask("bob@example.org", "right")).jid, "bob@example.org");
    await registrar.stop();
  }));

Deno.test("connections of one address beyond eight are shut, and free their places when they end", () =>
  withState(async (state) => {
    const ca = await authority();
    const own = await issued(ca, [{ type: "ip", value: "127.0.0.1" }]);
    const at = { state, host: "127.0.0.1", port: 0, ...own, clientCa: ca.pem };
    const registrar = await startHttpsRegistrar(at);
    const port = Number(new URL(registrar.view.address).port);
    const open = () => Deno.connect({ hostname: "127.0.0.1", port });
    const silent = await Promise.all(Array.from({ length: 8 }, open));
    const ninth = await open();
    assert.equal(await ninth.read(new Uint8Array(1)).catch(() => null), null);
    ninth.close();
    for (const each of silent) each.close();
    const email = [{ type: "email" as const, value: "bob@example.org" }];
    const certificate = await issued(ca, email);
    const ask = () =>
      fetchTicket(registrar.view.address, GROUP, KEYS, { ca: [ca.pem], certificate });
    let ticket: Uint8Array | undefined;
    for (let times = 0; ticket === undefined && times < 20; times++) {
      ticket = await ask().catch(() => undefined);
    }
    assert.equal(readTicket(ticket!).jid, "bob@example.org");
    await registrar.stop();
  }));
