/** Made-up rooms, for tests and screenshots. */
import type { RoomMemberView, RoomMessageView, RoomView } from "../api/views.ts";
import { ME } from "./fake_state.ts";

export const CLUB = "book-club-4fz2kd@rooms.anna-desk.simppd.invalid";

export function fakeRoom(jid: string, change: Partial<RoomView> = {}): RoomView {
  return {
    jid,
    name: "Book club",
    server: jid.split("@")[1] ?? "",
    encryption: "none",
    state: "in",
    problem: null,
    invitation: null,
    nick: "Anna",
    affiliation: "owner",
    role: "moderator",
    subject: "",
    nonAnonymous: true,
    occupants: 3,
    typing: [],
    unread: 0,
    mentions: 0,
    last: null,
    ...change,
  };
}

let messages = 0;

export function fakeRoomMessage(
  room: string,
  change: Partial<RoomMessageView> = {},
): RoomMessageView {
  return {
    id: String(++messages),
    room,
    kind: "chat",
    file: null,
    mine: false,
    nick: "Ben Ortiz",
    sender: change.nick ?? "ben",
    jid: null,
    body: "Hello",
    link: null,
    edited: false,
    at: Date.now(),
    mention: false,
    encryption: "none",
    delivery: null,
    problem: null,
    ...change,
  };
}

export function fakeMember(change: Partial<RoomMemberView> = {}): RoomMemberView {
  return {
    nick: "Anna",
    jid: ME,
    affiliation: "owner",
    role: "moderator",
    presence: "online",
    self: false,
    ...change,
  };
}
