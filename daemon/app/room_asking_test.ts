import assert from "node:assert/strict";
import type { Room } from "../xmpp/client/mod.ts";
import { StanzaError } from "../xmpp/core/mod.ts";
import { changeStanding } from "./room_asking.ts";

Deno.test("a role for a nick that nobody has names the nick, not the room", async () => {
  const setRole = () => Promise.reject(new StanzaError("cancel", "item-not-found"));
  const room = { administration: { setRole } } as unknown as Room;
  await assert.rejects(changeStanding(room, { nick: "Nobody", role: "none" }), {
    code: "no-such-occupant",
    publicMessage: "Nobody in the room is Nobody.",
  });
});
