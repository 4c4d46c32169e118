/** The routes about encrypted groups, typed. */
import { request } from "./client.ts";
import type { GroupRole, GroupView, RoomMessageView } from "./views.ts";

const at = (jid: string) => `/api/groups/${encodeURIComponent(jid)}`;

/** What one shows to a registrar; see the daemon's `AppApi.joinGroup`. */
export interface GroupTicketInput {
  registrar?: string;
  password?: string;
  certificate?: string;
  key?: string;
  ca?: string;
}

const shown = (ticket: GroupTicketInput | undefined) => ticket === undefined ? {} : { ticket };

export const groupApi = {
  groups: () => request<GroupView[]>("GET", "/api/groups"),
  create: (input: { name: string; server?: string; keyServer?: { jid: string; key: string } }) =>
    request<GroupView>("POST", "/api/groups", input),
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
  send: (jid: string, body: string) =>
    request<RoomMessageView>("POST", `${at(jid)}/messages`, { body }),
};
