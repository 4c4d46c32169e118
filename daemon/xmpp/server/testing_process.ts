/**
 * A server in a process of its own, so that a test can kill it: its argument is the options as
 * JSON, then names of accounts to make; its output the port, and that of STARTTLS if there is one.
 * @module
 */
import type { ServerOptions } from "./options.ts";
import { XmppServer } from "./server.ts";
import { PASSWORD } from "./testing.ts";

const server = await XmppServer.start(JSON.parse(Deno.args[0]!) as ServerOptions);
for (const name of Deno.args.slice(1)) await server.createAccount(name, PASSWORD);
Deno.stdout.writeSync(
  new TextEncoder().encode(`${[server.port, server.starttlsPort].filter(Boolean).join(" ")}\n`),
);
