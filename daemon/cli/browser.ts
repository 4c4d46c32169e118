import { logOf } from "../base/mod.ts";
import { environment } from "./environment.ts";

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

/** Opens a link in the person's browser if there is one; never fails, never waits. */
export function openBrowser(link: string): void {
  const opener = { linux: "xdg-open", darwin: "open" }[Deno.build.os as "linux" | "darwin"];
  if (opener === undefined) return;
  if (opener === "xdg-open" && !environment("DISPLAY") && !environment("WAYLAND_DISPLAY")) return;
  const env: Record<string, string> = {};
  for (const name of PASSED) {
    const value = environment(name);
    if (value !== undefined) env[name] = value;
  }
  try {
    const child = new Deno.Command(opener, {
      args: [link],
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
