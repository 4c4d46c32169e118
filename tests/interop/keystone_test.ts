import assert from "node:assert/strict";
import { join } from "node:path";
import { KeyServerHome } from "../../daemon/app/mod.ts";
import { eventually, StackMember } from "../../daemon/app/keystone/testing_member.ts";
import { fromBase64, toHex } from "../../daemon/base/mod.ts";
import { systemRandom } from "../../daemon/crypto/mod.ts";
import { KIND, parseSpecification, printSpecification } from "../../daemon/group/mod.ts";
import { COMPONENT_SECRET, startProsody } from "../../scripts/peers/prosody.ts";
import { Slixmpp } from "../../scripts/peers/slixmpp.ts";
import { absent, absentPeer } from "../real_parts.ts";

const PASSWORD = "correct horse battery";
const ACCOUNTS = { anna: PASSWORD, bob: PASSWORD, carl: PASSWORD, eve: PASSWORD };

Deno.test(
  "a key server is Prosody's component; an eavesdropper in the room sees ciphertext alone",
  {
    ignore: absent("prosody") || absentPeer("slixmpp", Slixmpp.installed()),
  },
  async () => {
    const prosody = (await startProsody({ accounts: ACCOUNTS }))!;
    const root = await Deno.makeTempDir({ prefix: "simppd-keystone-" });
    const { domain, caPem, ports } = prosody;
    const keys = `component.${domain}`, room = `group@rooms.${domain}`;
    const component = {
      domain: keys,
      secret: COMPONENT_SECRET,
      host: "127.0.0.1",
      port: ports.component,
    };
    const home = await KeyServerHome.start({ state: join(root, "keys"), for: [domain], component });
    const at = { domain, port: ports.direct, pem: caPem, password: PASSWORD };
    const [anna, bob, carl] = ["anna", "bob", "carl"].map((name) => new StackMember(name, at)) as [
      StackMember,
      StackMember,
      StackMember,
    ];
    const eve = await Slixmpp.start({
      jid: `eve@${domain}`,
      password: PASSWORD,
      port: ports.direct,
      tls: "direct",
      caPem,
    });
    try {
      for (const each of [anna, bob, carl]) await each.online();
      const spec = parseSpecification([
        "simppd group specification 1",
        "name = Test",
        `group = ${toHex(systemRandom(16))}`,
        `room = ${room}`,
        `key-server = ${keys} ${home.view.key}`,
        `access = jid ${bob.jid}`,
        `access = jid ${carl.jid}`,
        `owner = ${anna.jid} ${anna.simpp.fingerprint}`,
      ].join("\n"));
      // The room's server, or who owns the room, lets in somebody who is no member of the group.
      await anna.makeRoom(room, [keys, bob.jid, carl.jid, `eve@${domain}`]);
      await eve.request("connect");
      await eve.request("join", { room, nick: "eve" });
      const { group } = spec;
      const hosting = { kind: "host" as const, group, specification: printSpecification(spec) };
      assert.equal((await anna.ask(keys, hosting)).kind, "done");
      await bob.enter(room);
      await carl.enter(room);
      await eventually(() => home.rooms.includes(room), "the key server is in the room");
      for (const each of [anna, bob, carl]) await each.use(spec).join();
      await eventually(
        () => [anna, bob].every((each) => each.group!.epoch?.number === 3),
        "in step",
      );
      anna.say("nobody else shall read this");
      await eventually(() => bob.read.length === 1 && carl.read.length === 1, "read");
      await anna.group!.expel(carl.jid);
      await eventually(() => bob.group!.epoch?.number === 4, "carl is out");
      bob.say("carl neither");
      await eventually(() => anna.read.includes("carl neither"), "read without carl");
      assert.ok(!carl.read.includes("carl neither"));

      const heard: Uint8Array[] = [];
      while (heard.filter(([kind]) => kind === KIND.data).length < 2) {
        const { xml } = await eve.until(({ event }) => event === "overheard", "what is said there");
        const [, text] = /<group xmlns="urn:simpp:group:1">([^<]+)</.exec(xml!)!;
        heard.push(fromBase64(text!));
        assert.ok(!xml!.includes("<body"));
      }
      assert.ok(heard.some(([kind]) => kind === KIND.rekey));
      const all = heard.map((payload) => new TextDecoder("latin1").decode(payload)).join(" ");
      for (const secret of ["nobody else", "carl neither"]) assert.ok(!all.includes(secret));
      const asked = await anna.ask(keys, { kind: "status", group });
      assert.ok(asked.kind === "standing");
    } finally {
      await eve.stop();
      for (const each of [anna, bob, carl]) await each.close();
      await home.stop();
      await prosody.stop();
      await Deno.remove(root, { recursive: true });
    }
  },
);
