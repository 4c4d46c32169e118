/**
 * A server in a process of its own, so that a test can kill it: its argument is the options as
 * JSON, then a password and the names of accounts to make with it; its output the port, and those of
 * STARTTLS and of components where there are such.
 * @module
 */
import type { ServerOptions } from "./options.ts";
import { XmppServer } from "./server.ts";

const server = await XmppServer.start(JSON.parse(Deno.args[0]!) as ServerOptions);
const [, password, ...names] = Deno.args;
for (const name of names) await server.createAccount(name, password!);
Deno.stdout.writeSync(
  new TextEncoder().encode(
    `${[server.port, server.starttlsPort, server.componentPort].filter(Boolean).join(" ")}\n`,
  ),
);
