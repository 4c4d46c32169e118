/** The routes about encrypted groups, typed. */
import { request } from "./client.ts";
import type { GroupRole, GroupSuite, GroupView, RoomMessageView } from "./views.ts";

const at = (jid: string) => `/api/groups/${encodeURIComponent(jid)}`;

/** What one shows to a registrar; see the daemon's `AppApi.joinGroup`. */
export interface GroupTicketInput {
  registrar?: string;
  password?: string;
  certificate?: string;
  key?: string;
  ca?: string;
}

/** A group that is to be made; see the daemon's `AppApi.createGroup`. */
export interface NewGroupInput {
  name: string;
  server?: string;
  keyServer?: { jid: string; key: string };
  registrars?: string[];
  suites?: GroupSuite[];
  ticket?: GroupTicketInput;
}

const shown = (ticket: GroupTicketInput | undefined) => ticket === undefined ? {} : { ticket };

export const groupApi = {
  groups: () => request<GroupView[]>("GET", "/api/groups"),
  create: (input: NewGroupInput) => request<GroupView>("POST", "/api/groups", input),
  joinSpecified: (specification: string) =>
    request<GroupView>("POST", "/api/specified-group", { specification }),
  suitesEverywhere: () => request<{ suites: GroupSuite[] }>("GET", "/api/group-suites"),
  setSuitesEverywhere: (suites: GroupSuite[]) =>
    request<{ suites: GroupSuite[] }>("PUT", "/api/group-suites", { suites }),
  setSuites: (jid: string, suites: GroupSuite[] | null) =>
    request<void>("PUT", `${at(jid)}/suites`, { suites }),
  answer: (jid: string, answer: "accept" | "later" | "decline", ticket?: GroupTicketInput) =>
    request<GroupView>("POST", `${at(jid)}/invitation`, { answer, ...shown(ticket) }),
  join: (jid: string, ticket?: GroupTicketInput) =>
    request<GroupView>("POST", `${at(jid)}/join`, shown(ticket)),
  leave: (jid: string, force: boolean) =>
    request<void>("POST", `${at(jid)}/leave`, force ? { force } : {}),
  end: (jid: string) => request<void>("POST", `${at(jid)}/end`),
  invite: (jid: string, contact: string, role: GroupRole) =>
    request<void>("POST", `${at(jid)}/invite`, { contact, role }),
  withdraw: (jid: string, contact: string) =>
    request<void>("POST", `${at(jid)}/withdraw`, { contact }),
  expel: (jid: string, member: string) => request<void>("POST", `${at(jid)}/expel`, { member }),
  setRole: (jid: string, member: string, role: GroupRole) =>
    request<void>("PUT", `${at(jid)}/role`, { member, role }),
  correct: (jid: string, id: string, body: string) =>
    request<RoomMessageView>("PATCH", `${at(jid)}/messages/${encodeURIComponent(id)}`, { body }),
  setTyping: (jid: string, typing: boolean) =>
    request<void>("POST", `${at(jid)}/typing`, { typing }),
  send: (jid: string, body: string) =>
    request<RoomMessageView>("POST", `${at(jid)}/messages`, { body }),
};
