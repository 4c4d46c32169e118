import type { Emitter } from "../base/mod.ts";
import { logOf, Rate } from "../base/mod.ts";
import { type Calls, isCallContent } from "../call/mod.ts";
import { type Simpp, SIMPP_NS, SimppError } from "../simpp/mod.ts";
import type { AppEvent } from "../views/mod.ts";
import { el } from "../xmpp/core/mod.ts";
import type { Chats } from "./chats.ts";
import type { People } from "./people.ts";
import type { PlainLink } from "./plain_link.ts";
import type { SealedLink } from "./sealed_link.ts";

/** XEP-0172; it travels inside the seal. */
const NICK = "http://jabber.org/protocol/nick";
/** One line about what could not be opened, and one sending again, a contact and this many ms. */
const MINUTE = 60_000;
/**
 * New sessions a contact and minute: one for each device a list can name, and one for all that it
 * does not. Whoever changes the list all the time gets no more.
 */
const RENEWALS = 33;

const WEAK = "the weak paper profile of 2009";

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
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
  /** Is this the first time that a contact and we proved ourselves? Asked once each time. */
  firstProof: (jid: string) => boolean;
  jid: () => string;
  /** Does a group have us speak with them under seal, contact or not? */
  isPeer: (jid: string) => boolean;
}): void {
  const { simpp, link, plain, people, chats, calls, events, nick, firstProof, jid: own, isPeer } =
    rooms;
  const now = rooms.now ?? (() => performance.now());
  const lines = new Rate(1, MINUTE);
  const renewalsOfOne = new Rate(1, MINUTE);
  const renewals = new Rate(RENEWALS, MINUTE);
  const resent = new Rate(1, MINUTE);

  /**
   * May they learn that somebody is there? Our own devices and whom the person chose; strangers not
   * before they were answered, and who is blocked never.
   */
  const isAnswered = (jid: string): boolean =>
    jid === own() || (!people.isStranger(jid) && !people.isBlocked(jid));

  /** Is the session in use one of the paper's profile? */
  const weak = (jid: string): boolean => simpp.sessions(jid)[0]?.suite === "simpp-2009";

  /** Is a line about this contact due? Strangers get none. */
  const due = (from: string): boolean =>
    people.has(from) && isAnswered(from) && lines.allows(from, now());

  /** Is a new session with this device due? Those that no list names share one rate. */
  const renewalDue = (jid: string, device: string): boolean => {
    if (jid !== own() && !people.has(jid) && !isPeer(jid)) return false;
    const key = simpp.trust.isListed(jid, device) ? `${jid}/${device}` : jid;
    const at = now();
    return renewalsOfOne.allows(key, at) && renewals.allows(jid, at);
  };

  link.received.on((received) => {
    const { from, device, envelope } = received;
    if (people.isBlocked(from)) return;
    const signals = envelope.content.filter(isCallContent);
    const answered = isAnswered(from);
    // A stranger may write, and is shown as one; only a contact may ring.
    if (answered) {
      for (const signal of signals) calls.receive({ jid: from, device }, signal, envelope.time);
    }
    if (from !== own() && envelope.content.some((child) => child.name === "body")) {
      people.stranger(from);
    }
    // Who says nothing is not remembered for it.
    if (received.first && !people.has(from) && !isPeer(from)) simpp.drop(from);
    const theirs = envelope.content.find((child) => child.is("nick", NICK));
    if (theirs !== undefined) people.introduce(from, theirs.getText());
    chats.receive(received, own(), answered);
  });

  plain.received.on((message) => {
    if (message.from !== own() && message.envelope.content.some((child) => child.name === "body")) {
      people.stranger(message.from);
    }
    chats.receive(message, own(), isAnswered(message.from));
  });

  plain.states.on((message) => chats.receive(message, own(), false));

  plain.withheld.on(({ from, code }) => {
    if (!due(from)) return;
    const { name } = people.get(from);
    if (code === "plain-older") {
      return chats.line(from, "notice", "Older messages that were not encrypted are not shown.");
    }
    const message = code === "unreadable"
      ? `${name} wrote with an encryption that simppd does not know.`
      : `Something came without encryption in the name of ${name}, who uses simppd. It may be ` +
        `forged and is not shown: ask ${name} whether they wrote from another program.`;
    events.emit({ type: "security", data: { at: Date.now(), code, message, contact: from } });
    chats.line(from, "security", message);
  });

  plain.unread.on(({ to, id, body }) => {
    const { name } = people.get(to);
    const said = `You wrote this in another program, not encrypted; ${name} did not get to read it`;
    chats.line(to, "notice", `${said}: ${body}`, `unread-${id}`);
  });

  plain.ended.on((from) =>
    chats.line(
      from,
      "notice",
      `${people.get(from).name} uses simppd now: what you write to each other is encrypted.`,
    )
  );

  link.unopened.on(({ from, code, message }) => {
    if (!due(from)) return;
    logOf("app").warn("unopened from {from}: {code}", { from, code });
    events.emit({ type: "security", data: { at: Date.now(), code, message, contact: from } });
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
        "allow more: see the encryption of this contact. Until then no receipts come back: what " +
        "you sent before stays “Sent”, whether it arrived or not.",
    );
  });

  simpp.events.on((event) => {
    const { jid } = event;
    if (!isAnswered(jid) && !isPeer(jid) && event.type !== "changed") return;
    if (event.type === "answer") {
      link.send(jid, proof(nick()), { store: false, device: event.device }).catch((error) =>
        logOf("app").info("proof to {jid} waits: {error}", { jid, error })
      );
    } else if (event.type === "lost") {
      if (!renewalDue(jid, event.device)) return;
      const confirm = el("confirm", { xmlns: SIMPP_NS });
      const how = { store: true, device: event.device, renew: true };
      link.send(jid, [confirm], how).catch((error) => {
        logOf("app").info("session with {jid} not renewed: {error}", { jid, error });
        if (error instanceof SimppError && error.code === "no-common-suite") link.refuse(jid);
      });
    } else if (event.type === "renewed") {
      if (!people.has(jid) || !resent.allows(jid, now())) return;
      chats.line(
        jid,
        "notice",
        weak(jid)
          ? `The session was renewed, with ${WEAK}; what had not arrived is sent again.`
          : "The secure session was renewed; what had not arrived is sent again.",
      );
      chats.resend(jid);
    } else if (event.type === "mutual") {
      logOf("app").info("mutual authentication with {jid} complete", { jid });
      if (people.has(jid) && firstProof(jid)) {
        const { name } = people.get(jid);
        const proved = `You and ${name} proved yourselves to each other`;
        const line = weak(jid)
          ? `${proved}, but only by ${WEAK}.`
          : people.get(jid).trust.state === "verified"
          ? `${proved}: secure.`
          : `${proved}. Compare the safety number to be sure that it is ${name}.`;
        chats.line(jid, weak(jid) ? "security" : "notice", line);
      }
      people.touch(jid);
    } else {
      const name = people.has(jid) ? people.get(jid).name : jid;
      const message = `${name}'s keys changed. Nothing is sent until you decide.`;
      chats.line(jid, "security", `${name}'s keys changed.`);
      const data = { at: Date.now(), code: "keys-changed", message, contact: jid };
      events.emit({ type: "security", data });
      people.touch(jid);
    }
  });
}

/** The person let somebody in who had no answer so far: now they hear who is there. */
export function greet(link: SealedLink, jid: string, nick: string): void {
  link.send(jid, proof(nick), { store: true, standing: true }).catch((error) =>
    logOf("app").info("{jid} hears of us with the next message: {error}", { jid, error })
  );
}

function proof(nick: string) {
  return [el("confirm", { xmlns: SIMPP_NS }), el("nick", { xmlns: NICK }, nick)];
}
