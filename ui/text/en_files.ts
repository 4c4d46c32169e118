import { plural } from "./plural.ts";

/** What is said about files. */
export const files = {
  files: {
    title: "Files",
    attach: "Send files",
    choose: "Files to send",
    drop: "Drop files to send them here",
    file: (name: string) => `File ${name}`,
    picture: (name: string) => `Picture ${name}`,
    bytes: (n: number) => plural(n, "byte", "bytes"),
    loading: "Looking for the file …",
    gone: "Not on this device. Ask who sent it to send it again.",
    progress: (name: string) => `How far ${name} is`,
    of: (moved: string, total: string) => `${moved} of ${total}`,
    rate: (size: string) => `${size}/s`,
    states: {
      sending: "being sent",
      fetching: "coming",
      lies: "waits for them to fetch it",
      offered: "not fetched yet",
      waiting: "waits for its turn",
      paused: "paused",
      done: "",
      failed: "broke off",
      cancelled: "cancelled",
      declined: "declined",
      here: "here",
    },
    declinedByThem: "they declined it",
    pretends: (type: string) =>
      `Take care: its name says something else than what it is${
        type === "" || type === "application/octet-stream" ? "" : ` (${type})`
      }.`,
    locked: "What opens this file is asked of its sender, who may not let you have it.",
    askAgain: "Ask again",

    fetch: "Fetch",
    fetchAfterAll: "Fetch it after all",
    decline: "Decline",
    pause: "Pause",
    resume: "Go on",
    cancel: "Cancel",
    save: "Save as …",
    show: "Show here",
    forget: "Forget",

    sendTitle: (n: number, who: string) => `Send ${n === 1 ? "a file" : `${n} files`} to ${who}`,
    more: (n: number) => `and ${n} more`,
    total: (size: string) => `${size} together`,
    send: "Send encrypted",
    display: "Show it on their screens",
    displayHint: "It opens by itself where its receivers let you.",
    who: "Who may open it",
    everybody: "Everybody in the group",
    few: "Only these people",
    roles: "Only who has one of these roles",
    ways: {
      label: "How it travels",
      any: "the best way there is",
      direct: "straight to their device",
      upload: "by the server's upload",
      ibb: "within messages",
      group: "within messages",
    },
    onRequest: "Only who is in the group when they fetch it",
    onRequestHint: "What opens it is handed out by simppd on this device, so not while it is off.",

    limitAll: "Files that come by themselves (from strangers none do)",
    limitIn: "Its files that come by themselves",
    limitOf: "Their files that come by themselves",
    usual: (limit: string) => `as all others: ${limit}`,
    none: "none",
    largest: "Largest file, sent or fetched",
    inAll: "Room for all files on this device",
    upTo: (size: string) => `up to ${size}`,

    forgetTitle: (name: string) => `Forget ${name}?`,
    forgetLead:
      "The file and what opens it are deleted from this device. Who sent it, or has it, keeps it.",
    forgetGo: "Forget",
  },
};
