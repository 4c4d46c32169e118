/**
 * The front door of the command line. In the one-file executable the carried server's Worker loads
 * this same file, so it is asked first whether this thread is that Worker.
 */
import { main } from "./daemon/cli/mod.ts";
import { runIfServerWorker } from "./daemon/xmpp/server/mod.ts";

if (!runIfServerWorker() && import.meta.main) Deno.exit(await main(Deno.args));
