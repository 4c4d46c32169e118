import { logOf } from "../base/mod.ts";
import { environment } from "./environment.ts";
import { writeLaunchPage } from "./launch_page.ts";

/** What an opener needs to find the person's browser and screen. */
const PASSED = [
  "PATH",
  "HOME",
  "BROWSER",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
  "LANG",
];

/**
 * Opens a launch link in the person's browser if there is one, by a page in the state directory
 * that a running daemon removes; never fails, never waits for the browser.
 */
export async function openBrowser(state: string, link: string): Promise<void> {
  const opener = { linux: "xdg-open", darwin: "open" }[Deno.build.os as "linux" | "darwin"];
  if (opener === undefined) return;
  if (opener === "xdg-open" && !environment("DISPLAY") && !environment("WAYLAND_DISPLAY")) return;
  const env: Record<string, string> = {};
  for (const name of PASSED) {
    const value = environment(name);
    if (value !== undefined) env[name] = value;
  }
  try {
    const page = await writeLaunchPage(state, link);
    const child = new Deno.Command(opener, {
      args: [page],
      env,
      clearEnv: true, // an LD_* variable would make Deno refuse to start it
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    child.unref();
    child.status.catch(() => {});
  } catch (error) {
    logOf("cli").info("no browser was opened: {error}", { error });
  }
}
