import type { DevicesView, StatusView } from "../views/mod.ts";
import { LocalApi } from "./local_api.ts";
import { expectWords, UsageError, type Verb } from "./verb.ts";

/** Method and rest of the path of each deed but `list`. */
const deeds: Readonly<Record<string, { method: string; rest: string }>> = {
  approve: { method: "POST", rest: "/approve" },
  deny: { method: "POST", rest: "/deny" },
  remove: { method: "DELETE", rest: "" },
};

export const device: Verb = {
  name: "device",
  summary: "List, approve and remove the devices of one's own account",
  usage: [
    "device list                                  devices, requests and their codes",
    "device approve ID                            after comparing the code on the new device",
    "device deny ID",
    "device remove ID",
    "device start-anew                            replaces the account's keys by this device's",
  ],
  options: {},
  async run({ words: [action = "list", ...words], state }) {
    const deed = deeds[action];
    if (deed === undefined && action !== "list" && action !== "start-anew") {
      throw new UsageError(`"${action}" is not something device can do`);
    }
    const [id = ""] = expectWords(words, ...(deed === undefined ? [] : ["ID"]));
    const api = await LocalApi.open(state);
    const status = deed !== undefined
      ? await api.ask<StatusView>(
        deed.method,
        `/api/devices/${encodeURIComponent(id)}${deed.rest}`,
      )
      : action === "list"
      ? await api.ask<StatusView>("GET", "/api/status")
      : await api.ask<StatusView>("POST", "/api/devices/start-anew");
    return { value: status.devices, text: shown(status.devices) };
  },
};

function shown({ state, code, devices, requests }: DevicesView): string {
  const lines = devices.map(({ id, here }) => `${id}${here ? "  this device" : ""}`);
  for (const { id, code } of requests) lines.push(`${id}  asks to be added, code ${code}`);
  if (state === "unlinked") {
    lines.push(`This device is not on the account's list. Approve it on the other one: ${code}`);
  }
  if (state === "replaced") {
    lines.push("Somebody published other keys for this account. Nothing is sent from here.");
  }
  return lines.join("\n");
}
