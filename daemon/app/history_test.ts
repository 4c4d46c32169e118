import assert from "node:assert/strict";
import { el, NS } from "../xmpp/core/mod.ts";
import { XmppClient } from "../xmpp/client/mod.ts";
import { App } from "./gate.ts";
import { readInvitation } from "./invitation.ts";
import { type Dora, until, withDora } from "./testing_dora.ts";

const PASSWORD = "another program's password";

/** Another program on Alice's account, that knows nothing of simppd. */
async function otherOf(alice: App): Promise<XmppClient> {
  await alice.setPassword(PASSWORD);
  return await clientOf(alice, alice.status().account!.jid);
}

/** A program on an account of the server that Alice carries. */
async function clientOf(alice: App, jid: string): Promise<XmppClient> {
  const { hosts, pin } = readInvitation((await alice.invite()).link);
  const client = new XmppClient({
    jid,
    password: PASSWORD,
    endpoints: hosts.map((host) => ({ ...host, tls: "direct" as const })),
    trust: { kind: "pin", pin },
  });
  await client.connect();
  client.send(el("presence"));
  return client;
}

const write = (client: XmppClient, to: string, text: string, id: string) =>
  client.send(el("message", { to, type: "chat", id }, el("body", {}, text)));

const lines = (app: App, { jid }: Dora) =>
  app.messages(jid).filter(({ kind }) => kind === "chat").map(({ mine, body, suite }) =>
    `${mine ? ">" : "<"} ${body} ${suite}`
  );

Deno.test("what another program of one's own sends in clear stands here too, marked", () =>
  withDora(async (alice, dora) => {
    const other = await otherOf(alice);
    try {
      write(other, dora.jid, "from the other", "message-a");
      await until(alice.events, () => lines(alice, dora).length === 1);
      dora.say("to all of you", "1");
      await until(alice.events, () => lines(alice, dora).length === 2);
      assert.deepEqual(lines(alice, dora), ["> from the other none", "< to all of you none"]);
      // A copy that is not the server's is an invention.
      dora.client.send(el(
        "message",
        { to: dora.alice, type: "chat" },
        el(
          "sent",
          { xmlns: NS.carbons },
          el(
            "forwarded",
            { xmlns: NS.forward },
            el(
              "message",
              { xmlns: NS.client, from: dora.alice, to: dora.jid, type: "chat", id: "forged-id" },
              el("body", {}, "I owe Dora money"),
            ),
          ),
        ),
      ));
      dora.say("end of it", "message-b");
      await until(alice.events, () => lines(alice, dora).length === 3);
      assert.equal(lines(alice, dora).at(-1), "< end of it none");
    } finally {
      await other.close();
    }
  }));

Deno.test("what was said while this device was away comes out of the archive, once", () =>
  withDora(async (alice, dora, state) => {
    // A server of its own that stays while Alice's simppd is away.
    const bobState = `${state}-bob`;
    const bob = await App.open({ state: bobState, callHosts: ["127.0.0.1"] });
    await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
    try {
      const bobJid = bob.status().account!.jid;
      await bob.addContact({ jid: dora.jid });
      await until(bob.events, () => bob.contacts().some(({ jid }) => jid === dora.jid));
      write(dora.client, bobJid, "before", "1");
      await until(bob.events, () => lines(bob, dora).length === 1);
      await bob.setPassword(PASSWORD);
      await bob.close();
      const other = await clientOf(alice, bobJid);
      const came = new Promise<void>((resolve) => {
        other.hooks.message((stanza) => {
          if (stanza.getChildText("body") === "second") resolve();
        });
      });
      write(other, dora.jid, "while away", "message-c");
      await dora.heard((stanza) => stanza.getChildText("body") === "while away");
      write(dora.client, bobJid, "second", "1");
      await came;
      await other.close();
      const again = await App.open({ state: bobState, callHosts: ["127.0.0.1"] });
      try {
        const wanted = ["< before none", "> while away none", "< second none"];
        await until(again.events, () => lines(again, dora).length >= 3);
        assert.deepEqual(lines(again, dora), wanted);
        write(dora.client, bobJid, "third", "1");
        await until(again.events, () => lines(again, dora).length >= 4);
        assert.deepEqual(lines(again, dora), [...wanted, "< third none"]);
      } finally {
        await again.close();
      }
    } finally {
      await bob.close();
    }
  }));
