/** The routes about files, typed. */
import { fetchBytes, request, upload } from "./client.ts";
import type {
  DisplayItemView,
  FileLimitsView,
  FileView,
  FileWay,
  FileWayView,
  GroupRole,
} from "./views.ts";

const at = (id: string) => `/api/files/${encodeURIComponent(id)}`;

/** How a file is sent, besides to whom. */
export interface SendOptions {
  display?: boolean;
  /** The only ways it may go. */
  ways?: readonly FileWay[];
  people?: readonly string[];
  roles?: readonly GroupRole[];
  keyOnRequest?: boolean;
}

export const fileApi = {
  files: (place: string) =>
    request<FileView[]>("GET", `/api/files?${new URLSearchParams({ place, limit: "200" })}`),
  file: (id: string) => request<FileView>("GET", at(id)),
  send: (to: string, file: File, options: SendOptions) => {
    const { display, ways, people, roles, keyOnRequest } = options;
    const query = new URLSearchParams({
      to,
      name: file.name,
      size: String(file.size),
      ...(display === true ? { display: "1" } : {}),
      ...(ways === undefined ? {} : { ways: ways.join(",") }),
      ...(people === undefined ? {} : { people: people.join(",") }),
      ...(roles === undefined ? {} : { roles: roles.join(",") }),
      ...(keyOnRequest === true ? { keyOnRequest: "1" } : {}),
    });
    return upload<FileView>(`/api/files?${query}`, file, {});
  },
  ways: (to: string) =>
    request<FileWayView[]>("GET", `/api/file-ways?${new URLSearchParams({ to })}`),
  change: (id: string, command: "accept" | "decline" | "pause" | "resume" | "cancel") =>
    request<FileView>("POST", `${at(id)}/state`, { command }),
  forget: (id: string) => request<void>("DELETE", at(id)),
  show: (id: string) => request<DisplayItemView>("POST", `${at(id)}/show`),
  bytes: (id: string) => fetchBytes(`${at(id)}/bytes`),
  ticket: (id: string) => request<{ ticket: string }>("POST", `${at(id)}/tickets`),
  limits: () => request<FileLimitsView>("GET", "/api/file-limits"),
  setLimit: (place: string | null, limit: number | null) =>
    request<FileLimitsView>("PUT", "/api/file-limits", { place, limit }),
  setRoom: (room: { fileBytes?: number; quota?: number }) =>
    request<FileLimitsView>("PUT", "/api/file-room", room),
};
