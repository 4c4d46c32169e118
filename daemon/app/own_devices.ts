import { fromBase64, fromHex, logOf, toBase64, toHex } from "../base/mod.ts";
import { type Received, type Simpp, SIMPP_NS } from "../simpp/mod.ts";
import type { DevicesView } from "../views/mod.ts";
import type { XmppClient } from "../xmpp/client/mod.ts";
import { el, Jid } from "../xmpp/core/mod.ts";
import type { People } from "./people.ts";
import type { SealedLink } from "./sealed_link.ts";

const TRUST_MESSAGES = "urn:xmpp:tm:1";
const ATM = "urn:xmpp:atm:1";
const HINTS = "urn:xmpp:hints";

/** The person's other devices: how one is added, and what one tells the others. */
export class OwnDevices {
  readonly #simpp: Simpp;
  readonly #link: SealedLink;
  readonly #people: People;
  readonly #jid: () => string;
  #client: XmppClient | undefined;

  constructor(simpp: Simpp, link: SealedLink, people: People, jid: () => string) {
    this.#simpp = simpp;
    this.#link = link;
    this.#people = people;
    this.#jid = jid;
  }

  get view(): DevicesView {
    const { state, code, confirmation, devices, requests } = this.#simpp.linking;
    return { state, code, confirmation, devices, requests };
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
      if (from === this.#jid()) this.#simpp.linking.asked(request.attrs.device ?? "");
      return true;
    });
    client.events.on(({ state }) => {
      if (state === "online") this.ask();
    });
  }

  /** Asks the device that holds the account key to add this one; nothing secret is in it. */
  ask(): void {
    if (this.#simpp.linking.state !== "unlinked") return;
    const device = this.#simpp.linking.request;
    this.#client?.send(el(
      "message",
      { to: this.#jid(), type: "chat" },
      el("link", { xmlns: SIMPP_NS, device }),
      el("no-store", { xmlns: HINTS }),
    ));
  }

  /** Tells our other devices that a contact's account key was verified (XEP-0434, XEP-0450). */
  tellVerified(contact: string): void {
    const known = this.#simpp.trust.describe(contact);
    if (known === undefined || this.view.devices.length < 2) return;
    const message = el(
      "trust-message",
      { xmlns: TRUST_MESSAGES, usage: ATM, encryption: SIMPP_NS },
      el(
        "key-owner",
        { jid: contact },
        el("trust", {}, toBase64(fromHex(known.fingerprint))),
      ),
    );
    this.#link.send(this.#jid(), [message], { store: true }).catch((error) =>
      logOf("app").info("our other devices were not told: {error}", { error })
    );
  }

  /** Takes over what another device of ours verified, for keys that are pinned here too. */
  receive({ from, envelope }: Received): void {
    if (from !== this.#jid()) return;
    const message = envelope.content.find((child) => child.is("trust-message", TRUST_MESSAGES));
    if (message?.attrs.encryption !== SIMPP_NS) return;
    for (const owner of message.getChildren("key-owner").slice(0, 100)) {
      const jid = owner.attrs.jid ?? "";
      for (const trust of owner.getChildren("trust").slice(0, 4)) {
        try {
          const fingerprint = toHex(fromBase64(trust.getText()));
          if (this.#simpp.trust.takeOver(jid, fingerprint)) this.#people.touch(jid);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
        }
      }
    }
  }
}
