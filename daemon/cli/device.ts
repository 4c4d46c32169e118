import type { DevicesView, StatusView } from "../views/mod.ts";
import { LocalApi } from "./local_api.ts";
import { expectWords, UsageError, type Verb } from "./verb.ts";

/** Method and rest of the path of each deed on a device with an id. */
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
    "device confirm CODE                          on the new device: the code the other one shows",
    "device differ                                on the new device: the codes are not the same",
    "device remove ID",
    "device start-anew                            replaces the account's keys by this device's",
  ],
  options: {},
  async run({ words: [action = "list", ...words], state }) {
    const ask = async (method: string, path: string, body?: unknown) => {
      const status = await (await LocalApi.open(state)).ask<StatusView>(method, path, body);
      return { value: status.devices, text: shown(status.devices) };
    };
    const deed = deeds[action];
    if (deed !== undefined) {
      const [id = ""] = expectWords(words, "ID");
      return await ask(deed.method, `/api/devices/${encodeURIComponent(id)}${deed.rest}`);
    }
    if (action === "confirm") {
      const [code = ""] = expectWords(words.length === 0 ? [] : [words.join(" ")], "CODE");
      return await ask("POST", "/api/devices/confirm", { code });
    }
    expectWords(words);
    if (action === "list") return await ask("GET", "/api/status");
    if (action === "differ") return await ask("POST", "/api/devices/refuse");
    if (action === "start-anew") return await ask("POST", "/api/devices/start-anew");
    throw new UsageError(`"${action}" is not something device can do`);
  },
};

function shown({ state, code, confirmation, devices, requests }: DevicesView): string {
  const lines = devices.map(({ id, here }) => `${id}${here ? "  this device" : ""}`);
  for (const { id, code } of requests) lines.push(`${id}  asks to be added, code ${code}`);
  if (state === "unlinked") lines.push(...unlinked(code, confirmation));
  if (state === "replaced") {
    lines.push("Somebody published other keys for this account. Nothing is sent from here.");
  }
  return lines.join("\n");
}

function unlinked(code: string, confirmation: DevicesView["confirmation"]): string[] {
  const lines = ["This device is not on the account's list. Approve it on the other one."];
  if (confirmation === "refused") {
    return [
      ...lines,
      "You said that the codes differ: the keys shown for the account are not taken.",
    ];
  }
  lines.push(`Both must show this code: ${code}`);
  if (confirmation === "needed") lines.push("If so, say it here: simppd device confirm CODE");
  return lines;
}
