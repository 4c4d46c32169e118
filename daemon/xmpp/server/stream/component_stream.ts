import type { Socket } from "node:net";
import { logOf, steadyNow } from "../../../base/mod.ts";
import {
  type Element,
  escapeText,
  inNamespace,
  isComponentProof,
  Jid,
  newId,
  NS,
  serialise,
  StanzaError,
  StreamError,
  StreamReader,
} from "../../core/mod.ts";
import type { Crowdable } from "../crowdable.ts";
import type { Host } from "../host.ts";
import { costOf, limitsAfterAuth, limitsBeforeAuth } from "../limits.ts";
import type { Service } from "../services.ts";
import { Backlog } from "./backlog.ts";
import { Crowding } from "./crowding.ts";
import { tcpFraming } from "./framing.ts";
import { TokenBucket } from "./token_bucket.ts";

/** From the connection to the proof of the secret. */
const HANDSHAKE_MS = 10_000;
/** One that has had no room for so long does not read at all. */
const STALLED_MS = 60_000;
/** What may still come while a stream is closed. */
const LINGER_BYTES = 1 << 20;

/** What a component's stream needs to know. */
export interface ComponentHost {
  readonly host: Host;
  /** The secret of a component's domain; undefined when there is none of that name. */
  secret(domain: string): string | undefined;
  /** The proof was right: from now on `stream` is the service of `domain`. */
  proved(stream: ComponentStream, domain: string): void;
  closed(stream: ComponentStream): void;
}

/** One component's connection (XEP-0114), which is a service once it has proved its secret. */
export class ComponentStream implements Service, Crowdable {
  readonly #owner: ComponentHost;
  readonly #socket: Socket;
  readonly #reader: StreamReader;
  readonly #bucket: TokenBucket;
  readonly #id = newId();
  readonly #late: ReturnType<typeof setTimeout>;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  readonly #crowding = new Crowding(() => ({
    waiting: this.#socket.writableLength,
    most: this.#owner.host.limits.outQueueBytes,
  }));
  #unread: ReturnType<typeof setTimeout> | undefined;
  readonly #backlog: Backlog;
  #held = false;
  #throttled = false;
  #dropped = 0;
  #domain = "";
  #stage: "header" | "proof" | "open" | "closed" = "header";

  constructor(owner: ComponentHost, socket: Socket) {
    this.#owner = owner;
    this.#socket = socket;
    const { bytesPerSecond, burstBytes } = owner.host.limits;
    this.#bucket = new TokenBucket(bytesPerSecond, burstBytes, steadyNow());
    this.#reader = new StreamReader({
      onOpen: (attrs) => this.#open(attrs),
      onStanza: (stanza) => this.#queue(stanza),
      onClose: () => this.#end("</stream:stream>"),
    }, limitsBeforeAuth(owner.host.limits));
    const backlog = this.#backlog = new Backlog({
      piece: tcpFraming.piece,
      read: (bytes) => this.#reader.write(bytes),
      handle: (stanza) => void this.#take(stanza),
      hold: (held) => {
        this.#held = held;
        this.#steer();
      },
      failed: (error) => this.#failWith(error),
    }, owner.host.turns);
    this.#late = setTimeout(
      () => this.fail(new StreamError("connection-timeout", "no handshake came")),
      HANDSHAKE_MS,
    );
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#read(bytes as Uint8Array));
    socket.on("error", () => socket.destroy());
    // What came before it is the component's word still.
    socket.on("close", () => backlog.finish(() => this.#leave()));
  }

  get name(): string {
    return `component ${this.#domain}`;
  }

  /** @throws StanzaError `resource-constraint` while it takes what it gets too slowly */
  receive(stanza: Element): void {
    if (this.#stage !== "open") return;
    if (this.#crowding.full) {
      if (stanza.attrs.type === "error" || stanza.attrs.type === "result") return;
      throw new StanzaError("wait", "resource-constraint", "it reads too slowly just now");
    }
    this.#socket.write(serialise(inNamespace(stanza, NS.component)), () => this.#taken());
    if (!this.#crowding.crowded) return;
    this.#owner.host.crowded.add(this);
    this.#unread ??= setTimeout(() => {
      logOf("xmpp-server").warn("{name} does not read and is dropped", { name: this.name });
      this.#socket.destroy();
    }, STALLED_MS);
  }

  charge(bytes: number): void {
    this.#spend(bytes);
  }

  room(ms: number): Promise<void> {
    return this.#crowding.room(ms);
  }

  #taken(): void {
    if (this.#crowding.taken()) this.#hasRoom();
  }

  #hasRoom(): void {
    clearTimeout(this.#unread);
    this.#unread = undefined;
  }

  fail(error: StreamError): void {
    const header = this.#stage === "header" ? this.#header("") : "";
    this.#end(`${header}${serialise(error.toElement())}</stream:stream>`);
  }

  #read(bytes: Uint8Array): void {
    if (this.#stage === "closed") return this.#drop(bytes.length);
    this.#spend(bytes.length);
    this.#backlog.add(bytes);
  }

  #spend(bytes: number): void {
    const wait = this.#bucket.spend(bytes, steadyNow());
    if (wait === 0 || this.#stage === "closed") return;
    this.#throttled = true;
    this.#steer();
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => {
      this.#throttled = false;
      this.#steer();
    }, wait);
  }

  #steer(): void {
    if (this.#stage === "closed") return;
    if (this.#held || this.#throttled) this.#socket.pause();
    else this.#socket.resume();
  }

  #failWith(error: unknown): void {
    if (!(error instanceof StreamError)) {
      logOf("xmpp-server").error("a component's stream failed: {error}", { error });
    }
    this.fail(error instanceof StreamError ? error : new StreamError("internal-server-error"));
  }

  #drop(bytes: number): void {
    this.#dropped += bytes;
    if (this.#dropped > LINGER_BYTES) this.#socket.destroy();
  }

  #header(domain: string): string {
    return `<?xml version='1.0'?><stream:stream xmlns='${NS.component}' ` +
      `xmlns:stream='${NS.stream}' id='${this.#id}' from='${escapeText(domain)}'>`;
  }

  #open(attrs: Record<string, string>): void {
    if (attrs.xmlns !== NS.component) {
      throw new StreamError("invalid-namespace", `expected xmlns="${NS.component}"`);
    }
    this.#domain = Jid.tryParse(attrs.to)?.domain ?? "";
    if (this.#owner.secret(this.#domain) === undefined) {
      throw new StreamError("host-unknown", "no component of that name is set up here");
    }
    this.#socket.write(this.#header(this.#domain));
    this.#stage = "proof";
  }

  #queue(stanza: Element): void {
    this.#spend(costOf(stanza, this.#owner.host.limits));
    // Until then an element can change how what follows it is read.
    this.#backlog.take(stanza, this.#stage === "proof");
  }

  #take(stanza: Element): void {
    if (this.#stage === "proof") return this.#prove(stanza);
    const from = Jid.tryParse(stanza.attrs.from);
    if (from?.domain !== this.#domain) {
      throw new StreamError("invalid-from", `this stream belongs to ${this.#domain}`);
    }
    if (stanza.getNS() !== NS.component) {
      throw new StreamError("unsupported-stanza-type", "expected message, presence or iq");
    }
    const to = Jid.tryParse(stanza.attrs.to);
    if (to === undefined) {
      throw new StreamError("improper-addressing", "a component's stanza has a `to`");
    }
    const plain = inNamespace(stanza, NS.client);
    // As everybody else writes them: an address has one spelling for who compares it.
    plain.attrs.from = from.toString();
    plain.attrs.to = to.toString();
    this.#owner.host.deliver(plain);
  }

  #prove(stanza: Element): void {
    const secret = this.#owner.secret(this.#domain);
    const right = stanza.is("handshake", NS.component) && secret !== undefined &&
      isComponentProof(stanza.getText().trim(), this.#id, secret);
    if (!right) {
      logOf("xmpp-server").warn("{name} gave a wrong secret", { name: this.name });
      throw new StreamError("not-authorized", "the handshake is wrong");
    }
    clearTimeout(this.#late);
    this.#stage = "open";
    this.#reader.setLimits(limitsAfterAuth(this.#owner.host.limits));
    this.#socket.write("<handshake/>");
    this.#owner.proved(this, this.#domain);
  }

  #end(last: string): void {
    if (this.#stage === "closed") return;
    this.#leave();
    // What still comes is dropped: unread bytes would make the close a reset.
    this.#socket.resume();
    this.#socket.end(last);
    this.#waiting = setTimeout(() => this.#socket.destroy(), HANDSHAKE_MS);
    this.#socket.once("close", () => clearTimeout(this.#waiting));
  }

  #leave(): void {
    if (this.#stage === "closed") return;
    this.#stage = "closed";
    clearTimeout(this.#late);
    clearTimeout(this.#waiting);
    this.#crowding.end();
    this.#hasRoom();
    this.#reader.stop();
    this.#backlog.close();
    this.#owner.closed(this);
  }
}
