/** The stage as Chromium draws it, for tests. @module */
import assert from "node:assert/strict";
import type { Browser, Frame, Page } from "playwright-core";
import { memorySource } from "../../daemon/app/mod.ts";
import type { Bytes } from "../../daemon/base/mod.ts";
import { type HttpDoor, startHttp } from "../../daemon/http/mod.ts";
import { FakeApp } from "../fake_app.ts";

/** Where files are shown. */
export const GROUP = "team@rooms.fake.example";

/** A stage in Chromium, and what would show that something got out of it. */
export interface Bed {
  app: FakeApp;
  door: HttpDoor;
  page: Page;
  /** What asked for something where nobody should have been asked. */
  asked: string[];
  /** A listener of somebody else's on this machine, where `asked` is written. */
  elsewhere: string;
  show(bytes: Bytes, name: string): Promise<void>;
  /** The frame of what was shown last, loaded. */
  frame(): Promise<Frame>;
}

/** Plays with a dashboard whose stage is the real one, before a made-up app. */
export async function withStage(
  browser: Browser,
  work: (bed: Bed) => Promise<void>,
): Promise<void> {
  const app = new FakeApp();
  app.ring = { ...app.ring, state: "ended" };
  const token = "t".repeat(43);
  const door = await startHttp({ app, port: 0, token, instance: app.instance });
  const asked: string[] = [];
  const other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    asked.push(request.url);
    return new Response("", { headers: { "access-control-allow-origin": "*" } });
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  let made = 0;
  let last = "";
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on("dialog", (dialog) => {
      asked.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.on("page", (popup) => {
      if (popup !== page) asked.push(`popup: ${popup.url()}`);
    });
    await page.goto(door.launchLink());
    await page.getByRole("button", { name: "Display", exact: true }).waitFor();
    await work({
      app,
      door,
      page,
      asked,
      elsewhere: `http://127.0.0.1:${other.addr.port}`,
      async show(bytes, name) {
        last = name;
        const item = await app.stage.offer({
          id: `file-${++made}`,
          place: GROUP,
          from: "bob@fake.example",
          mine: false,
          verified: true,
          displayer: true,
          name,
          source: () => Promise.resolve(memorySource(bytes, name)),
        });
        assert.equal(item?.state, "showing");
      },
      async frame() {
        const element = await page.waitForSelector(`iframe[title="Content of ${last}"]`);
        const frame = await element.contentFrame();
        await frame!.waitForLoadState("load");
        return frame!;
      },
    });
  } finally {
    await context.close();
    await door.close();
    await other.shutdown();
    await app.stage.close();
  }
}

/** Keeps a screenshot where SIMPPD_SCREENSHOTS names a folder. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SIMPPD_SCREENSHOTS");
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
}

/** What runs in the browser is text here: its names are none of ours. */
export const called = (code: string, argument: unknown) => `(${code})(${JSON.stringify(argument)})`;

const MIDDLE = `async (data) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(bitmap.width >> 1, bitmap.height >> 1, 1, 1).data.slice(0, 3).join();
}`;

/** The colour in the middle of what is shown. */
export async function middle(page: Page): Promise<string> {
  const image = (await page.locator(".display-frame").screenshot()).toString("base64");
  return await page.evaluate<string>(called(MIDDLE, image));
}

/** Asks 50 ms apart until it holds, 7.5 s at most. */
export async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(what);
}
