import type { Emitter } from "../base/mod.ts";
import { logOf } from "../base/mod.ts";
import { type Calls, isCallContent } from "../call/mod.ts";
import { type Simpp, SIMPP_NS } from "../simpp/mod.ts";
import type { AppEvent } from "../views/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import type { Chats } from "./chats.ts";
import type { People } from "./people.ts";
import type { PlainLink } from "./plain_link.ts";
import type { SealedLink } from "./sealed_link.ts";

/** XEP-0172; it travels inside the seal. */
const NICK = "http://jabber.org/protocol/nick";
/** A new session with a device that lost the old one, one in so many ms. */
const RENEW_EVERY = 60_000;
/** One line about what could not be opened, a contact and this many ms. */
const LINE_EVERY = 60_000;

/** Hands what was opened to chats and calls, and what happened to keys to the person. */
export function receiveInto(rooms: {
  simpp: Simpp;
  link: SealedLink;
  plain: PlainLink;
  people: People;
  chats: Chats;
  calls: Calls;
  events: Emitter<AppEvent>;
  /** What we call ourselves, and our bare JID. */
  nick: () => string;
  /** Is this the first time that a contact and we proved ourselves? Asked once each time. */
  firstProof: (jid: string) => boolean;
  jid: () => string;
}): void {
  const { simpp, link, plain, people, chats, calls, events, nick, firstProof, jid: own } = rooms;
  const lines = new Map<string, number>();
  const renewals = new Map<string, number>();
  const resent = new Map<string, number>();

  /** Is a line about this contact due? Strangers get none. */
  const due = (from: string): boolean => {
    const now = Date.now();
    if (!people.has(from) || people.isBlocked(from)) return false;
    if (now - (lines.get(from) ?? 0) < LINE_EVERY) return false;
    lines.set(from, now);
    return true;
  };

  link.received.on((received) => {
    const { from, device, envelope } = received;
    if (people.isBlocked(from)) return;
    const signals = envelope.content.filter(isCallContent);
    // A stranger may write, and is shown as one; only a contact may ring.
    if (people.has(from) || from === own()) {
      for (const signal of signals) calls.receive({ jid: from, device }, signal, envelope.time);
    }
    if (from !== own() && envelope.content.some((child) => child.name === "body")) {
      people.stranger(from);
    }
    const theirs = envelope.content.find((child) => child.is("nick", NICK));
    if (theirs !== undefined) people.introduce(from, theirs.getText());
    chats.receive(received, own());
  });

  plain.received.on((message) => {
    if (message.from === own()) return;
    if (message.envelope.content.some((child) => child.name === "body")) {
      people.stranger(message.from);
    }
    chats.receive(message, own());
  });

  plain.withheld.on(({ from, code }) => {
    if (!due(from)) return;
    const { name } = people.get(from);
    const message = code === "unreadable"
      ? `${name} wrote with an encryption that simppd does not know.`
      : `Something came without encryption in the name of ${name}, who uses simppd. It may be ` +
        "forged and is not shown.";
    events.emit({ type: "security", data: { at: Date.now(), code, message, contact: from } });
    chats.line(from, "security", message);
  });

  plain.ended.on((from) =>
    chats.line(
      from,
      "notice",
      `${people.get(from).name} uses simppd now: what you write to each other is encrypted.`,
    )
  );

  link.unopened.on(({ from, code, message }) => {
    const now = Date.now();
    if (!due(from)) return;
    logOf("app").warn("unopened from {from}: {code}", { from, code });
    events.emit({ type: "security", data: { at: now, code, message, contact: from } });
    if (code === "no-common-suite") link.refuse(from);
    chats.line(from, "security", message);
  });

  link.refused.on((from) => {
    if (!due(from)) return;
    const name = people.get(from).name;
    chats.line(
      from,
      "security",
      `${name} and you allow no encryption in common, so nothing could be sent. One of you must ` +
        "allow more: see the encryption of this contact.",
    );
  });

  simpp.events.on((event) => {
    const { jid } = event;
    if (event.type === "answer") {
      const content = [el("confirm", { xmlns: SIMPP_NS }), el("nick", { xmlns: NICK }, nick())];
      link.send(jid, content, { store: false, device: event.device }).catch((error) =>
        logOf("app").info("proof to {jid} waits: {error}", { jid, error })
      );
    } else if (event.type === "lost") {
      const now = Date.now();
      // Only listed devices count apart: a sender may name any id, and each would be a try more.
      const listed = simpp.trust.isListed(jid, event.device);
      const key = listed ? `${jid}/${event.device}` : jid;
      if (!people.has(jid) || now - (renewals.get(key) ?? 0) < RENEW_EVERY) return;
      renewals.set(key, now);
      const confirm = el("confirm", { xmlns: SIMPP_NS });
      link.send(jid, [confirm], { store: true, device: event.device, renew: true }).catch((error) =>
        logOf("app").info("session with {jid} not renewed: {error}", { jid, error })
      );
    } else if (event.type === "renewed") {
      const now = Date.now();
      if (now - (resent.get(jid) ?? 0) < RENEW_EVERY) return;
      resent.set(jid, now);
      chats.line(
        jid,
        "notice",
        "The secure session was renewed; what had not arrived is sent again.",
      );
      chats.resend(jid);
    } else if (event.type === "mutual") {
      logOf("app").info("mutual authentication with {jid} complete", { jid });
      if (people.has(jid) && firstProof(jid)) {
        const { name } = people.get(jid);
        chats.line(jid, "notice", `You and ${name} proved yourselves to each other: secure.`);
      }
      people.touch(jid);
    } else {
      const message = `The keys of ${jid} changed. Nothing is sent until you decide.`;
      chats.line(jid, "security", message);
      const data = { at: Date.now(), code: "keys-changed", message, contact: jid };
      events.emit({ type: "security", data });
      people.touch(jid);
    }
  });
}
