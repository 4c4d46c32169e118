import assert from "node:assert/strict";
import { join } from "node:path";
import { App } from "../../daemon/app/mod.ts";
import { startEjabberd } from "../../scripts/peers/ejabberd.ts";
import { startProsody } from "../../scripts/peers/prosody.ts";
import { until } from "../daemon.ts";
import { absent } from "../real_parts.ts";

const ACCOUNTS = { alice: "wonderland", bob: "builder" };

interface Server {
  readonly domain: string;
  readonly ports: { readonly starttls: number };
  readonly pin: string;
  stop(): Promise<void>;
}

const PEERS = [
  {
    name: "Prosody",
    program: "prosody",
    start: () => startProsody({ accounts: ACCOUNTS, archive: true }),
  },
  {
    name: "ejabberd",
    program: "ejabberdctl",
    start: () => startEjabberd({ accounts: ACCOUNTS, archive: true }),
  },
];

for (const { name, program, start } of PEERS) {
  Deno.test({
    name: `two daemons share a room of ${name}: invited, heard, again after a restart, removed`,
    ignore: absent(program),
    fn: async () => {
      const server = (await start())!;
      const root = await Deno.makeTempDir({ prefix: "simppd-app-rooms-" });
      try {
        await shareRoom(root, server);
      } finally {
        await server.stop();
        await Deno.remove(root, { recursive: true });
      }
    },
  });
}

async function shareRoom(root: string, server: Server): Promise<void> {
  const alice = await open(root, "alice");
  let bob = await open(root, "bob");
  try {
    await signIn(alice, "alice", server);
    await signIn(bob, "bob", server);
    const { jid } = await alice.createRoom({ name: "Book club", plain: true });
    await alice.inviteToRoom(jid, `bob@${server.domain}`, "Tuesdays");
    await until("the invitation", () => bob.rooms().find(({ state }) => state === "invited"));
    await bob.answerRoom(jid, { answer: "accept", plain: true });
    await until("Bob in the room", () => member(alice, jid, "bob"));
    assert.equal(member(alice, jid, "bob")!.jid, `bob@${server.domain}`);
    await alice.sendToRoom(jid, "one");
    await until("the message", () => heard(bob, jid).length === 1 || undefined);
    const sent = () =>
      alice.roomMessages(jid).find(({ kind, delivery }) => kind === "chat" && delivery === "sent");
    const { id } = await until("it sent", sent);
    await alice.correctInRoom(jid, id, "one!");
    await until("it corrected", () => bob.roomMessages(jid).find(({ edited }) => edited));
    await alice.setRoomTyping(jid, true);
    await until("Alice writing", () => bob.rooms()[0]?.typing.find((nick) => nick === "alice"));

    await bob.close();
    await until("Bob gone", () => member(alice, jid, "bob") === undefined || undefined);
    await alice.sendToRoom(jid, "two");
    await until("it sent", () => heard(alice, jid).length === 2 || undefined);
    bob = await open(root, "bob");
    await until("what was missed", () => heard(bob, jid).length === 2 || undefined);
    await bob.sendToRoom(jid, "three");
    await until("the answer", () => heard(alice, jid).length === 3 || undefined);
    assert.deepEqual(heard(bob, jid), ["< alice: one!", "< alice: two", "> bob: three"]);
    assert.deepEqual(heard(alice, jid), ["> alice: one!", "> alice: two", "< bob: three"]);

    await alice.changeRoomMember(jid, { jid: `bob@${server.domain}`, affiliation: "none" });
    await until("Bob out", () => bob.rooms()[0]?.problem?.code === "room-not-member" || undefined);
    await assert.rejects(bob.joinRoom({ jid, plain: true }), { code: "room-members-only" });
    await alice.destroyRoom(jid);
  } finally {
    await bob.close();
    await alice.close();
  }
}

const open = (root: string, name: string) =>
  App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });

async function signIn(app: App, name: keyof typeof ACCOUNTS, server: Server): Promise<void> {
  const { domain, ports, pin } = server;
  const place = { server: `127.0.0.1:${ports.starttls}`, pin };
  await app.signIn({ jid: `${name}@${domain}`, password: ACCOUNTS[name], nick: name, ...place });
}

const member = (app: App, jid: string, nick: string) =>
  app.roomMembers(jid).find((each) => each.nick === nick && each.presence === "online");

const heard = (app: App, jid: string) =>
  app.roomMessages(jid).filter(({ kind, delivery }) => kind === "chat" && delivery !== "pending")
    .map(({ mine, nick, body }) => `${mine ? ">" : "<"} ${nick}: ${body}`);
