import { installed } from "./process.ts";
import type { PeerAccount } from "./slixmpp.ts";
import { Terminal } from "./terminal.ts";

/** mcabber in a terminal, logged in. */
export class Mcabber {
  /** For what has no method here: any of its commands, anything it shows. */
  readonly terminal: Terminal;

  private constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  static installed(): boolean {
    return installed("mcabber") && installed("tmux");
  }

  /** Starts it and logs in; it takes any certificate. */
  static async start({ jid, password, port, tls }: PeerAccount): Promise<Mcabber> {
    const folder = await Deno.makeTempDir({ prefix: "mcabber-" });
    const settings = {
      jid,
      password,
      server: "127.0.0.1",
      port,
      ssl: tls === "direct" ? 1 : 0,
      tls: tls === "starttls" ? 1 : 0,
      ssl_ignore_checks: 1,
      beep_on_message: 0,
      logging: 0,
      hook_post_connect: "status online",
    };
    const lines = Object.entries(settings).map(([name, value]) => `set ${name} = ${value}\n`);
    const config = `${folder}/mcabberrc`;
    await Deno.writeTextFile(config, lines.join(""), { mode: 0o600 });
    const terminal = await Terminal.start(["mcabber", "-f", config], folder);
    const client = new Mcabber(terminal);
    try {
      await terminal.waitFor("Your status has been set");
    } catch (error) {
      await client.stop();
      throw error;
    }
    return client;
  }

  /** One of its commands, such as `/add`. */
  command(text: string): Promise<void> {
    return this.terminal.line(text);
  }

  /** Shows the conversation with somebody who is in its list. */
  async open(jid: string): Promise<void> {
    await this.terminal.line(`/roster search ${jid}`);
    // An empty line turns to the chat.
    await this.terminal.line("");
  }

  async send(to: string, text: string): Promise<void> {
    await this.terminal.line(`/say_to ${to} ${text}`);
  }

  stop(): Promise<void> {
    return this.terminal.stop();
  }
}
