import type { GroupView, RoomMessageView } from "../daemon/views/mod.ts";

/** Something that Alice says in a room. */
export function fakeRoomMessage(room: string, id: string, body: string): RoomMessageView {
  return {
    id,
    room,
    kind: "chat",
    file: null,
    mine: true,
    nick: "Alice",
    sender: "alice",
    jid: "alice@fake.example",
    body,
    link: null,
    edited: false,
    at: 1,
    mention: false,
    encryption: "none",
    delivery: "pending",
    problem: null,
  };
}

/** A group that Alice is a member of. */
export const FAKE_GROUP: GroupView = {
  jid: "circle@rooms.fake.example",
  id: "0".repeat(32),
  name: "Circle",
  state: "in",
  problem: null,
  invitation: null,
  epoch: { number: 7, incarnation: "1".repeat(32), suite: "AES-256-GCM" },
  keyServer: { jid: "bob@fake.example", fingerprint: "2".repeat(64), own: false, silent: false },
  registrars: [],
  server: "rooms.fake.example",
  ownServer: false,
  suites: { group: ["aes-256-gcm"], allowed: ["aes-256-gcm"], own: false },
  role: "member",
  maySend: true,
  typing: [],
  members: [{
    jid: "bob@fake.example",
    device: "0123456789abcdef",
    name: "Bob\u202e",
    role: "owner",
    self: false,
    presence: "online",
    trust: "verified",
  }],
  admitted: [],
  refused: [{ code: "forged", count: 2 }],
  history: "own",
};
