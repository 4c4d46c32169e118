/** Made-up encrypted groups, for tests and screenshots. */
import type { GroupMemberView, GroupView } from "../api/views.ts";
import { FINGERPRINT, ME } from "./fake_state.ts";

export const CIRCLE = "circle-8dk2ma@rooms.anna-desk.simppd.invalid";

export function fakeGroupMember(change: Partial<GroupMemberView> = {}): GroupMemberView {
  return {
    jid: ME,
    device: "0123456789abcdef",
    name: "Anna",
    role: "owner",
    self: false,
    presence: "online",
    trust: "first-use",
    ...change,
  };
}

export function fakeGroup(jid: string, change: Partial<GroupView> = {}): GroupView {
  return {
    jid,
    id: "0f".repeat(16),
    name: "Circle",
    state: "in",
    problem: null,
    invitation: null,
    epoch: { number: 7, incarnation: "a1".repeat(16), suite: "aes-256-gcm" },
    keyServer: { jid: ME, fingerprint: FINGERPRINT, own: true, silent: false },
    registrars: [],
    server: jid.split("@")[1] ?? "",
    ownServer: false,
    suites: {
      group: ["aes-256-gcm", "aes-128-cbc-hmac"],
      allowed: ["aes-256-gcm", "aes-128-cbc-hmac"],
      own: false,
    },
    role: "owner",
    maySend: true,
    typing: [],
    members: [fakeGroupMember({ self: true, trust: "own" })],
    admitted: [],
    refused: [],
    history: "own",
    ...change,
  };
}
