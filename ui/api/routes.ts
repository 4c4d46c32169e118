/** Every route of the local API that the dashboard uses, typed. */
import { download, request, upload } from "./client.ts";
import { forgetPage, keepPage } from "./page.ts";
import type {
  ArchiveView,
  CallView,
  CameraOptions,
  CameraView,
  ContactView,
  InvitationView,
  MessageView,
  OpenInvitationView,
  PictureView,
  SafetyView,
  StatusView,
  SuiteName,
} from "./views.ts";

export type Reach = "this-machine" | "network";

/** Who gets an account. */
export interface NewPerson {
  nick: string;
  /** The name in the address, where the nick has no letter for one. */
  username?: string;
}

export interface SignIn {
  jid: string;
  password: string;
  nick: string;
  server?: string;
  pin?: string;
}

export interface DoctorLine {
  check: string;
  ok: boolean;
  detail: string;
}

const at = (jid: string) => `/api/contacts/${encodeURIComponent(jid)}`;
/** Headers hold no other letters. */
const base64Url = (words: string) =>
  btoa(String.fromCharCode(...new TextEncoder().encode(words)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const deviceAt = (id: string) => `/api/devices/${encodeURIComponent(id)}`;
const callAt = (id: string) => `/api/calls/${encodeURIComponent(id)}`;

export const api = {
  openSession: async (launch: string) =>
    keepPage((await request<{ page: string }>("POST", "/api/session", { launch })).page),
  closeSession: async () => {
    await request<void>("DELETE", "/api/session");
    forgetPage();
  },

  status: () => request<StatusView>("GET", "/api/status"),
  unlock: (passphrase: string) => request<StatusView>("POST", "/api/unlock", { passphrase }),
  lock: () => request<StatusView>("POST", "/api/lock"),
  setPassphrase: (passphrase: string, current?: string) =>
    request<StatusView>("PUT", "/api/passphrase", {
      passphrase,
      ...(current === undefined ? {} : { current }),
    }),
  removePassphrase: (current: string) =>
    request<StatusView>("DELETE", "/api/passphrase", { current }),
  backup: (passphrase: string, server: boolean) => download("/api/backup", { passphrase, server }),
  restore: (file: Blob, passphrase: string, lost: boolean) =>
    upload<StatusView>(`/api/setup/restore${lost ? "?lost=1" : ""}`, file, {
      "Simppd-Passphrase": base64Url(passphrase),
    }),

  carry: (who: NewPerson, reach: Reach) =>
    request<StatusView>("POST", "/api/setup/carry", { ...who, reach }),
  join: (link: string, who: NewPerson) =>
    request<StatusView>("POST", "/api/setup/join", { link, ...who }),
  signIn: (input: SignIn) => request<StatusView>("POST", "/api/setup/sign-in", input),
  setPassword: (password: string) =>
    request<StatusView>("POST", "/api/account/password", { password }),
  setReach: (reach: Reach, address?: string) =>
    request<StatusView>("POST", "/api/server/reach", {
      reach,
      ...(address === undefined ? {} : { address }),
    }),
  picture: (jid: string) => request<PictureView>("GET", `/api/pictures/${encodeURIComponent(jid)}`),
  setPicture: (data: string | null) => request<StatusView>("PUT", "/api/account/picture", { data }),
  invitations: () => request<OpenInvitationView[]>("GET", "/api/invitations"),
  revokeInvitation: (id: string) =>
    request<void>("DELETE", `/api/invitations/${encodeURIComponent(id)}`),
  archive: () => request<ArchiveView>("GET", "/api/archive"),
  setArchive: (wanted: ArchiveView) => request<ArchiveView>("PUT", "/api/archive", wanted),
  invite: () => request<InvitationView>("POST", "/api/invitations"),
  doctor: () => request<DoctorLine[]>("GET", "/api/doctor"),

  contacts: () => request<ContactView[]>("GET", "/api/contacts"),
  addContact: (input: { jid: string; name?: string }) =>
    request<ContactView>("POST", "/api/contacts", input),
  changeContact: (
    jid: string,
    change: { name?: string; accept?: boolean; blocked?: boolean; plain?: boolean },
  ) => request<ContactView>("PATCH", at(jid), change),
  removeContact: (jid: string) => request<void>("DELETE", at(jid)),
  forgetContact: (jid: string) => request<void>("POST", `${at(jid)}/forget`),
  forgetChat: (jid: string) => request<void>("DELETE", `${at(jid)}/messages`),
  safety: (jid: string) => request<SafetyView>("GET", `${at(jid)}/safety`),
  verify: (jid: string, by: { number: string } | { qr: string }) =>
    request<ContactView>("POST", `${at(jid)}/verify`, by),
  decide: (jid: string, accept: boolean) =>
    request<ContactView>("POST", `${at(jid)}/decide`, { accept }),

  messages: (jid: string, page: { before?: number; limit: number }) => {
    const query = new URLSearchParams({ limit: String(page.limit) });
    if (page.before !== undefined) query.set("before", String(page.before));
    return request<MessageView[]>("GET", `${at(jid)}/messages?${query}`);
  },
  sendMessage: (jid: string, body: string) =>
    request<MessageView>("POST", `${at(jid)}/messages`, { body }),
  correctMessage: (jid: string, id: string, body: string) =>
    request<MessageView>("PATCH", `${at(jid)}/messages/${encodeURIComponent(id)}`, { body }),
  setTyping: (jid: string, typing: boolean) =>
    request<void>("POST", `${at(jid)}/typing`, { typing }),
  markRead: (jid: string) => request<void>("POST", `${at(jid)}/read`),

  setContactPolicy: (jid: string, suites: readonly SuiteName[] | null) =>
    request<StatusView>("PUT", `${at(jid)}/policy`, { suites }),
  setBlindTrust: (allowed: boolean) => request<StatusView>("PUT", "/api/blind-trust", { allowed }),
  setTellSeen: (told: boolean) => request<StatusView>("PUT", "/api/tell-seen", { told }),
  setCallRoute: (route: StatusView["calls"]) =>
    request<StatusView>("PUT", "/api/call-route", { route }),
  setPolicy: (suites: readonly SuiteName[]) =>
    request<StatusView>("PUT", "/api/policy", { suites }),
  approveDevice: (id: string) => request<StatusView>("POST", `${deviceAt(id)}/approve`),
  denyDevice: (id: string) => request<StatusView>("POST", `${deviceAt(id)}/deny`),
  confirmDevice: (code: string) => request<StatusView>("POST", "/api/devices/confirm", { code }),
  refuseDevice: () => request<StatusView>("POST", "/api/devices/refuse"),
  removeDevice: (id: string) => request<StatusView>("DELETE", deviceAt(id)),
  askAgain: () => request<StatusView>("POST", "/api/devices/ask"),
  startAnew: () => request<StatusView>("POST", "/api/devices/start-anew"),

  cameras: () => request<CameraView[]>("GET", "/api/cameras"),
  calls: () => request<CallView[]>("GET", "/api/calls"),
  startCall: (contact: string, options: Partial<CameraOptions>) =>
    request<CallView>("POST", "/api/calls", { contact, ...options }),
  acceptCall: (id: string, options: Partial<CameraOptions>) =>
    request<CallView>("POST", `${callAt(id)}/accept`, options),
  declineCall: (id: string) => request<CallView>("POST", `${callAt(id)}/decline`),
  laterCall: (id: string) => request<CallView>("POST", `${callAt(id)}/later`),
  hangUp: (id: string) => request<CallView>("POST", `${callAt(id)}/hangup`),
  changeCall: (id: string, options: Partial<CameraOptions>) =>
    request<CallView>("PATCH", callAt(id), options),
};

/** Where a view of a call can be had, once and soon: an <img> cannot show the page's token. */
async function viewUrl(id: string, view: string): Promise<string> {
  const { ticket } = await request<{ ticket: string }>("POST", `${callAt(id)}/tickets`, { view });
  return `/calls/${encodeURIComponent(id)}/${view}?ticket=${ticket}`;
}

/** Where a call's moving picture is; good for one <img>. @throws ApiError */
export function pictureUrl(id: string, side: "local" | "remote"): Promise<string> {
  return viewUrl(id, `${side}.mjpeg`);
}

/** Where the newest remote picture of a call is, as one JPEG; good once. @throws ApiError */
export function snapshotUrl(id: string): Promise<string> {
  return viewUrl(id, "remote.jpg");
}
