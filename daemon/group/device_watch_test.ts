import assert from "node:assert/strict";
import { type Bytes, toHex } from "../base/mod.ts";
import { device } from "./testing_key_server.ts";
import { TestGroup, type TestPerson } from "./testing_group.ts";

const told = (person: TestPerson) =>
  person.events.flatMap((event) =>
    event.type === "incident" && event.kind === "strange-device" ? [event.sentence] : []
  );

Deno.test("a device that the key server passes off as an owner's is told by the owner's own list", async () => {
  const stage = new TestGroup();
  const { anna } = stage;
  await anna.join();
  const bob = stage.person("bob@example.org");
  const listed = new Map<string, Bytes[]>([[anna.self.jid, [anna.self.deviceKey]]]);
  const asked: string[] = [];
  let onItsWay: Bytes | undefined;
  bob.devices = {
    isListed: (jid, key) => listed.get(jid)?.some((each) => toHex(each) === toHex(key)),
    refresh: (jid) => {
      asked.push(jid);
      if (onItsWay !== undefined) listed.get(jid)!.push(onItsWay);
      return Promise.resolve();
    },
  };
  bob.crash();
  await bob.join();
  await stage.clock.pass(200_000);
  assert.deepEqual([told(bob), asked], [[], []]);
  // A new one of hers, whose list comes a little later; and one of somebody whose list nobody knows.
  const second = stage.person(anna.self.jid, device(anna.self.jid, anna.self.accountKey));
  onItsWay = second.self.deviceKey;
  await second.join();
  await stage.person("carol@example.org").join();
  await stage.clock.pass(200_000);
  assert.deepEqual([told(bob), asked], [[], [anna.self.jid]]);
  // The key server has one of its own, under her account key: it could sign as an owner.
  onItsWay = undefined;
  const evil = stage.person(anna.self.jid, device(anna.self.jid, anna.self.accountKey));
  await evil.join();
  await stage.clock.pass(200_000);
  assert.equal(told(bob).length, 1);
  assert.match(
    told(bob)[0]!,
    /^In the group is a device of anna@example.org that is not on their list/,
  );
  // A device that was taken off the list, as a stolen one is, and is still in.
  listed.set(anna.self.jid, [anna.self.deviceKey]);
  await evil.group.leave();
  bob.crash();
  await stage.clock.pass(200_000);
  assert.equal(told(bob).length, 2);
  // Another one, of which the same words are true; and the one of before once more.
  await stage.person(anna.self.jid, device(anna.self.jid, anna.self.accountKey)).join();
  await stage.clock.pass(200_000);
  assert.equal(told(bob).length, 3);
  await evil.join();
  await stage.clock.pass(400_000);
  assert.equal(told(bob).length, 4);
  await stage.close();
});
