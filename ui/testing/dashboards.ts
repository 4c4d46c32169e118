/// <reference lib="deno.ns" />
/** Cases in Chromium: each a dashboard of its own on a mock daemon of its own. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { visit, withChromium } from "./browser.ts";
import { type MockApi, serveMock } from "./mock_api.ts";

export const BEN = "ben@anna-desk.simppd.invalid";
/** The text of the code that the browser's camera sees. */
export const SEEN_CODE = "simpp-verify:2:theirs:ours";

type Act = (page: Page, mock: MockApi) => Promise<void>;

/** Cases that share one browser. */
export class Dashboards {
  readonly #cases: { name: string; act: Act; prepare: (mock: MockApi) => void }[] = [];

  /** @param prepare changes the daemon's state before the page is opened */
  readonly add = (name: string, act: Act, prepare: (mock: MockApi) => void = () => {}): void => {
    this.#cases.push({ name, act, prepare });
  };

  /** Makes one test of all cases. */
  test(title: string): void {
    Deno.test(title, async (t) => {
      await withChromium(SEEN_CODE, async (browser) => {
        for (const { name, act, prepare } of this.#cases) {
          await t.step(name, async () => {
            const mock = serveMock();
            prepare(mock);
            try {
              await visit(browser, mock.url, (page) => act(page, mock));
            } finally {
              await mock.close();
            }
          });
        }
      });
    });
  }
}

export const openChat = (page: Page, name: string) =>
  page.getByRole("list", { name: "Conversations" }).getByRole("button", { name }).click();

export const said = (page: Page, words: string) =>
  page.getByRole("log").getByText(words, { exact: true }).waitFor();

/** Waits until the daemon was asked what begins with `wanted`. */
export async function asked(mock: MockApi, wanted: string): Promise<void> {
  for (let i = 0; i < 100 && !mock.log.some((line) => line.startsWith(wanted)); i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert(mock.log.some((line) => line.startsWith(wanted)), `${wanted} in ${mock.log.join("\n")}`);
}
