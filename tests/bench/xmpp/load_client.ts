import { MECHANISMS, type ScramKeys } from "./scram_keys.ts";

/** Where the clients of a load connect: direct TLS on 127.0.0.1. */
export interface Target {
  readonly domain: string;
  readonly port: number;
  readonly caPem: string;
  /** The password of an account. */
  password(name: string): string;
}

const LATIN1 = new TextDecoder("latin1");
const UTF8 = new TextEncoder();
const END = "</message>";
const PATIENCE_MS = 60_000;

/**
 * One client of a load. It is made to cost little beside the server it measures: it searches for
 * what it waits for and never parses, and gathers what it writes while a write is under way.
 */
export class LoadClient {
  readonly name: string;
  readonly jid: string;
  /** Called with how many messages came at once. */
  onMessages: (count: number) => void = () => {};
  /** Resolves when the connection is over. */
  readonly ended: Promise<void>;

  readonly #conn: Deno.TlsConn;
  /** What came and was not looked at to its end. */
  #rest = "";
  #out = "";
  #writing = false;
  #waiting: { text: string; found: (all: string) => void } | undefined;
  #ready = false;
  #over = false;

  private constructor(conn: Deno.TlsConn, name: string, domain: string) {
    this.#conn = conn;
    this.name = name;
    this.jid = `${name}@${domain}/load`;
    this.ended = this.#read();
  }

  /** Connects, logs in, binds and becomes available. */
  static async login(target: Target, name: string, keys: ScramKeys): Promise<LoadClient> {
    const raw = await Deno.connect({ hostname: "127.0.0.1", port: target.port });
    raw.setNoDelay(true);
    const conn = await Deno.startTls(raw, { hostname: target.domain, caCerts: [target.caPem] });
    const client = new LoadClient(conn, name, target.domain);
    try {
      await client.#login(target, keys);
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  async #login(target: Target, keys: ScramKeys): Promise<void> {
    const header = `<?xml version='1.0'?><stream:stream to='${target.domain}' version='1.0' ` +
      `xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
    const features = await this.#ask(header, "</stream:features>");
    const mechanism = MECHANISMS.find((one) => features.includes(`>${one}<`));
    if (mechanism === undefined) throw new Error(`no SCRAM is offered: ${features}`);
    const sasl = `xmlns='urn:ietf:params:xml:ns:xmpp-sasl'`;
    const challenge = await this.#ask(
      `<auth ${sasl} mechanism='${mechanism}'>${keys.first(this.name)}</auth>`,
      "</challenge>",
    );
    const data = /<challenge[^>]*>([^<]*)/.exec(challenge)![1]!;
    const password = target.password(this.name);
    const answer = await keys.answer(mechanism, this.name, password, data);
    await this.#ask(`<response ${sasl}>${answer}</response>`, "<success");
    await this.#ask(header, "</stream:features>");
    const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>load</resource></bind>`;
    await this.#ask(`<iq type='set' id='bind'>${bind}</iq>`, "</iq>");
    await this.#ask("<presence/>", "<presence");
    this.#rest = "";
    this.#ready = true;
  }

  /** Does the server keep an archive of this account (XEP-0313)? Asked by XEP-0030. */
  async archived(): Promise<boolean> {
    this.#ready = false;
    const query = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
    const bare = this.jid.slice(0, this.jid.indexOf("/"));
    const info = await this.#ask(`<iq type='get' id='disco' to='${bare}'>${query}</iq>`, "</iq>");
    this.#rest = "";
    this.#ready = true;
    return info.includes("urn:xmpp:mam:2");
  }

  /** Writes soon, with what else is written meanwhile. */
  send(text: string): void {
    this.#out += text;
    if (!this.#writing) this.#write();
  }

  async close(): Promise<void> {
    this.#over = true;
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
    await this.ended;
  }

  /** Sends, and resolves with all that came once `text` is in it. */
  async #ask(request: string, text: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const late = setTimeout(
      () => reject(new Error(`${this.name} waited for ${text} in vain; came: ${this.#rest}`)),
      PATIENCE_MS,
    );
    this.#waiting = { text, found: resolve };
    this.send(request);
    this.ended.then(() => reject(new Error(`${this.name}: ended after: ${this.#rest}`)));
    try {
      return await promise;
    } finally {
      clearTimeout(late);
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#out !== "") {
        let bytes = UTF8.encode(this.#out);
        this.#out = "";
        while (bytes.length > 0) bytes = bytes.subarray(await this.#conn.write(bytes));
      }
    } catch {
      // Its end is seen by the reader.
    }
    this.#writing = false;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(32_768);
    try {
      for (let n; (n = await this.#conn.read(buffer)) !== null;) {
        this.#take(LATIN1.decode(buffer.subarray(0, n)));
      }
    } catch {
      // A reset is an end as well.
    }
    if (!this.#over) {
      try {
        this.#conn.close();
      } catch {
        // Closed meanwhile.
      }
    }
  }

  #take(text: string): void {
    this.#rest += text;
    if (!this.#ready) {
      const waiting = this.#waiting;
      if (waiting === undefined || !this.#rest.includes(waiting.text)) return;
      this.#waiting = undefined;
      const all = this.#rest;
      this.#rest = "";
      return waiting.found(all);
    }
    const rest = this.#rest;
    let count = 0;
    let seen = 0;
    for (let at = 0; (at = rest.indexOf(END, at)) >= 0; count++) seen = at += END.length;
    if (rest.includes("urn:xmpp:ping")) seen = this.#pong(rest, seen);
    this.#rest = rest.slice(seen);
    if (count > 0) this.onMessages(count);
  }

  /** Answers the server's pings. @returns where what is not complete yet begins */
  #pong(rest: string, seen: number): number {
    for (const { 0: iq, 1: tag, index } of rest.matchAll(/<iq([^>]*)>.*?<\/iq>/g)) {
      const id = / id=["']([^"']*)/.exec(tag!)?.[1];
      const from = / from=["']([^"']*)/.exec(tag!)?.[1];
      this.send(`<iq type='result' id='${id}'${from ? ` to='${from}'` : ""}/>`);
      seen = Math.max(seen, index + iq.length);
    }
    return seen;
  }
}
