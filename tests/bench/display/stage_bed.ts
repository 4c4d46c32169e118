import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type {
  AppEvent,
  ContactView,
  GroupView,
  InvitationView,
  StatusView,
} from "../../../daemon/views/mod.ts";
import { drop as dropFile } from "../../browser/chosen_files.ts";
import { launchBrowser } from "../../browser/dashboard.ts";
import { Daemon, until } from "../../daemon.ts";

/** When something was reached, in ms of the machine's clock. */
export type Moments = Map<string, number>;

/** One person: a daemon that is a process, its dashboard in a profile of its own, its events. */
export interface Seat {
  readonly daemon: Daemon;
  readonly page: Page;
  /** What was reached since it was emptied, by name. */
  readonly moments: Moments;
}

/** A group of three, the first of whom made it. */
export interface StageBed {
  readonly group: string;
  readonly seats: readonly [Seat, Seat, Seat];
}

/**
 * Watches a page from within: when a button was pressed that sends, when a frame was there, when what
 * is in it was loaded, and when that was drawn.
 */
const WATCH = `(() => {
  const now = () => performance.timeOrigin + performance.now();
  globalThis.moments = {};
  addEventListener("click", ({ target }) => {
    if (target.textContent === "Send encrypted") moments.pressed = now();
  }, true);
  document.addEventListener("load", ({ target }) => {
    if (target.localName !== "iframe") return;
    moments.loaded = now();
    requestAnimationFrame(() => setTimeout(() => moments.drawn = now()));
  }, true);
  new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
    if (added.some(({ localName }) => localName === "iframe")) moments.framed = now();
  }).observe(document, { childList: true, subtree: true });
})()`;

/** Plays with three daemons and their dashboards; the first one's carries the server. */
export async function withStages(work: (bed: StageBed) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-display-" });
  const browser = await launchBrowser();
  const over = new AbortController();
  const seats: Seat[] = [];
  const watches: Promise<void>[] = [];
  try {
    for (const name of ["alice", "bob", "carol"]) {
      const daemon = await Daemon.start(join(root, name));
      const page = await openPage(browser, daemon);
      const moments: Moments = new Map();
      seats.push({ daemon, page, moments });
      watches.push(noteEvents(daemon, moments, over.signal));
    }
    const group = await makeGroup(seats.map(({ daemon }) => daemon));
    await work({ group, seats: seats as unknown as StageBed["seats"] });
  } finally {
    over.abort();
    await browser.close();
    for (const { daemon } of seats) await daemon.stop();
    await Promise.all(watches);
    await Deno.remove(root, { recursive: true });
  }
}

async function openPage(browser: Browser, daemon: Daemon): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  const { link } = await daemon.ask<{ link: string }>("POST", "/api/launch");
  await page.goto(link);
  return page;
}

/** Notes what a daemon tells of files and displays, the first time each, as it comes. */
async function noteEvents(daemon: Daemon, moments: Moments, signal: AbortSignal): Promise<void> {
  const note = (what: string) => {
    if (!moments.has(what)) moments.set(what, performance.timeOrigin + performance.now());
  };
  try {
    const { body } = await daemon.fetch("/api/events", { signal });
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of body!) {
      const blocks = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        const [, type, data] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
        if (data === undefined) continue;
        const event = { type, data: JSON.parse(data) } as AppEvent;
        if (event.type === "file") note(`file ${event.data.state}`);
        if (event.type === "displays" && event.data.items[0]?.state === "showing") note("showing");
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function makeGroup([first, ...others]: Daemon[]): Promise<string> {
  await first!.ask("POST", "/api/setup/carry", { nick: "Alice", reach: "this-machine" });
  for (const [at, daemon] of others.entries()) {
    const { link } = await first!.ask<InvitationView>("POST", "/api/invitations");
    await daemon.ask("POST", "/api/setup/join", { link, nick: `Member ${at + 1}` });
    await until("them to know each other", async () => {
      const contacts = await daemon.ask<ContactView[]>("GET", "/api/contacts");
      return contacts.find(({ presence }) => presence === "online");
    });
  }
  const { jid } = await first!.ask<GroupView>("POST", "/api/groups", { name: "Circle" });
  const path = `/api/groups/${encodeURIComponent(jid)}`;
  const of = async (daemon: Daemon, state: string) =>
    (await daemon.ask<GroupView[]>("GET", "/api/groups")).find((group) => group.state === state);
  for (const daemon of others) {
    const { account } = await daemon.ask<StatusView>("GET", "/api/status");
    await first!.ask("POST", `${path}/invite`, { contact: account!.jid });
    await until("the invitation", () => of(daemon, "invited"));
    await daemon.ask("POST", `${path}/invitation`, { answer: "accept" });
    await until("the key", () => of(daemon, "in"));
    await daemon.ask("PUT", "/api/displays/policy", {
      policy: { from: "displayers", maxBytes: 50_000_000, kinds: ["picture", "pdf"] },
    });
  }
  return jid;
}

/** Sends a picture from the first one's dashboard, as a person does, with display on. */
export async function drop(seat: Seat, name: string, bytes: Uint8Array): Promise<void> {
  const { page } = seat;
  // One's own stage opened in the place of the group.
  const stage = page.getByRole("button", { name: "Close the stage; what is shown stays" });
  if (await stage.isVisible()) await stage.click();
  await dropFile(page, { name, mimeType: "image/jpeg", buffer: bytes });
  await page.getByLabel("Show it on their screens").check();
  await page.getByRole("button", { name: "Send encrypted" }).click();
}

/** What a page noted since it was asked last. */
export async function noted({ page, moments }: Seat): Promise<Moments> {
  const seen = await page.evaluate<Record<string, number>>(
    "(() => { const seen = moments; globalThis.moments = {}; return seen; })()",
  );
  const all = new Map([...moments, ...Object.entries(seen)]);
  moments.clear();
  return all;
}
