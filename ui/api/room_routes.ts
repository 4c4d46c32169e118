/** The routes about rooms, typed. */
import { request } from "./client.ts";
import type {
  RoomAffiliation,
  RoomMemberView,
  RoomMessageView,
  RoomRole,
  RoomView,
} from "./views.ts";

const at = (jid: string) => `/api/rooms/${encodeURIComponent(jid)}`;

export interface MemberChange {
  nick?: string;
  jid?: string;
  role?: RoomRole;
  affiliation?: RoomAffiliation;
  reason?: string;
}

export interface NewRoom {
  name: string;
  server?: string;
  open?: boolean;
  moderated?: boolean;
  password?: string;
  plain: true;
}

/** `plain: true` says that the person was told: rooms are not encrypted. */
export const roomApi = {
  rooms: () => request<RoomView[]>("GET", "/api/rooms"),
  create: (input: NewRoom) => request<RoomView>("POST", "/api/rooms", input),
  join: (input: { jid: string; nick?: string; password?: string; plain: true }) =>
    request<RoomView>("POST", "/api/rooms/join", input),
  accept: (jid: string, plain: true) =>
    request<RoomView>("POST", `${at(jid)}/invitation`, { answer: "accept", plain }),
  answer: (jid: string, answer: "later" | "decline") =>
    request<RoomView>("POST", `${at(jid)}/invitation`, { answer }),
  leave: (jid: string) => request<void>("DELETE", at(jid)),
  destroy: (jid: string) => request<void>("POST", `${at(jid)}/destroy`, {}),
  change: (jid: string, change: { subject?: string; nick?: string }) =>
    request<RoomView>("PATCH", at(jid), change),
  members: (jid: string) => request<RoomMemberView[]>("GET", `${at(jid)}/members`),
  changeMember: (jid: string, change: MemberChange) =>
    request<void>("PATCH", `${at(jid)}/members`, change),
  invite: (jid: string, contact: string) => request<void>("POST", `${at(jid)}/invite`, { contact }),
  messages: (jid: string, page: { before?: string; limit: number }) => {
    const query = new URLSearchParams({ limit: String(page.limit) });
    if (page.before !== undefined) query.set("before", page.before);
    return request<RoomMessageView[]>("GET", `${at(jid)}/messages?${query}`);
  },
  send: (jid: string, body: string) =>
    request<RoomMessageView>("POST", `${at(jid)}/messages`, { body }),
  correct: (jid: string, id: string, body: string) =>
    request<RoomMessageView>("PATCH", `${at(jid)}/messages/${encodeURIComponent(id)}`, { body }),
  setTyping: (jid: string, typing: boolean) =>
    request<void>("POST", `${at(jid)}/typing`, { typing }),
  markRead: (jid: string) => request<void>("POST", `${at(jid)}/read`),
};
