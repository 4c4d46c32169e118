import { type Bytes, publicError } from "../base/mod.ts";
import { Calls, isCallContent } from "../call/mod.ts";
import { type SuiteId, systemRandom } from "../crypto/mod.ts";
import { Simpp, SIMPP_NS } from "../simpp/mod.ts";
import { MIGRATIONS, openDatabase, Vault } from "../store/mod.ts";
import type { CallView } from "../views/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import { filming } from "./film.ts";
import type { Post } from "./post.ts";
import { type Name, other, type Tap } from "./tap.ts";
import { until } from "./waiting.ts";

/** No network has this domain (RFC 6761). */
export const DOMAIN = "lab.invalid";

/** Patience of calls here: nothing is far away, and a path that never opens should say so soon. */
const TIMEOUTS = { path: 1_500, reply: 3_000, ring: 5_000 };

/** Something that was refused, as the person is told. */
export interface Refusal {
  code: string;
  message: string;
}

/**
 * One of the two people: the real end-to-end layer and real calls, as the daemon composes them, but
 * with a server and a network that belong to the attacker.
 */
export class Person {
  readonly jid: string;
  readonly name: Name;
  readonly simpp: Simpp;
  readonly calls: Calls;
  /** Every picture of this person's camera. */
  readonly film: Uint8Array[] = [];
  /** Chat messages that were opened. */
  readonly heard: string[] = [];
  readonly refused: Refusal[] = [];
  readonly #post: Post;
  readonly #db: ReturnType<typeof openDatabase>;
  /** Content of sealed messages as the attacker would like to have it; for what-if only. */
  spoil: (content: Element) => Element = (content) => content;

  private constructor(name: Name, post: Post, tap: Tap, suites: readonly SuiteId[]) {
    this.name = name;
    this.jid = `${name}@${DOMAIN}`;
    this.#post = post;
    this.#db = openDatabase(":memory:", MIGRATIONS);
    this.simpp = new Simpp({
      db: this.#db,
      vault: new Vault(systemRandom(32), systemRandom),
      directory: post.directory(this.jid),
      policy: suites,
    });
    this.simpp.setAccount(this.jid);
    this.simpp.events.on(({ type, jid }) => {
      if (type === "answer") void this.send(jid, el("confirm", { xmlns: SIMPP_NS }));
    });
    const { simpp } = this;
    this.calls = new Calls({
      self: () => ({ jid: this.jid, device: simpp.device, fingerprint: simpp.fingerprint }),
      signalling: {
        send: ({ jid, device }, content) => this.#seal(jid, content, device),
      },
      peer: (contact) => ({
        name: contact.split("@")[0]!,
        online: true,
        fingerprint: simpp.trust.describe(contact)?.fingerprint ?? null,
        suites: simpp.policy.for(contact),
        verified: false,
      }),
      openCamera: filming(this.film),
      openEndpoint: () => tap.endpoint(name),
      line: () => {},
      timeouts: TIMEOUTS,
    });
    post.register(this.jid, (from, element) => this.#receive(from, element));
  }

  /** @param suites what this person's policy allows */
  static async make(
    name: Name,
    post: Post,
    tap: Tap,
    suites: readonly SuiteId[],
  ): Promise<Person> {
    const person = new Person(name, post, tap, suites);
    await person.simpp.publish();
    return person;
  }

  get contact(): string {
    return `${other(this.name)}@${DOMAIN}`;
  }

  /** Seals and sends a chat message. @throws SimppError why it was not sealed */
  say(text: string): Promise<void> {
    return this.#seal(this.contact, el("body", {}, text));
  }

  /** Seals and sends; a refusal is kept. `renew`: in a new session, from newly fetched keys. */
  async send(to: string, content: Element, renew = false): Promise<void> {
    try {
      await this.#seal(to, content, undefined, renew);
    } catch (error) {
      this.refused.push(publicError(error));
    }
  }

  /** The newest call, once it fits. */
  call(fits: (call: CallView) => boolean): Promise<CallView> {
    return until(`${this.name}'s call`, () => this.calls.list().findLast(fits));
  }

  /** The bundle the world should see. */
  get published(): Bytes | undefined {
    return this.#post.bundleOf(this.jid, this.simpp.device);
  }

  async close(): Promise<void> {
    await this.calls.close();
    this.#db.close();
  }

  async #seal(to: string, content: Element, device?: string, renew = false): Promise<void> {
    // There are no further devices of our own to tell.
    if (to === this.jid) return;
    const options = { ...(device === undefined ? {} : { device }), renew };
    const { parts } = await this.simpp.seal(to, [content], options);
    for (const { to, element } of parts) await this.#post.carry({ from: this.jid, to, element });
  }

  async #receive(from: string, element: Element): Promise<void> {
    try {
      const received = await this.simpp.open(from, element);
      if (received === null) return;
      const { device, envelope } = received;
      for (const content of envelope.content) {
        if (isCallContent(content)) {
          this.calls.receive({ jid: from, device }, this.spoil(content), envelope.time);
        } else if (content.is("body")) this.heard.push(content.getText());
      }
    } catch (error) {
      this.refused.push(publicError(error));
    }
  }
}
