import assert from "node:assert/strict";
import { join } from "node:path";
import { fromHex, toHex } from "../../base/mod.ts";
import { systemRandom } from "../../crypto/mod.ts";
import {
  type GroupAnswer,
  parseSpecification,
  printSpecification,
  type Specification,
} from "../../group/mod.ts";
import { fingerprintOf } from "../../simpp/mod.ts";
import { makeServerCertificate, XmppServer } from "../../xmpp/server/mod.ts";
import { backUpKeyServer, KeyServerHome, restoreKeyServerAt } from "./key_server_home.ts";
import { startSimppRegistrar } from "./registrar_home.ts";
import { eventually, StackMember } from "./testing_member.ts";

const DOMAIN = "keystone.test",
  KEYS = `keys.${DOMAIN}`,
  REGISTRAR = `registrar.${DOMAIN}`,
  ROOM = `group@rooms.${DOMAIN}`;
const SECRET = "a secret of components", PASSWORD = "correct horse battery";

/** A carried server with a component port, and people's devices on it. */
async function withServer(
  work: (
    bed: { component: number; root: string; person(name: string): Promise<StackMember> },
  ) => Promise<void>,
): Promise<void> {
  const { certificatePem, keyPem } = await makeServerCertificate(DOMAIN);
  const server = await XmppServer.start({
    database: ":memory:",
    domain: DOMAIN,
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
    limits: { scramIterations: 4096 },
    components: {
      host: "127.0.0.1",
      port: 0,
      domains: [KEYS, REGISTRAR].map((domain) => ({ domain, secret: SECRET })),
    },
  });
  const root = await Deno.makeTempDir({ prefix: "simppd-keystone-" });
  const people: StackMember[] = [];
  try {
    await work({
      component: server.componentPort,
      root,
      async person(name) {
        await server.createAccount(name, PASSWORD);
        const at = { domain: DOMAIN, port: server.port, pem: certificatePem, password: PASSWORD };
        const member = new StackMember(name, at);
        people.push(member);
        return await member.online();
      },
    });
  } finally {
    for (const each of people) await each.close();
    await server.stop();
    await Deno.remove(root, { recursive: true });
  }
}

const start = (state: string, port: number) =>
  KeyServerHome.start({
    state,
    for: [DOMAIN],
    component: { domain: KEYS, secret: SECRET, host: "127.0.0.1", port },
  });

function specificationFor(key: string, owner: StackMember, rest: Partial<Specification> = {}) {
  const { jid, simpp: { fingerprint } } = owner;
  const text = [
    "simppd group specification 1",
    "name = Test",
    `group = ${toHex(systemRandom(16))}`,
    `room = ${ROOM}`,
    `key-server = ${KEYS} ${key}`,
    `access = domain ${DOMAIN}`,
    `owner = ${jid} ${fingerprint}`,
  ].join("\n");
  return { ...parseSpecification(text), ...rest };
}

Deno.test("a component is a group's key server: people join, talk, are expelled; it restarts and moves", () =>
  withServer(async ({ component, root, person }) => {
    let home = await start(join(root, "keys"), component);
    const [anna, bob, carl] = [await person("anna"), await person("bob"), await person("carl")];
    const { key } = home.view;
    const spec = specificationFor(key, anna);
    await anna.makeRoom(ROOM, [KEYS, bob.jid, carl.jid]);
    const hosting = {
      kind: "host" as const,
      group: spec.group,
      specification: printSpecification(spec),
    };
    assert.equal((await anna.ask(KEYS, hosting)).kind, "done");
    await bob.enter(ROOM);
    await carl.enter(ROOM);
    await eventually(() => home.rooms.includes(ROOM), "the key server is in the room");
    for (const each of [anna, bob, carl]) await each.use(spec).join();
    await eventually(() => anna.group!.epoch?.number === 3, "anna follows");
    await eventually(() => bob.group!.epoch?.number === 3, "bob follows");
    anna.say("hello all");
    await eventually(
      () => bob.read.includes("hello all") && carl.read.includes("hello all"),
      "read",
    );

    await anna.group!.expel(carl.jid);
    await eventually(() => bob.group!.epoch?.number === 4, "bob follows the expulsion");
    assert.equal(carl.group!.phase, "removed");
    anna.say("without carl");
    await eventually(() => bob.read.includes("without carl"), "bob reads");
    assert.ok(!carl.read.includes("without carl"));

    // It ends, and comes back as it was; then it moves.
    await home.stop();
    home = await start(join(root, "keys"), component);
    assert.equal(home.view.key, key);
    assert.deepEqual(home.view.groups.map(({ epoch, members }) => [epoch, members]), [[4, 2]]);
    await eventually(() => home.rooms.includes(ROOM), "the key server is in the room again");
    const dora = await person("dora");
    await anna.room!.administration.setAffiliation(dora.jid, "member");
    await dora.enter(ROOM);
    await dora.use(spec).join();
    await eventually(() => anna.group!.epoch?.number === 5, "anna follows dora");

    await home.stop();
    const backup = await backUpKeyServer(join(root, "keys"), "a passphrase for keys");
    await restoreKeyServerAt(
      join(root, "moved"),
      ReadableStream.from(backup),
      "a passphrase for keys",
    );
    await assert.rejects(
      restoreKeyServerAt(join(root, "moved"), ReadableStream.from(backup), "a passphrase for keys"),
      { code: "groups-exist" },
    );
    home = await start(join(root, "moved"), component);
    assert.equal(home.view.key, key);
    const restored = (each: StackMember) =>
      each.events.some((event) => event.type === "incident" && event.kind === "restored");
    await eventually(() => [anna, bob, dora].every(restored), "all are told that it was restored");
    await eventually(
      () => [anna, bob, dora].every(({ group }) => group!.phase === "in"),
      "all are in",
    );
    bob.say("after the move");
    await eventually(() => dora.read.includes("after the move"), "dora reads");
    await home.stop();
  }));

Deno.test("who was offline through 100 epochs is back after one question, and reads on", () =>
  withServer(async ({ component, root, person }) => {
    const home = await start(join(root, "keys"), component);
    const names = ["anna", "bob", "carl", "dora", "emil"];
    const people: StackMember[] = [];
    for (const name of names) people.push(await person(name));
    const [anna, bob, ...guests] = people as [StackMember, StackMember, ...StackMember[]];
    const spec = specificationFor(home.view.key, anna);
    await anna.makeRoom(ROOM, [KEYS, ...[bob, ...guests].map(({ jid }) => jid)]);
    home.host(printSpecification(spec));
    await eventually(() => home.rooms.includes(ROOM), "the key server is in the room");
    for (const each of [bob, ...guests]) await each.enter(ROOM);
    for (const each of people) each.use(spec);
    for (const each of [anna, bob]) await each.group!.join();
    const left = bob.group!.epoch!.number;
    await bob.client.close();
    bob.group!.setOnline(false);
    // A key server answers a device 60 times a minute.
    for (let turn = 0; turn < 51; turn++) {
      const { group } = guests[turn % guests.length]!;
      await group!.join();
      await group!.leave();
    }
    const epoch = home.view.groups[0]!.epoch;
    assert.ok(epoch - left >= 100);
    await eventually(() => anna.group!.epoch!.number === epoch, "anna followed them all");
    assert.equal(bob.group!.epoch!.number, left);

    const before = bob.events.length;
    await bob.client.connect();
    await bob.enter(ROOM);
    bob.group!.setOnline(true);
    await eventually(() => bob.group!.epoch!.number === epoch, "bob is back");
    const [told, ...more] = bob.events.slice(before).filter(({ type }) => type === "epoch");
    assert.ok(told?.type === "epoch" && told.epoch.number === epoch && more.length === 0);
    bob.say("I am");
    await eventually(() => anna.read.includes("I am"), "anna reads bob");
    anna.say("good");
    await eventually(() => bob.read.includes("good"), "bob reads anna");
    assert.deepEqual(bob.events.filter(({ type }) => type === "incident"), []);
    await home.stop();
  }));

Deno.test("nobody has a group hosted in another's room, and takes it so from its owner", () =>
  withServer(async ({ component, root, person }) => {
    const home = await start(join(root, "keys"), component);
    const [anna, mallory] = [await person("anna"), await person("mallory")];
    await anna.makeRoom(ROOM, [KEYS, mallory.jid]);
    await mallory.enter(ROOM);
    const host = (who: StackMember, room = ROOM) => {
      const spec = specificationFor(home.view.key, who, { room });
      const { group } = spec;
      return who.ask(KEYS, { kind: "host", group, specification: printSpecification(spec) });
    };
    const code = (answer: GroupAnswer) => answer.kind === "refused" ? answer.code : answer.kind;
    assert.equal(code(await host(mallory)), "not-room-owner");
    assert.deepEqual(home.rooms, [], "it does not stay where no group is");
    assert.equal(code(await host(mallory, `nowhere@rooms.${DOMAIN}`)), "not-room-owner");
    assert.equal(code(await host(mallory, `nowhere@elsewhere.test`)), "not-room-owner");
    assert.equal(code(await host(anna)), "done");
    assert.equal(code(await host(anna)), "room-taken");
    await eventually(() => home.rooms.includes(ROOM), "the key server is in the room");
    await home.stop();
  }));

for (
  const rest of [
    { strategy: "user", shape: "tree", batchInterval: 0 },
    { strategy: "key", shape: "tree", batchInterval: 300 },
    { strategy: "key", shape: "star", batchInterval: 0 },
  ] as const
) {
  const { strategy, shape, batchInterval } = rest;
  Deno.test(`rekeys to each alone, under SIMPP's seal: ${strategy}-oriented, ${shape}, batches of ${batchInterval} ms`, () =>
    withServer(async ({ component, root, person }) => {
      const home = await start(join(root, "keys"), component);
      const people: StackMember[] = [];
      for (const name of ["anna", "bob", "carl", "dora", "emil"]) people.push(await person(name));
      const [anna, bob, carl, dora, emil] = people as [
        StackMember,
        StackMember,
        StackMember,
        StackMember,
        StackMember,
      ];
      const others = people.slice(1);
      const spec = specificationFor(home.view.key, anna, { degree: 2, ...rest });
      await anna.makeRoom(ROOM, [KEYS, ...others.map(({ jid }) => jid)]);
      home.host(printSpecification(spec));
      await eventually(() => home.rooms.includes(ROOM), "the key server is in the room");
      for (const each of others) await each.enter(ROOM);
      await anna.use(spec).join();
      await Promise.all([bob, carl, dora].map((each) => each.use(spec).join()));
      const epoch = () => home.view.groups[0]!.epoch;
      const inStep = (members: StackMember[]) =>
        eventually(
          () => members.every(({ group }) => group!.epoch?.number === epoch()),
          "in step",
        );
      await inStep([anna, bob, carl, dora]);
      if (batchInterval > 0) assert.equal(epoch(), 2);
      // Somebody comes and two go, of whom one is put out.
      await Promise.all([emil.use(spec).join(), carl.group!.leave(), anna.group!.expel(dora.jid)]);
      await inStep([anna, bob, emil]);
      bob.say("for three");
      await eventually(
        () => [anna, emil].every(({ read }) => read.includes("for three")),
        "both read it",
      );
      for (const each of [carl, dora]) assert.deepEqual(each.read, []);
      // Nothing is sent to her: she asks, as something came that she has no key for.
      await eventually(() => dora.group!.phase === "removed", "dora knows that she is out");
      await home.stop();
    }));
}

Deno.test("a wrong secret, and a port where nothing is, are said as such; nothing is left open", () =>
  withServer(async ({ component, root }) => {
    const settings = { domain: KEYS, secret: "wrong", host: "127.0.0.1", port: component };
    const options = { state: join(root, "keys"), for: [], component: settings };
    await assert.rejects(KeyServerHome.start(options), { code: "component-refused" });
    await assert.rejects(KeyServerHome.start({ ...options, component: { ...settings, port: 1 } }), {
      code: "connection-failed",
    });
    const far = { ...settings, host: "192.0.2.1" };
    await assert.rejects(KeyServerHome.start({ ...options, component: far }), {
      code: "component-in-clear",
    });
    const home = await start(join(root, "keys"), component);
    assert.equal(fingerprintOf(fromHex(home.view.key)).length, 64);
    await home.stop();
  }));

Deno.test("a registrar beside it gives tickets for SIMPP identities, and the key server takes them", () =>
  withServer(async ({ component, root, person }) => {
    const home = await start(join(root, "keys"), component);
    const at = { domain: REGISTRAR, secret: SECRET, host: "127.0.0.1", port: component };
    const registrar = await startSimppRegistrar({ state: join(root, "registrar"), component: at });
    const anna = await person("anna");
    const { key, address, method } = registrar.view;
    const entry = { name: "one", key: fromHex(key), method, address };
    const spec = specificationFor(home.view.key, anna, { registrars: [entry] });
    await anna.makeRoom(ROOM, [KEYS]);
    home.host(printSpecification(spec));
    await eventually(() => home.rooms.includes(ROOM), "the key server is in the room");
    const { group } = spec;
    const register = (ticket: Uint8Array) =>
      anna.ask(KEYS, { kind: "register", group, ticket, suites: [1] });
    const refused = await register(new Uint8Array());
    assert.equal(refused.kind === "refused" && refused.code, "no-ticket");
    const nonsense = await anna.ask(REGISTRAR, { kind: "status", group });
    assert.equal(nonsense.kind, "refused");
    await anna.use(spec, async () => {
      const answer = await anna.ask(REGISTRAR, {
        kind: "authenticate",
        group,
        user: "",
        password: "",
      });
      assert.ok(answer.kind === "ticket");
      return answer.ticket;
    }).join();
    assert.equal(anna.group!.phase, "in");
    await registrar.stop();
    await home.stop();
  }));
