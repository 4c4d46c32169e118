import assert from "node:assert/strict";
import type { Room, RoomMessage } from "../xmpp/client/mod.ts";
import { el, Jid } from "../xmpp/core/mod.ts";
import { type Ground, RoomStay } from "./room_stay.ts";

const ROOM = Jid.parse("group@rooms.example.org");

Deno.test("the place in a group's archive stays where it is while something waits for its key", async () => {
  let place: string | null = "before", waits = false;
  const heard: (string | undefined)[] = [];
  const message = (n: number) => el("message", { from: `${ROOM}/anna`, id: `m${n}` });
  const archived = (n: number) => ({ id: `${n}`, at: n, message: message(n) });
  const refuse = () => Promise.reject(new Error("not asked here"));
  const ground = {
    client: { iq: refuse },
    archive: {
      page: ({ after }: { after: string }) => {
        assert.equal(after, place);
        return Promise.resolve({ messages: [archived(1), archived(2)], last: "2", complete: true });
      },
    },
    stored: {
      get: () => ({ archived: place }),
      setArchived: (_: string, to: string) => place = to,
    },
    messages: { newest: () => undefined },
    log: { settle: () => {} },
    sealed: {
      has: () => true,
      heard: (_: string, { stanzaId }: { stanzaId: string | undefined }) => {
        heard.push(stanzaId);
        return !waits;
      },
      moved: () => {},
    },
    touch: () => {},
  } as unknown as Ground;
  const room = { jid: ROOM, administration: { affiliated: refuse } } as unknown as Room;
  const live = (n: number) => {
    const said = { nick: "anna", stanzaId: `${n}`, stanza: message(n) };
    stay.hear({ kind: "message", message: said as unknown as RoomMessage });
  };

  waits = true;
  let stay = new RoomStay(ground, room);
  await stay.settle();
  live(3);
  assert.equal(place, "before", "as if it had ended now: they would come again");
  stay.end();
  stay = new RoomStay(ground, room);
  await stay.settle();
  waits = false;
  live(4);
  assert.equal(place, "4");
  assert.deepEqual(heard, ["1", "2", "3", "1", "2", "4"]);
  stay.end();
});
