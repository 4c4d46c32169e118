/** The routes about files that are shown, typed. */
import { fetchBytes, request } from "./client.ts";
import type { DisplayPolicyView, DisplaysView, DisplayUrlView } from "./views.ts";

const ROOT = "/api/displays";
const opening = (handle: string) => `/api/display-openings/${encodeURIComponent(handle)}`;

export const displayApi = {
  list: () => request<DisplaysView>("GET", ROOT),
  show: (id: string) => request<DisplaysView>("POST", `${ROOT}/${encodeURIComponent(id)}/show`),
  close: (id: string | null) => request<DisplaysView>("POST", `${ROOT}/close`, { id }),
  clear: (place: string | null) => request<DisplaysView>("POST", `${ROOT}/clear`, { place }),
  forget: () => request<DisplaysView>("DELETE", ROOT),
  setPolicy: (place: string | null, policy: DisplayPolicyView | null) =>
    request<DisplaysView>("PUT", `${ROOT}/policy`, { place, policy }),
  open: (id: string) => request<DisplayUrlView>("POST", `${ROOT}/${encodeURIComponent(id)}/open`),
  shut: (handle: string) => request<void>("DELETE", opening(handle)),
  bytes: (handle: string) => fetchBytes(`${opening(handle)}/bytes`),
};
