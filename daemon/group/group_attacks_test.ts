import assert from "node:assert/strict";
import { type Bytes, concat, fromHex, utf8 } from "../base/mod.ts";
import { ed25519, systemRandom } from "../crypto/mod.ts";
import { sealData } from "./data_message.ts";
import { dataSuite } from "./data_suites.ts";
import { keyServerRecords, restoreKeyServer } from "./key_server_backup.ts";
import { encodeAnswer } from "./answers.ts";
import { GroupError } from "./errors.ts";
import { KEY_SERVER } from "./testing_key_server.ts";
import { settled, TestGroup, type TestPerson } from "./testing_group.ts";

/** A group with these people in it. */
async function groupOf(...names: string[]): Promise<{ stage: TestGroup; people: TestPerson[] }> {
  const stage = new TestGroup();
  await stage.anna.join();
  const people = names.map((name) => stage.person(`${name}@example.org`));
  for (const person of people) await person.join();
  return { stage, people };
}
const rekeys = (stage: TestGroup) => stage.said.filter((payload) => payload[0] === 32);
const counted = (person: TestPerson) => person.group.status.refused;

Deno.test("a forged, cut or repeated rekey changes nothing; the true one is taken", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  let rekey: Bytes | undefined;
  stage.fate = (what, to) => {
    if (to !== bob!.id || what[0] !== 32) return "deliver";
    rekey = what;
    return "lose";
  };
  await stage.person("carol@example.org").join();
  stage.fate = () => "deliver";
  const epoch = bob!.group.epoch!.number;
  for (let at = 0; at < rekey!.length; at += 7) {
    const forged = concat(rekey!);
    forged[at]! ^= 0x40;
    bob!.hear(forged, "mallory", `f${at}`);
    bob!.hear(rekey!.slice(0, at), "mallory", `c${at}`);
    assert.equal(bob!.group.epoch!.number, epoch, `byte ${at}`);
  }
  assert.ok(counted(bob!).malformed! > 0 && counted(bob!).forged! > 0);
  assert.ok(counted(bob!)["other-key-server"]! > 0, "a statement that was changed");
  assert.equal(bob!.hear(rekey!, "room", "true").type, "taken");
  assert.equal(bob!.group.epoch!.number, epoch + 1);
  for (const old of rekeys(stage)) bob!.hear(old, "room", "again");
  assert.equal(bob!.group.epoch!.number, epoch + 1);
  assert.equal(bob!.group.phase, "in");
  await stage.close();
});

Deno.test("rekeys out of order fall into place; one that never comes is asked for", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  stage.fate = (what, to) => to === bob!.id && what[0] === 32 ? "late" : "deliver";
  for (const name of ["c", "d", "e"]) await stage.person(`${name}@example.org`).join();
  stage.fate = () => "deliver";
  const [first, second, third] = rekeys(stage).slice(-3);
  const epoch = bob!.group.epoch!.number;
  assert.equal(bob!.hear(third!, "room", "3").type, "refused");
  assert.equal(bob!.group.phase, "behind");
  assert.throws(() => bob!.group.seal(utf8("x")), { code: "key-not-here" });
  bob!.hear(second!, "room", "2");
  bob!.hear(first!, "room", "1");
  assert.equal(bob!.group.epoch!.number, epoch + 3);
  assert.equal(bob!.group.phase, "in");
  bob!.say("again");
  assert.deepEqual(stage.anna.texts(), ["again"]);
  // The same, and the one between is lost for good.
  stage.fate = (what, to) => to === bob!.id && what[0] === 32 ? "lose" : "deliver";
  await stage.person("f@example.org").join();
  stage.fate = () => "deliver";
  await stage.person("g@example.org").join();
  assert.equal(bob!.group.phase, "behind");
  await stage.clock.pass(5_000);
  assert.equal(bob!.group.epoch!.number, stage.anna.group.epoch!.number);
  // Nobody told bob by whose act somebody came meanwhile.
  assert.deepEqual(bob!.incidents(), ["unproved"]);
  const told = bob!.events.findLast(({ type }) => type === "incident");
  assert.match(told?.type === "incident" ? told.sentence : "", /f@example.org came as member/);
  await stage.close();
});

Deno.test("a message whose key is on its way is held, then read; one of no epoch is given up", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  stage.fate = (what, to) => to === bob!.id && what[0] === 32 ? "lose" : "deliver";
  const carol = stage.person("carol@example.org");
  await carol.join();
  carol.say("hello bob");
  assert.deepEqual(bob!.texts(), []);
  assert.equal(bob!.group.status.held, 1);
  await stage.clock.pass(3_000);
  assert.deepEqual(bob!.texts(), ["hello bob"]);
  stage.fate = () => "deliver";
  const ahead = concat(stage.said.at(-1)!);
  ahead[24]! ^= 0x40; // the epoch
  assert.equal(bob!.hear(ahead, "mallory", "ahead").type, "held");
  await stage.clock.pass(70_000);
  assert.equal(bob!.group.status.held, 0);
  assert.equal(counted(bob!)["no-key"], 1);
  await stage.close();
});

Deno.test("who floods with messages of no epoch is bounded and crowds out nobody", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  const ahead = concat(bob!.group.seal(utf8("x")));
  ahead[24]! ^= 0x40;
  const { anna } = stage;
  ahead[25]! ^= 1; // another device, that is not our own
  for (let at = 0; at < 500; at++) anna.hear(ahead, "mallory", `m${at}`);
  assert.equal(anna.group.status.held, 64);
  assert.equal(counted(anna).overflow, 436);
  assert.equal(anna.hear(ahead, "carol", "c").type, "held");
  anna.say("sending goes on meanwhile");
  assert.deepEqual(bob!.texts(), ["sending goes on meanwhile"]);
  await stage.close();
});

Deno.test("who floods under many nicks leaves room for what members say", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  const { anna } = stage;
  for (let at = 0; at < 500; at++) {
    const forged = concat(anna.group.seal(utf8("x")));
    forged[24]! ^= 0x40; // the epoch
    forged[25 + at % 8]! ^= 1 + at % 200; // some device
    bob!.hear(forged, `room/${at % 10}`, `m${at}`);
  }
  assert.equal(bob!.group.status.held, 128);
  stage.fate = (what, to) => to === bob!.id && what[0] === 32 ? "late" : "deliver";
  await stage.person("carol@example.org").join();
  anna.say("hello carol");
  stage.fate = () => "deliver";
  await stage.deliverLate();
  assert.deepEqual(bob!.texts(), ["hello carol"]);
  await stage.close();
});

Deno.test("a device that is in under one account does not come in under another", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  const twin = stage.person("twin@example.org", { ...bob!.self, jid: "twin@example.org" });
  await assert.rejects(() => twin.join(), { code: "other-keys" });
  await stage.person("carol@example.org").join();
  assert.equal(bob!.group.epoch!.members.length, 3);
  await stage.close();
});

Deno.test("another key server is told by its key, in the room and over the sealed channel", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  const other = new TestGroup({ group: stage.specification.group });
  await other.anna.join();
  await other.person("x@example.org").join();
  const before = bob!.group.epoch!.number;
  for (const payload of other.said) {
    const opened = bob!.hear(payload, "room", "o");
    assert.equal(opened.type === "refused" && opened.cause, "other-key-server");
  }
  assert.deepEqual(bob!.incidents(), ["other-key-server"], "once, however often");
  const answer = encodeAnswer({
    kind: "left",
    request: "00".repeat(16),
    group: stage.specification.group,
  });
  bob!.group.receive({ jid: "mallory@example.org", device: "0".repeat(16) }, answer);
  assert.equal(bob!.refused.at(-1), "other-key-server");
  assert.equal(bob!.group.epoch!.number, before);
  await other.close();
  await stage.close();
});

Deno.test("a key server put back from a backup goes on as another incarnation, and everybody is told", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  const records = [...keyServerRecords(stage.store, {}, systemRandom)];
  await stage.person("late@example.org").join();
  const old = bob!.group.epoch!;
  const said = stage.said.length;
  await stage.replaceServer(async (store) => {
    await restoreKeyServer(store, ReadableStream.from(records), systemRandom);
  });
  await stage.clock.pass(5_000);
  for (const person of [stage.anna, bob!]) {
    assert.notEqual(person.group.epoch!.incarnation, old.incarnation);
    // Whoever came since the backup is not in.
    assert.deepEqual(person.incidents(), ["unproved", "restored"]);
    assert.equal(person.group.phase, "in");
  }
  bob!.say("after");
  assert.deepEqual(stage.anna.texts(), ["after"]);
  // What the old incarnation had said is over, though its signature is right.
  const stale = stage.said.slice(0, said).filter((payload) => payload[0] === 32);
  for (const payload of stale) {
    const opened = bob!.hear(payload, "room", "s");
    assert.ok(opened.type === "taken" || opened.type === "refused");
  }
  assert.ok(counted(bob!)["rolled-back"]! > 0);
  assert.equal(bob!.group.phase, "in");
  await stage.close();
});

Deno.test("a key server rolled back without saying so is found out and not followed", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  const { group } = stage.specification;
  const stored = stage.store.group(group)!;
  const { secret } = stage.store.signingKey(systemRandom);
  await stage.person("carol@example.org").join();
  const epoch = bob!.group.epoch!;
  await stage.replaceServer((store) => {
    store.setSigningKey(secret);
    store.putGroup(stored);
  });
  await stage.clock.pass(130_000);
  assert.deepEqual(bob!.incidents(), ["rolled-back"]);
  assert.deepEqual(bob!.group.epoch, epoch);
  // It goes on and makes the same epoch a second time.
  await stage.person("dora@example.org").join();
  await stage.clock.pass(130_000);
  assert.ok(bob!.incidents().includes("forked"));
  assert.deepEqual(bob!.group.epoch, epoch);
  await stage.close();
});

Deno.test("a member offline through 100 epochs comes back by one question, chain proved", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  bob!.present = false;
  stage.fate = (_what, to) => to === bob!.id ? "lose" : "deliver";
  const guests = ["c", "d", "e"].map((name) => stage.person(`${name}@example.org`));
  for (let turn = 0; turn < 51; turn++) {
    // A key server answers a device 60 times a minute.
    const guest = guests[turn % guests.length]!;
    await guest.join();
    await guest.group.leave();
  }
  stage.anna.say("meanwhile");
  stage.fate = () => "deliver";
  bob!.present = true;
  assert.ok(stage.anna.group.epoch!.number - bob!.group.epoch!.number >= 100);
  bob!.group.setOnline(false);
  bob!.group.setOnline(true);
  await stage.clock.pass(2_000);
  assert.equal(bob!.group.epoch!.number, stage.anna.group.epoch!.number);
  assert.deepEqual(bob!.incidents(), []);
  bob!.say("back");
  assert.deepEqual(stage.anna.texts(), ["back"]);
  await stage.close();
});

Deno.test("statements withheld: played again they prove nothing, after three minutes a person is told", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  // Who runs the network keeps everything of the key server back, and plays an old rekey.
  stage.fate = (what, to) => to === KEY_SERVER || what[0] !== 64 ? "lose" : "deliver";
  for (let turn = 0; turn < 14; turn++) {
    bob!.hear(rekeys(stage).at(-1)!, "room", `r${turn}`);
    await stage.clock.pass(15_000);
  }
  assert.deepEqual(bob!.incidents(), ["silent"]);
  assert.equal(bob!.group.status.silent, true);
  stage.fate = () => "deliver";
  await stage.clock.pass(60_000);
  assert.deepEqual(bob!.incidents(), ["silent", "heard-again"]);
  assert.equal(bob!.group.status.silent, false);
  await stage.close();
});

Deno.test("a reader whom the room's server adds sees ciphertext, and what it says is refused", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  const spy = stage.person("spy@elsewhere.example");
  bob!.say("the secret of the group");
  for (const payload of stage.said) {
    assert.ok(!payload.toHex().includes(utf8("the secret").toHex()));
    assert.notEqual(spy.hear(payload, "room", "x").type, "message");
  }
  await assert.rejects(spy.group.join(), GroupError);
  assert.equal(spy.group.phase, "refused");
  // With the epoch's key, as a member gone bad might hand it over, it still has no place in the list.
  const { number, incarnation } = bob!.group.epoch!;
  const { key } = bob!.store.epoch(incarnation, number)!;
  const forge = (device: string, secret: Bytes) =>
    sealData(
      dataSuite("aes-256-gcm"),
      key,
      {
        group: fromHex(stage.specification.group),
        incarnation: fromHex(incarnation),
        epoch: number,
        device: fromHex(device),
        counter: 5,
        salt: systemRandom(16),
      },
      utf8("forged"),
      (label, bytes) => ed25519.sign(secret, label, bytes),
    );
  const cause = (payload: Bytes) => {
    const opened = stage.anna.hear(payload, "room", "y");
    return opened.type === "refused" ? opened.cause : opened.type;
  };
  assert.equal(cause(forge(spy.self.device, spy.self.key.secret)), "not-a-member");
  // A member who writes in another's name is missing their signature.
  const carol = stage.person("carol@example.org");
  await carol.join();
  assert.equal(cause(forge(bob!.self.device, spy.self.key.secret)), "forged");
  assert.equal(cause(forge(bob!.self.device, bob!.self.key.secret)), "message", "the forge works");
  await stage.close();
});

Deno.test("a message is read once, however often and when it comes, also after a crash", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  const payload = bob!.say("once");
  const { anna } = stage;
  const cause = (archived: boolean) => {
    const opened = anna.hear(payload, "room", "r", archived);
    return opened.type === "refused" ? opened.cause : opened.type;
  };
  assert.equal(cause(false), "repeated");
  assert.equal(cause(true), "repeated");
  anna.crash();
  assert.equal(cause(false), "repeated");
  assert.equal(cause(true), "repeated");
  assert.deepEqual(anna.texts(), ["once"]);
  await stage.close();
});

Deno.test("counters go on after a crash: nothing that was sent is repeated", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  for (let turn = 0; turn < 5; turn++) {
    bob!.say(`before ${turn}`);
    bob!.crash();
    await stage.clock.pass(3_000);
    bob!.say(`after ${turn}`);
  }
  assert.equal(stage.anna.texts().length, 10);
  assert.deepEqual(counted(stage.anna), {});
  await stage.close();
});

Deno.test("messages of an epoch that ended are taken for 30 seconds of our own clock", async () => {
  const stage = new TestGroup({ historyDays: 30 });
  const { anna } = stage;
  await anna.join();
  const bob = stage.person("bob@example.org");
  await bob.join();
  const [first, second, third] = ["1", "2", "3"].map((text) => bob.group.seal(utf8(text)));
  await stage.person("carol@example.org").join();
  assert.equal(anna.hear(first!, "bob", "1").type, "message");
  await stage.clock.pass(31_000);
  const late = anna.hear(second!, "bob", "2");
  assert.equal(late.type === "refused" && late.cause, "too-late");
  assert.equal(anna.hear(second!, "bob", "2", true).type, "message", "out of the archive");
  // Where no old keys are kept, the archive cannot be read either.
  await anna.group.respecify({ ...anna.group.specification, historyDays: null });
  await settled();
  await stage.clock.pass(60_000);
  assert.equal(anna.group.specification.historyDays, null);
  const gone = anna.hear(third!, "bob", "3", true);
  assert.equal(gone.type === "refused" && gone.cause, "no-key");
  await stage.close();
});

Deno.test("who may only read cannot write, not with a program of their own either", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  await stage.anna.group.setRole("bob@example.org", "listener");
  await settled();
  assert.throws(() => bob!.say("x"), { code: "may-not-send" });
  const { number, incarnation } = bob!.group.epoch!;
  const { key } = bob!.store.epoch(incarnation, number)!;
  const header = {
    group: fromHex(stage.specification.group),
    incarnation: fromHex(incarnation),
    epoch: number,
    device: fromHex(bob!.self.device),
    counter: 1,
    salt: systemRandom(16),
  };
  const sign = (label: string, bytes: Bytes) => ed25519.sign(bob!.self.key.secret, label, bytes);
  const payload = sealData(dataSuite("aes-256-gcm"), key, header, utf8("x"), sign);
  const opened = stage.anna.hear(payload, "bob", "1");
  assert.equal(opened.type === "refused" && opened.cause, "may-not-send");
  await stage.close();
});

Deno.test("the group seals with the strongest suite all allow; who allows none is told so", async () => {
  const stage = new TestGroup({ suites: ["aes-256-gcm", "aes-128-cbc-hmac", "lsim-2003"] });
  const { anna } = stage;
  await anna.join();
  assert.equal(anna.group.epoch!.suite, "aes-256-gcm");
  const bob = stage.person("bob@example.org");
  bob.policy = ["aes-128-cbc-hmac"];
  await bob.join();
  assert.equal(anna.group.epoch!.suite, "aes-128-cbc-hmac");
  bob.say("by CBC");
  anna.say("too");
  const carol = stage.person("carol@example.org");
  carol.policy = ["lsim-2003"];
  await assert.rejects(carol.group.join(), { code: "no-common-suite" });
  assert.equal(carol.group.status.refusal?.code, "no-common-suite");
  // Nobody is made to send with what they do not allow any more.
  bob.policy = ["aes-256-gcm"];
  assert.throws(() => bob.say("x"), { code: "no-common-suite" });
  assert.deepEqual([anna.texts(), bob.texts()], [["by CBC"], ["too"]]);
  await stage.close();
});

Deno.test("lsim-2003: where the specification and all members name it, Blowfish carries the group", async () => {
  const stage = new TestGroup({ suites: ["lsim-2003"] });
  stage.anna.policy = ["aes-256-gcm", "lsim-2003"];
  await stage.anna.join();
  const bob = stage.person("bob@example.org");
  bob.policy = ["lsim-2003"];
  await bob.join();
  bob.say("as in 2003");
  assert.deepEqual(stage.anna.texts(), ["as in 2003"]);
  const modern = stage.person("carol@example.org");
  await assert.rejects(modern.group.join(), { code: "no-common-suite" });
  await stage.close();
});

Deno.test("clocks that are wrong by years decide nothing", async () => {
  const { stage, people: [bob, carol] } = await groupOf("bob", "carol");
  const year = 365 * 86_400_000;
  [bob!.skew, carol!.skew] = [60 * year, 5 * year];
  bob!.say("1");
  await stage.person("dora@example.org").join();
  carol!.say("2");
  carol!.skew = 0;
  await stage.anna.group.expel("dora@example.org");
  bob!.say("3");
  carol!.say("4");
  assert.deepEqual(stage.anna.texts(), ["1", "2", "3", "4"]);
  assert.deepEqual([bob!.texts(), carol!.texts()], [["2", "4"], ["1", "3"]]);
  assert.deepEqual([...bob!.incidents(), ...carol!.incidents()], []);
  await stage.close();
});

Deno.test("a group that its owners end is over for everybody", async () => {
  const { stage, people: [bob] } = await groupOf("bob");
  await stage.anna.group.end();
  await settled();
  assert.equal(bob!.group.phase, "closed");
  assert.throws(() => bob!.say("x"), { code: "not-in-group" });
  await assert.rejects(bob!.group.join(), { code: "group-closed" });
  await stage.close();
});
