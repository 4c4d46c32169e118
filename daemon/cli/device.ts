import type { DevicesView, StatusView } from "../views/mod.ts";
import { LocalApi } from "./local_api.ts";
import { type Answer, expectWords, UsageError, type Verb } from "./verb.ts";

/** Method and rest of the path of each deed on a device with an id. */
const deeds: Readonly<Record<string, { method: string; rest: string }>> = {
  approve: { method: "POST", rest: "/approve" },
  deny: { method: "POST", rest: "/deny" },
  remove: { method: "DELETE", rest: "" },
};

/** What taking a device off the list does not do. */
const STILL = "It is off the list: nothing is sealed for it any more. If it knows the account's " +
  "password or login key, it can still log in and see who writes to whom and when: change the " +
  "password (simppd account password, or at your server).";

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
    "device ask                                   on a device that was denied or removed: once more",
    "device start-anew --yes                      replaces the account's keys by new ones made here;",
    "                  every contact must decide and compare anew, other devices stop working",
  ],
  options: { yes: { type: "boolean" } },
  async run({ words: [action = "list", ...words], state, options }) {
    if (options["yes"] !== undefined && action !== "start-anew") {
      throw new UsageError("--yes goes with device start-anew");
    }
    const ask = async (method: string, path: string, body?: unknown) => {
      const status = await (await LocalApi.open(state)).ask<StatusView>(method, path, body);
      const after = action === "remove" ? `${STILL}\n` : "";
      return { value: status.devices, text: after + shown(status.devices) };
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
    if (action === "ask") return await ask("POST", "/api/devices/ask");
    if (action === "start-anew") {
      if (options["yes"] !== true) {
        throw new UsageError(
          "start-anew replaces your account's keys for good: say --yes if you mean it",
        );
      }
      return await startAnew(state);
    }
    throw new UsageError(`"${action}" is not something device can do`);
  },
};

async function startAnew(state: string): Promise<Answer> {
  const api = await LocalApi.open(state);
  const status = await api.ask<StatusView>("POST", "/api/devices/start-anew");
  const said = `The account has a new key, made on this device: ${status.account?.fingerprint}\n` +
    "Every contact sees that it changed and must decide and compare numbers again.";
  return { value: status.devices, text: `${said}\n${shown(status.devices)}` };
}

function shown({ state, absence, code, confirmation, devices, requests }: DevicesView): string {
  const lines = devices.map(({ id, here }) => `${id}${here ? "  this device" : ""}`);
  for (const { id, code } of requests) lines.push(`${id}  asks to be added, code ${code}`);
  if (absence === "new") lines.push(...unlinked(code, confirmation));
  if (absence === "denied") {
    lines.push("The account's device denied this one. Ask once more: simppd device ask");
  }
  if (absence === "removed") {
    lines.push(
      "This device was taken off the account's list; nothing is sent or opened here.",
      "Ask to be added again: simppd device ask. It shows this code then: " + code,
    );
  }
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
