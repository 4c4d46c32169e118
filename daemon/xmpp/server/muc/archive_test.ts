import assert from "node:assert/strict";
import { el, NS } from "../../core/mod.ts";
import { XmppServer } from "../server.ts";
import { onDatabases } from "../storage/testing.ts";
import {
  conditionOf,
  DOMAIN,
  PASSWORD,
  TestClient,
  testOptions,
  until,
  withServer,
} from "../testing.ts";
import { administer, configuration, enter, gather, make, OPEN, roomOf, say } from "./testing.ts";

/** Bodies in a room's archive, or the error's condition. */
async function archived(client: TestClient, name: string): Promise<(string | null)[] | string> {
  const query = el("query", { xmlns: NS.archive, queryid: "q" });
  const answer = await client.request("set", query, roomOf(name));
  if (answer.attrs.type === "error") return conditionOf(answer);
  assert.ok(answer.getChild("fin", NS.archive));
  return client.inbox.splice(0).flatMap((stanza) => {
    const result = stanza.getChild("result", NS.archive);
    if (result === undefined) return [];
    assert.equal(stanza.attrs.from, roomOf(name));
    const message = result.getChild("forwarded", NS.forward)!.getChild("message", NS.client)!;
    const id = message.getChildren("stanza-id").find(({ attrs }) => attrs.by === roomOf(name));
    assert.equal(id!.attrs.id, result.attrs.id);
    return message.getChildText("body");
  });
}

Deno.test("a room's archive has what was said, for those who may be in the room", () =>
  withServer(async (bed) => {
    const [anna, bert] = await gather(bed, "den", OPEN, "anna", "bert");
    say(anna!, "den", "one");
    say(bert!, "den", "two");
    say(bert!, "den", "secret", el("no-permanent-store", { xmlns: NS.hints }));
    bert!.send(
      el(
        "message",
        { to: roomOf("den"), type: "groupchat" },
        el("composing", { xmlns: NS.chatStates }),
      ),
    );
    await bert!.settle();
    const eve = await bed.login("eve");
    assert.deepEqual(await archived(anna!, "den"), ["one", "two"]);
    assert.deepEqual(await archived(eve, "den"), ["one", "two"]);
    await administer(anna!, "den", { jid: `eve@${DOMAIN}`, affiliation: "outcast" });
    assert.equal(await archived(eve, "den"), "forbidden");
    const carl = await bed.login("carl");
    await anna!.request("set", configuration({ membersonly: "1" }), roomOf("den"));
    assert.equal(await archived(carl, "den"), "forbidden");
    const form = await anna!.request("get", el("query", { xmlns: NS.archive }), roomOf("den"));
    assert.match(form.toString(), /var="start"/);
    const ends = await anna!.request("get", el("metadata", { xmlns: NS.archive }), roomOf("den"));
    assert.match(ends.toString(), /<start /);
    await anna!.request("set", configuration({ enablearchiving: "0" }), roomOf("den"));
    assert.equal(await archived(anna!, "den"), "service-unavailable");
  }));

Deno.test("a room that goes takes its archive along; one of its name begins anew", () =>
  withServer(async (bed) => {
    const anna = await bed.login("anna");
    await make(anna, "tent", { ...OPEN, persistentroom: "0" }, "anna");
    say(anna, "tent", "one");
    await anna.settle();
    assert.deepEqual(await archived(anna, "tent"), ["one"]);
    anna.send(el("presence", { to: `${roomOf("tent")}/anna`, type: "unavailable" }));
    await anna.settle();
    await make(anna, "tent", OPEN, "anna");
    assert.deepEqual(await archived(anna, "tent"), []);
    assert.equal((await enter(anna, "tent", "anna")).attrs.type, undefined);
  }));

Deno.test("what was said in a temporary room is nobody's after a restart, nor once it is left", () =>
  onDatabases(async (database) => {
    const directory = await Deno.makeTempDir();
    const options = { ...await testOptions(), database: await database.create(directory) };
    let server = await XmppServer.start(options);
    const login = async (name: string) => {
      if (!server.storage.accounts.exists(name)) await server.createAccount(name, PASSWORD);
      const client = await TestClient.connect(server.port, options.certificatePem);
      await client.login(name, PASSWORD);
      return client;
    };
    const temporary = { persistentroom: "0" };
    const leave = (client: TestClient, name: string) =>
      client.send(el("presence", { to: `${roomOf(name)}/anna`, type: "unavailable" }));
    try {
      let anna = await login("anna");
      await make(anna, "tent", temporary, "anna");
      await make(anna, "left", {}, "anna");
      await make(anna, "kept", {}, "anna");
      for (const name of ["tent", "left", "kept"]) say(anna, name, "secret");
      leave(anna, "left");
      await anna.settle();
      await anna.request("set", configuration(temporary), roomOf("left"));
      const { archive } = server.storage;
      assert.deepEqual(archive.ownersAt(`rooms.${DOMAIN}`).sort(), [
        roomOf("kept"),
        roomOf("tent"),
      ]);
      // It is no room any more: the next of its name is another.
      assert.deepEqual(await archived(anna, "left"), "item-not-found");
      // As a server leaves it that was killed.
      archive.add({
        id: archive.nextId(Date.now()),
        owner: roomOf("lost"),
        peer: roomOf("lost"),
        resource: "anna",
        stanza: "<message/>",
      });
      await anna.close();
      await until(() => server.sessions.count === 0);
      await server.stop();
      server = await XmppServer.start(options);
      assert.deepEqual(server.storage.archive.ownersAt(`rooms.${DOMAIN}`), [roomOf("kept")]);
      const eve = await login("eve");
      await make(eve, "tent", {}, "eve");
      assert.deepEqual(await archived(eve, "tent"), []);
      anna = await login("anna");
      assert.deepEqual(await archived(anna, "kept"), ["secret"]);
      await Promise.all([anna.close(), eve.close()]);
    } finally {
      await server.stop();
      await Deno.remove(directory, { recursive: true });
    }
  }));
