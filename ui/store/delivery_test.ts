/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { fakeMessage } from "../testing/fake_state.ts";
import { CLUB, fakeRoomMessage } from "../testing/fake_rooms.ts";
import { conversations, putAnswer, putMessage } from "./messages.ts";
import { putRoomAnswer, putRoomMessage, roomLogs } from "./room_messages.ts";

const EMPTY = { items: [], complete: true, loading: false };

Deno.test("an answer that comes after its events takes no delivery back, in chats and rooms", () => {
  const chat = fakeMessage("b@c", { mine: true, body: "hi", delivery: "delivered" });
  conversations.value = new Map([["b@c", EMPTY]]);
  const inChat = () => conversations.value.get("b@c")!.items.at(-1)!.delivery;
  putMessage(chat);
  putAnswer({ ...chat, delivery: "pending" });
  assert.equal(inChat(), "delivered");
  putAnswer({ ...chat, body: "hello", delivery: "pending" });
  assert.equal(inChat(), "pending", "a correction begins anew");
  putMessage({ ...chat, body: "hello", delivery: "failed" });
  putAnswer({ ...chat, body: "hello", delivery: "pending" });
  assert.equal(inChat(), "failed");

  const line = fakeRoomMessage(CLUB, { mine: true, body: "hi", delivery: "sent" });
  roomLogs.value = new Map([[CLUB, EMPTY]]);
  const inRoom = () => roomLogs.value.get(CLUB)!.items.at(-1)!.delivery;
  putRoomAnswer({ ...line, delivery: "pending" });
  assert.equal(inRoom(), "pending");
  putRoomMessage(line);
  putRoomAnswer({ ...line, delivery: "pending" });
  assert.equal(inRoom(), "sent");
});
