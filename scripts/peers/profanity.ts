import { installed } from "./process.ts";
import type { PeerAccount } from "./slixmpp.ts";
import { Terminal } from "./terminal.ts";

/** profanity in a terminal, logged in. */
export class Profanity {
  /** For what has no method here: any of its commands, anything it shows. */
  readonly terminal: Terminal;

  private constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  static installed(): boolean {
    return installed("profanity") && installed("tmux");
  }

  /** Starts it and logs in; its first sight of the certificate is answered with "allow". */
  static async start(account: PeerAccount): Promise<Profanity> {
    const folder = await Deno.makeTempDir({ prefix: "profanity-" });
    await Deno.mkdir(`${folder}/profanity`);
    // Nothing may be asked of it but what a test asks.
    const settings = "[ui]\nsplash=false\n\n[notifications]\nmessage=off\nroom=off\n\n" +
      "[otr]\npolicy=manual\n";
    await Deno.writeTextFile(`${folder}/profanity/profrc`, settings);
    const terminal = await Terminal.start(["profanity"], folder);
    const client = new Profanity(terminal);
    try {
      await client.login(account);
    } catch (error) {
      await client.stop();
      throw error;
    }
    return client;
  }

  /** Logs in, the first time or again. */
  async login({ jid, password, port, tls }: PeerAccount): Promise<void> {
    const policy = tls === "direct" ? "legacy" : "force";
    await this.terminal.waitFor(/Profanity|\[offline\]/);
    // What an earlier login showed must not be taken for this one's.
    await this.terminal.line("/win 1");
    await this.terminal.line("/clear");
    await this.terminal.line(`/connect ${jid} server 127.0.0.1 port ${port} tls ${policy}`);
    await this.terminal.waitFor("password");
    await this.terminal.line(password);
    const screen = await this.terminal.waitFor(/tls allow|logged in successfully/);
    if (screen.includes("tls allow")) {
      await this.terminal.line("/tls allow");
      await this.terminal.waitFor("logged in successfully");
    }
  }

  /** One of its commands, such as `/roster add`. */
  command(text: string): Promise<void> {
    return this.terminal.line(text);
  }

  async send(to: string, text: string): Promise<void> {
    await this.terminal.line(`/msg ${to} ${text}`);
  }

  stop(): Promise<void> {
    return this.terminal.stop();
  }
}
