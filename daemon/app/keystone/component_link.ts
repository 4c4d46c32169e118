import {
  type Bytes,
  fromBase64,
  logOf,
  Rate,
  SimppdError,
  steadyNow,
  toBase64,
} from "../../base/mod.ts";
import { OpenError } from "../../crypto/mod.ts";
import { type ControlChannel, GROUP_NS, type ProvedDevice } from "../../group/mod.ts";
import { deviceIdOf, type Received, type Simpp, SIMPP_NS, SimppError } from "../../simpp/mod.ts";
import type { Component } from "../../xmpp/client/mod.ts";
import { el, type Element, Jid, newId } from "../../xmpp/core/mod.ts";

const HINTS = "urn:xmpp:hints";
const EME = "urn:xmpp:eme:0";
/** What may wait to be opened, of one sender and of all, in characters. */
const WAITING_OF_ONE = 1_000_000;
const WAITING = 32_000_000;
/** People of one domain whose keys are kept for the first time, a minute: each costs a row. */
const NEWCOMERS = 300;
/**
 * What is opened of people nobody had heard of, a minute: of one, of one domain, and of all domains
 * but that of this component's server. Nothing proves an address before it is opened, so a server
 * that invents some uses up what is its own.
 */
const TRIES_OF_ONE = 12;
const TRIES_OF_DOMAIN = 600;
const TRIES = 6_000;
/** Sessions that are renewed, and proofs that are sent, for one person a minute. */
const RENEWALS = 6;

/** Takes a payload of a device that proved itself. */
export type PayloadListener = (from: ProvedDevice, payload: Bytes) => void;

/** A component's sealed messages: payloads of groups in SIMPP envelopes, one device a message. */
export class ComponentLink implements ControlChannel {
  readonly #component: Component;
  readonly #simpp: Simpp;
  readonly #take: PayloadListener;
  readonly #renewals = new Rate(RENEWALS, 60_000);
  readonly #newcomers = new Rate(NEWCOMERS, 60_000);
  readonly #triesOfOne = new Rate(TRIES_OF_ONE, 60_000);
  readonly #triesOfDomain = new Rate(TRIES_OF_DOMAIN, 60_000);
  readonly #tries = new Rate(TRIES, 60_000);
  readonly #waiting = new Map<string, number>();
  #waitingAll = 0;

  constructor(component: Component, simpp: Simpp, take: PayloadListener) {
    this.#component = component;
    this.#simpp = simpp;
    this.#take = take;
    component.hooks.message((stanza) => this.#hear(stanza));
    simpp.events.on((event) => {
      if (event.type !== "answer" && event.type !== "lost") return;
      this.#confirm(event.jid, event.device, event.type);
    });
  }

  /** Says that we are there, over a new session where the old one does not serve. */
  #confirm(jid: string, device: string, why: "answer" | "lost"): void {
    if (!this.#renewals.allows(`${jid} ${why}`, steadyNow())) return;
    this.#seal({ jid, device }, el("confirm", { xmlns: SIMPP_NS }), why === "lost").catch((error) =>
      logOf("app").info("{jid} was not answered: {error}", { jid, error })
    );
  }

  async send(to: { jid: string; device?: string }, payload: Bytes): Promise<void> {
    await this.#seal(to, el("keystone", { xmlns: GROUP_NS }, toBase64(payload)));
  }

  async #seal(
    { jid, device }: { jid: string; device?: string },
    content: Element,
    renew = false,
  ): Promise<void> {
    const from = this.#component.domain.toString();
    const options = device === undefined ? { renew } : { device, renew };
    const { parts } = await this.#simpp.seal(jid, [content], options);
    for (const { to, element } of parts) {
      this.#component.send(el(
        "message",
        { from, to, type: "chat", id: newId() },
        element,
        el("encryption", { xmlns: EME, namespace: SIMPP_NS, name: "SIMPP" }),
        el("no-store", { xmlns: HINTS }),
      ));
    }
  }

  #hear(stanza: Element): boolean {
    const sealed = stanza.getChild("simpp", SIMPP_NS);
    const to = this.#component.domain.toString();
    if (sealed === undefined || stanza.attrs.to?.split("/", 1)[0] !== to) return false;
    if (stanza.attrs.type !== "error") void this.#open(stanza, sealed);
    return true;
  }

  async #open(stanza: Element, sealed: Element): Promise<void> {
    const jid = Jid.parse(stanza.attrs.from!).bare();
    const from = jid.toString();
    const size = sealed.getChildren("for").reduce((sum, part) => sum + part.getText().length, 0);
    const waiting = this.#waiting.get(from) ?? 0;
    const known = this.#simpp.trust.get(from) !== undefined;
    const flood = waiting + size > WAITING_OF_ONE || this.#waitingAll + size > WAITING;
    if (flood || (!known && !this.#mayTry(jid))) {
      return logOf("app").warn("a message of {from} was dropped: too many at once", { from });
    }
    this.#waiting.set(from, waiting + size);
    this.#waitingAll += size;
    try {
      const received = await this.#simpp.open(from, sealed);
      if (received !== null) this.#hand(received);
      else if (!this.#isNamed(sealed)) this.#confirm(from, sealed.attrs.sid ?? "", "lost");
    } catch (error) {
      const expected = error instanceof OpenError || error instanceof SimppError ||
        error instanceof SimppdError;
      const level = expected ? "info" : "error";
      logOf("app")[level]("a message of {from} was not opened: {error}", { from, error });
    } finally {
      if (!known) this.#count(jid);
      this.#waitingAll -= size;
      const left = (this.#waiting.get(from) ?? 0) - size;
      if (left > 0) this.#waiting.set(from, left);
      else this.#waiting.delete(from);
    }
  }

  #mayTry(jid: Jid): boolean {
    const now = steadyNow();
    const ours = this.#component.domain.toString().endsWith(`.${jid.domain}`);
    return this.#triesOfOne.allows(jid.toString(), now) &&
      this.#triesOfDomain.allows(jid.domain, now) && (ours || this.#tries.allows("", now));
  }

  /** Somebody's keys are kept now, unless there were too many of their domain. */
  #count(jid: Jid): void {
    const from = jid.toString();
    if (this.#simpp.trust.get(from) === undefined) return;
    if (this.#newcomers.allows(jid.domain, steadyNow())) return;
    logOf("app").warn("{from} is not remembered: too many newcomers", { from });
    this.#simpp.forget(from);
  }

  /** Is there a packet for this device? Who wrote for one we were before must hear of this one. */
  #isNamed(sealed: Element): boolean {
    return sealed.getChildren("for").some(({ attrs }) => attrs.did === this.#simpp.device);
  }

  #hand({ from: jid, device, envelope }: Received): void {
    const element = envelope.content.find((each) => each.is("keystone", GROUP_NS));
    const keys = this.#simpp.deviceKeys(jid);
    const deviceKey = keys?.devices.find((key) => deviceIdOf(key) === device);
    if (element === undefined || keys === undefined || deviceKey === undefined) return;
    let payload: Bytes;
    try {
      payload = fromBase64(element.getText());
    } catch {
      return;
    }
    this.#take({ jid, device, deviceKey, accountKey: keys.account }, payload);
  }
}
