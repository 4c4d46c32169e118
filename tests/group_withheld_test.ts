import assert from "node:assert/strict";
import { type Bytes, concat, WireWriter } from "../daemon/base/mod.ts";
import { systemRandom } from "../daemon/crypto/mod.ts";
import { settled, TestGroup, type TestPerson } from "../daemon/group/testing_group.ts";
import { MIGRATIONS, openDatabase, RoomMessages, Vault } from "../daemon/store/mod.ts";
import type { Room } from "../daemon/xmpp/client/mod.ts";
import { el, type Element } from "../daemon/xmpp/core/mod.ts";
import { payloadOf, roomElements, writeContent } from "../daemon/app/group_content.ts";
import { GroupTalk } from "../daemon/app/group_talk.ts";
import { RoomLog } from "../daemon/app/room_log.ts";

const ROOM = "circle@rooms.example.org";

/** Anna, Bob and Carol in a group, and in its room. */
async function three() {
  const stage = new TestGroup();
  await stage.anna.join();
  const [bob, carol] = ["bob", "carol"].map((name) => stage.person(`${name}@example.org`));
  for (const person of [bob!, carol!]) await person.join();
  for (const person of stage.persons.values()) person.enter();
  return { stage, bob: bob!, carol: carol! };
}

/** What somebody sees of the room, by the true keys; a crash leaves the log. */
function talkOf(person: TestPerson) {
  const db = openDatabase(":memory:", MIGRATIONS);
  const messages = new RoomMessages(db, new Vault(systemRandom(32), systemRandom));
  const log = new RoomLog(messages, () => {});
  const said: { id: string; elements: readonly Element[] }[] = [];
  const room = {
    say: (elements: readonly Element[], id: string) => said.push({ id, elements }),
  } as unknown as Room;
  const start = () =>
    new GroupTalk({
      jid: ROOM,
      keys: person.group,
      log,
      own: person.self.jid,
      nick: () => "Me",
      nameOf: (jid) => jid,
      room: () => room,
      touch: () => {},
      told: () => {},
      refused: () => {},
      wasTold: () => false,
    });
  let talk = start();
  let number = 0;
  return {
    said,
    log,
    send: (text: string) => talk.send(text),
    hear: (payload: Bytes, { id = `m${++number}`, at }: { id?: string; at?: number } = {}) =>
      talk.heard({
        nick: "Somebody",
        stanzaId: `s${++number}`,
        id,
        at,
        stanza: el("message", { type: "groupchat", id }, ...roomElements(payload, true)),
      }),
    crash: () => {
      talk.close();
      person.crash();
      talk = start();
    },
    texts: () =>
      messages.page(ROOM, 50).filter(({ kind }) => kind === "chat")
        .map(({ body, delivery }) => [body, delivery]),
    close: () => {
      talk.close();
      db.close();
    },
  };
}

Deno.test("what stands for one of ours without being it confirms nothing, also after a restart", async () => {
  for (const crashes of [false, true]) {
    const { stage } = await three();
    const talk = talkOf(stage.anna);
    talk.send("do not pay");
    const [{ id, elements }] = talk.said as [{ id: string; elements: readonly Element[] }];
    const sealed = payloadOf(el("message", {}, ...elements))!;
    if (crashes) {
      talk.crash();
      await stage.clock.pass(3_000);
    }
    const at = crashes ? Date.now() : undefined;
    for (const counter of [2 ** 40, 0]) {
      const decoy = concat(sealed.slice(0, 49), systemRandom(300));
      decoy.set(new WireWriter().u64(counter).finish(), 33);
      talk.hear(decoy, { id, ...at === undefined ? {} : { at } });
    }
    assert.deepEqual(talk.texts(), [["do not pay", "pending"]]);
    // The message itself does, whatever the room calls it.
    talk.hear(sealed, { id: "another", ...at === undefined ? {} : { at } });
    assert.deepEqual(talk.texts(), [["do not pay", "sent"]]);
    talk.close();
    await stage.close();
  }
});

Deno.test("what the room brings late under an old date stands behind what its sender had heard", async () => {
  const { stage, bob, carol } = await three();
  const talk = talkOf(carol);
  // What the room says comes to Carol through her talk alone.
  stage.fate = (what, to) => to === carol.id && what[0] === 64 ? "lose" : "deliver";
  const say = (person: TestPerson, text: string, id: string) => {
    const payload = person.group.seal(writeContent({ body: text, id }));
    stage.publish(payload, person.self.jid);
    return payload;
  };
  const tick = () => new Promise((resolve) => setTimeout(resolve, 3));
  talk.hear(say(bob, "shall we pay?", "1"));
  await tick();
  const stop = say(stage.anna, "stop, do not pay", "2");
  talk.hear(say(bob, "paying now", "3"));
  await tick();
  talk.hear(stop, { at: Date.now() - 20 * 86_400_000 });
  talk.hear(say(bob, "against it?", "4"));
  await settled();
  const texts = talk.texts().map(([body]) => body);
  assert.deepEqual(texts, ["shall we pay?", "stop, do not pay", "paying now", "against it?"]);
  talk.close();
  await stage.close();
});
