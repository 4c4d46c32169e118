import { Emitter, fromBase64, fromHex, logOf, toBase64, toHex } from "../base/mod.ts";
import { type Received, type Simpp, SIMPP_NS } from "../simpp/mod.ts";
import type { DevicesView } from "../views/mod.ts";
import type { XmppClient } from "../xmpp/client/mod.ts";
import { el, Jid } from "../xmpp/core/mod.ts";
import type { People } from "./people.ts";
import type { SealedLink } from "./sealed_link.ts";

const TRUST_MESSAGES = "urn:xmpp:tm:1";
const ATM = "urn:xmpp:atm:1";
/** Contacts that one trust message speaks of. */
const MAX_OWNERS = 100;
const HINTS = "urn:xmpp:hints";

/** The person's other devices: how one is added, and what one tells the others. */
export class OwnDevices {
  readonly #simpp: Simpp;
  readonly #link: SealedLink;
  readonly #people: People;
  readonly #jid: () => string;
  /** Something that the view shows became another. */
  readonly changed = new Emitter<void>();
  #client: XmppClient | undefined;
  #denied = false;
  #before: DevicesView["state"];

  constructor(simpp: Simpp, link: SealedLink, people: People, jid: () => string) {
    this.#simpp = simpp;
    this.#link = link;
    this.#people = people;
    this.#jid = jid;
    this.#before = simpp.linking.state;
  }

  get view(): DevicesView {
    const { state, code, confirmation, devices, requests } = this.#simpp.linking;
    return { state, absence: this.#absence, code, confirmation, devices, requests };
  }
  get #absence(): DevicesView["absence"] {
    const { state, wasRemoved } = this.#simpp.linking;
    if (state !== "unlinked") return null;
    return this.#denied ? "denied" : wasRemoved ? "removed" : "new";
  }

  /** True once each time that other keys took the place of ours. */
  isNewlyReplaced(): boolean {
    const before = this.#replaced;
    this.#replaced = this.#simpp.linking.state === "replaced";
    return this.#replaced && !before;
  }
  #replaced = false;

  /** Uses this connection: hears requests, and asks when this device is on no list. */
  attach(client: XmppClient): void {
    this.#client = client;
    client.hooks.message((stanza) => {
      const request = stanza.getChild("link", SIMPP_NS);
      if (request === undefined) return false;
      const from = Jid.tryParse(stanza.attrs.from ?? "")?.bare().toString();
      if (from !== this.#jid()) return true;
      if (request.attrs.denied === this.#simpp.linking.request) this.#wasDenied();
      else this.#simpp.linking.asked(request.attrs.device ?? "");
      return true;
    });
    client.events.on(({ state }) => {
      // Who was answered, or taken off, asks when the person says so.
      if (state === "online" && this.#absence === "new") this.ask();
    });
  }

  /** In clear, and nobody's proof: it changes what this device shows, and nothing else. */
  #wasDenied(): void {
    if (this.#simpp.linking.state !== "unlinked" || this.#denied) return;
    this.#denied = true;
    this.changed.emit();
  }

  /** Denies a request, and tells the device that made it. */
  deny(id: string): void {
    const denied = this.#simpp.linking.deny(id);
    if (denied !== undefined) this.#say({ denied });
  }

  askAgain(): void {
    this.#denied = false;
    this.ask();
  }

  /** Our keys, or how we stand with them, changed. */
  linked(): void {
    const { state } = this.#simpp.linking;
    if (state !== "unlinked") this.#denied = false;
    const joined = this.#before === "unlinked" && state === "linked";
    this.#before = state;
    if (joined) this.#introduce();
  }

  /** A device that was just added makes its sessions, so that the others can tell it something. */
  #introduce(): void {
    const content = [el("confirm", { xmlns: SIMPP_NS })];
    this.#link.send(this.#jid(), content, { store: true }).catch((error) =>
      logOf("app").info("our other devices do not know of us yet: {error}", { error })
    );
  }

  #say(attrs: { device: string } | { denied: string }): void {
    this.#client?.send(el(
      "message",
      { to: this.#jid(), type: "chat" },
      el("link", { xmlns: SIMPP_NS, ...attrs }),
      el("no-store", { xmlns: HINTS }),
    ));
  }

  /** Asks the device that holds the account key to add this one; nothing secret is in it. */
  ask(): void {
    if (this.#simpp.linking.state !== "unlinked") return;
    this.#say({ device: this.#simpp.linking.request });
  }

  /** Tells our other devices that a contact's account key was verified (XEP-0434, XEP-0450). */
  tellVerified(contact: string): void {
    if (this.view.devices.length < 2) return;
    this.#tell([contact], {});
  }

  /** Tells a device of ours that has just shown itself what was verified before it was there. */
  tellAll(device: string): void {
    const verified = this.#people.list().filter(({ trust }) => trust.state === "verified");
    const contacts = verified.map(({ jid }) => jid);
    for (let at = 0; at < contacts.length; at += MAX_OWNERS) {
      this.#tell(contacts.slice(at, at + MAX_OWNERS), { device });
    }
  }

  #tell(contacts: readonly string[], to: { device?: string }): void {
    const owners = contacts.flatMap((jid) => {
      const known = this.#simpp.trust.describe(jid);
      return known?.state === "verified"
        ? [el("key-owner", { jid }, el("trust", {}, toBase64(fromHex(known.fingerprint))))]
        : [];
    });
    if (owners.length === 0) return;
    const message = el(
      "trust-message",
      { xmlns: TRUST_MESSAGES, usage: ATM, encryption: SIMPP_NS },
      ...owners,
    );
    this.#link.send(this.#jid(), [message], { store: true, ...to }).catch((error) =>
      logOf("app").info("our other devices were not told: {error}", { error })
    );
  }

  /** Takes over what another device of ours verified. */
  async receive({ from, device, envelope }: Received): Promise<void> {
    if (from !== this.#jid()) return;
    if (envelope.content.some((child) => child.is("confirm", SIMPP_NS))) this.tellAll(device);
    const message = envelope.content.find((child) => child.is("trust-message", TRUST_MESSAGES));
    if (message?.attrs.encryption !== SIMPP_NS) return;
    for (const owner of message.getChildren("key-owner").slice(0, MAX_OWNERS)) {
      const jid = owner.attrs.jid ?? "";
      for (const trust of owner.getChildren("trust").slice(0, 4)) {
        try {
          await this.#takeOver(jid, toHex(fromBase64(trust.getText())));
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
        }
      }
    }
  }

  /** Only for the very key that is pinned here; a contact's keys that are not known are looked up. */
  async #takeOver(jid: string, fingerprint: string): Promise<void> {
    if (this.#people.has(jid) && this.#simpp.trust.describe(jid) === undefined) {
      await this.#simpp.refresh(jid).catch((error) =>
        logOf("app").info("the keys of {jid} were not looked at: {error}", { jid, error })
      );
    }
    if (this.#simpp.trust.takeOver(jid, fingerprint)) this.#people.touch(jid);
  }
}

/** What is told when somebody published other keys for our account. */
export function keysReplaced(): { at: number; code: string; message: string; contact: null } {
  const message = "Somebody published other keys for your account. They are not taken over, " +
    "and nothing is sent from here until yours are back.";
  return { at: Date.now(), code: "keys-replaced", message, contact: null };
}
