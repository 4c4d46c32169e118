import assert from "node:assert/strict";
import { join } from "node:path";
import { SimppdError } from "../daemon/base/mod.ts";
import { MemoryDirectory, person } from "../daemon/simpp/testing.ts";
import type { AppEvent } from "../daemon/views/mod.ts";
import { Pep, XmppClient } from "../daemon/xmpp/client/mod.ts";
import { App } from "../daemon/app/gate.ts";
import { PepDirectory } from "../daemon/app/pep_directory.ts";

/** One line of a chat between two who verify each other. */
async function verifiedBy(app: App, other: App): Promise<void> {
  const theirs = other.status().account!.jid, own = app.status().account!.jid;
  await app.sendMessage(theirs, "hello");
  await until("the message", () => other.messages(own).some(({ body }) => body === "hello"));
  await app.verify(theirs, { number: (await app.safety(theirs)).number });
}

const PASSWORD = "a long password for the phone";

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !holds();) {
    if (Date.now() > end) throw new Error(`not within a minute: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("a phone is linked by both answers, and follows no other account key", async () => {
  const root = await Deno.makeTempDir({ prefix: "simppd-linking-" });
  const open = (name: string) => App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
  let alice = await open("alice");
  const bob = await open("bob"), phone = await open("phone");
  const devices = (app: App) => app.status().devices;
  try {
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
    await bob.setPassword(PASSWORD);
    const { port, pin } = alice.status().server!;
    const jid = bob.status().account!.jid, a = alice.status().account!.jid;
    await phone.signIn({ jid, password: PASSWORD, nick: "B", server: `127.0.0.1:${port}`, pin });
    await until("the request", () => devices(bob).requests.length === 1);
    const [{ id, code } = { id: "", code: "" }] = devices(bob).requests;
    assert.deepEqual([devices(phone).code, devices(phone).confirmation], [code, "needed"]);

    // The server is away when the person approves: nothing changes, and it can be done again.
    await alice.close();
    await until("offline", () => bob.status().state !== "online");
    await assert.rejects(bob.approveDevice(id), SimppdError);
    assert.deepEqual([devices(bob).devices.length, devices(bob).requests.length], [1, 1]);
    alice = await open("alice");
    await until("online", () => [bob, phone].every((one) => one.status().state === "online"));
    await bob.approveDevice(id);
    await bob.approveDevice(id);
    await until("listed", () => devices(bob).devices.length === 2);
    assert.equal(devices(phone).state, "unlinked");
    await assert.rejects(phone.confirmDevice("12345"), SimppdError);
    await phone.confirmDevice(code);
    await until("linked", () => devices(phone).state === "linked");
    await phone.sendMessage(a, "from my phone");
    await until("heard", () => alice.messages(jid).some((m) => m.body === "from my phone"));

    // Whoever has the password shows a list of other keys that names the phone.
    const events: AppEvent[] = [];
    phone.events.on((event) => events.push(event));
    const own = phone.status().account!.fingerprint;
    const client = new XmppClient({
      jid,
      password: PASSWORD,
      trust: { kind: "pin", pin },
      endpoints: [{ host: "127.0.0.1", port, tls: "direct" }],
    });
    const pep = new Pep(client);
    await client.connect();
    const directory = new PepDirectory(() => pep);
    const bundle = (await directory.fetchBundle(jid, id))!;
    const mine = new MemoryDirectory();
    const eve = await person(jid, mine);
    eve.simpp.linking.asked(bundle.slice(1, 33).toHex());
    await eve.simpp.linking.approve(id);
    const real = (await directory.fetchDevices(jid))!;
    await directory.publishDevices(mine.devices.get(jid)!);
    await until("replaced", () => devices(phone).state === "replaced");
    const told = events.filter(({ type }) => type === "security");
    assert.deepEqual(told.map(({ data }) => (data as { code: string }).code), ["keys-replaced"]);
    await directory.publishDevices(real);
    await until("linked again", () => devices(phone).state === "linked");
    assert.equal(phone.status().account!.fingerprint, own);
    await client.close();
    eve.close();
  } finally {
    for (const app of [phone, bob, alice]) await app.close();
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a further device: refused sign-in, link, what was verified, off the list, anew", async () => {
  const root = await Deno.makeTempDir({ prefix: "simppd-further-" });
  const open = (name: string) => App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
  const alice = await open("alice"), bob = await open("bob"), phone = await open("phone");
  const devices = (app: App) => app.status().devices;
  try {
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
    await bob.setPassword(PASSWORD);
    await verifiedBy(bob, alice);
    const { jid, hosts, pin, keyed } = bob.status().account!, a = alice.status().account!.jid;
    assert.deepEqual([hosts, keyed], [[`127.0.0.1:${alice.status().server!.port}`], true]);
    const place = { jid, nick: "B", server: `127.0.0.1:1, ${hosts.join(",")}`, pin: pin! };

    // Nothing of an account that did not work is shown, neither meanwhile nor after.
    const seen: unknown[] = [];
    const stop = phone.events.on(({ type, data }) =>
      type === "status" && seen.push([data.state, data.account, data.problem])
    );
    await assert.rejects(phone.signIn({ ...place, password: "wrong" }), SimppdError);
    stop();
    assert.ok(seen.length > 0);
    for (const one of seen) assert.deepEqual(one, ["none", null, null]);
    await phone.signIn({ ...place, password: PASSWORD });

    // Denied, asked again, approved.
    const request = async () => {
      await until("the request", () => devices(bob).requests.length === 1);
      return devices(bob).requests[0]!;
    };
    assert.equal(devices(phone).absence, "new");
    await bob.denyDevice((await request()).id);
    await until("denied", () => devices(phone).absence === "denied");
    await phone.askAgain();
    assert.equal(devices(phone).absence, "new");
    const { id, code } = await request();
    await phone.confirmDevice(code);
    await bob.approveDevice(id);
    await until("linked", () => devices(phone).state === "linked");
    const trust = (app: App) => app.contacts().find((one) => one.jid === a)?.trust.state;
    await until("what was verified", () => trust(phone) === "verified");

    // Taken off the list: it asks when told to; or begins anew, with a key that nobody has.
    await bob.removeDevice(id);
    await until("removed", () => devices(phone).absence === "removed");
    await phone.askAgain();
    await bob.approveDevice((await request()).id);
    await until("linked again", () => devices(phone).state === "linked");
    await bob.removeDevice(id);
    await until("removed", () => devices(phone).absence === "removed");
    const before = phone.status().account!.fingerprint;
    const { account, devices: anew } = await phone.startAnew();
    assert.notEqual(account!.fingerprint, before);
    assert.deepEqual([anew.state, anew.absence, anew.devices.length], ["own", null, 1]);
    await until("replaced", () => devices(bob).state === "replaced");
    const doubt = () => alice.contacts().find((one) => one.jid === jid)!.trust.doubt;
    await until("in doubt", () => doubt() === "new-key");
    await alice.decideChange(jid, false);
    assert.equal(doubt(), "refused");
    const { number } = await phone.safety(a);
    assert.equal((await alice.verify(jid, { number })).trust.state, "verified");
    await phone.sendMessage(a, "from the new key");
    await until("heard", () => alice.messages(jid).some((m) => m.body === "from the new key"));
  } finally {
    for (const app of [phone, bob, alice]) await app.close();
    await Deno.remove(root, { recursive: true });
  }
});
