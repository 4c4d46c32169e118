/** A door in a process of its own, for tests that use up its file descriptors. @module */
import { FakeApp } from "../../tests/fake_app.ts";
import { startHttp } from "./mod.ts";

const app = new FakeApp();
const door = await startHttp({
  app,
  port: 0,
  token: "t".repeat(43),
  instance: app.instance,
  dashboard: { html: "", script: "", style: "", scanner: "" },
});
Deno.addSignalListener("SIGTERM", () => void door.close().then(() => Deno.exit(0)));
Deno.stdout.writeSync(new TextEncoder().encode(`${door.launchLink()}\n`));
