/// <reference lib="deno.ns" />
/** Chromium for the dashboard's tests. */
import axe from "axe-core";
import { codeVideo } from "./code_video.ts";
import { type Browser, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** What Chromium's made-up camera shows, and that nobody is asked for it. */
const CAMERA = (video: string) => [
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-video-capture=${video}`,
];
const STEP_MS = 8000;

function absent(): boolean {
  try {
    Deno.statSync(CHROMIUM);
    return false;
  } catch {
    const reason = `${CHROMIUM} is not installed`;
    if (Deno.env.get("CI")) throw new Error(reason);
    Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${reason}\n`));
    return true;
  }
}

/**
 * Starts Chromium, if it is here, and closes it afterwards.
 * @param seen text of the QR code that its camera sees
 */
export async function withChromium(
  seen: string,
  act: (browser: Browser) => Promise<void>,
): Promise<void> {
  if (absent()) return;
  const video = await Deno.makeTempFile({ suffix: ".y4m" });
  try {
    await Deno.writeFile(video, codeVideo(seen));
    const args = [...ARGS, ...CAMERA(video)];
    const browser = await chromium.launch({ executablePath: CHROMIUM, args });
    try {
      await act(browser);
    } finally {
      await browser.close();
    }
  } finally {
    await Deno.remove(video);
  }
}

/**
 * Opens `url` in a context of its own and closes it afterwards.
 * @throws Error when the page threw, or asked for what its content policy forbids
 */
export async function visit(
  browser: Browser,
  url: string,
  act: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const troubles: string[] = [];
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(STEP_MS);
    page.on("pageerror", (error) => troubles.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) troubles.push(message.text());
    });
    await page.goto(url);
    await act(page);
  } finally {
    await context.close();
  }
  if (troubles.length > 0) throw new Error(troubles.join("\n"));
}

/** What axe-core finds serious or critical, as `rule: element`. */
export async function seriousViolations(page: Page): Promise<string[]> {
  // Evaluated by the debugger: a script element of it is forbidden by the page's policy. What moves
  // in is measured where it comes to rest.
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    await Promise.all(
      document.getAnimations()
        .filter((one) => one.effect?.getComputedTiming().iterations === 1)
        .map((one) => one.finished.catch(() => {})),
    );
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary ?? ""}`)
      );
  });
}

/** Keeps a picture where SIMPPD_SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("SIMPPD_SCREENSHOTS");
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` });
}
