import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { App } from "../../daemon/app/mod.ts";
import { type HttpDoor, startHttp } from "../../daemon/http/mod.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** One person's daemon and the dashboard open on it. */
export interface Person {
  readonly app: App;
  readonly door: HttpDoor;
  readonly page: Page;
}

/** Two daemons on empty state directories, each with its dashboard in a browser of its own profile. */
export function withDashboards(
  work: (alice: Person, bob: Person) => Promise<void>,
): Promise<void> {
  return withPeople(["alice", "bob"], ([alice, bob]) => work(alice!, bob!));
}

/** As {@link withDashboards}, for as many as have names. */
export async function withPeople(
  names: readonly string[],
  work: (people: Person[]) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-browser-" });
  const browser = await launchBrowser();
  const people: Person[] = [];
  try {
    for (const name of names) {
      people.push(await openDashboard(browser, join(root, name)));
    }
    await work(people);
  } catch (error) {
    await keepScreenshots(people);
    throw error;
  } finally {
    await browser.close();
    for (const { door, app } of people) {
      await door.close();
      await app.close();
    }
    await Deno.remove(root, { recursive: true });
  }
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
}

/** A daemon on a state directory and the dashboard open on it, in a profile of its own. */
export async function openDashboard(browser: Browser, state: string): Promise<Person> {
  const app = await App.open({ state, callHosts: ["127.0.0.1"] });
  const token = crypto.getRandomValues(new Uint8Array(32)).toHex();
  const door = await startHttp({ app, port: 0, token, instance: app.instance });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(door.launchLink());
  return { app, door, page };
}

/** Where a failure's screenshots go, when SIMPPD_SCREENSHOTS names a folder. */
async function keepScreenshots(people: readonly Person[]): Promise<void> {
  const folder = Deno.env.get("SIMPPD_SCREENSHOTS");
  if (folder === undefined) return;
  for (const [at, { page }] of people.entries()) {
    await page.screenshot({ path: join(folder, `failure-${at}.png`) }).catch(() => {});
  }
}

/** Writes in the open conversation and waits until it stands there. */
export async function write(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: /^Message / }).fill(text);
  await page.keyboard.press("Enter");
  await read(page, text);
}

/** Waits until a message stands in the open conversation. */
export function read(page: Page, text: string): Promise<void> {
  return page.getByRole("log").getByText(text).waitFor();
}

/** Opens the conversation with `name`. */
export function openChat(page: Page, name: string): Promise<void> {
  return page.getByRole("list", { name: "Conversations" }).getByRole("button", { name }).click();
}

/** Does the picture labelled `name` change within 10 s? It is compared as the browser shows it. */
export async function moves(page: Page, name: string): Promise<boolean> {
  const picture = page.getByRole("img", { name });
  await picture.waitFor();
  const shot = async () => (await picture.screenshot({ type: "png" })).toString("base64");
  const first = await shot();
  for (let tries = 0; tries < 20; tries++) {
    if (await shot() !== first) return true;
    await page.waitForTimeout(500);
  }
  return false;
}
