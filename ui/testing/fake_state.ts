/** A made-up daemon's state, for tests and screenshots of the dashboard. */
import type {
  CallInfo,
  CallView,
  ContactView,
  MessageView,
  StatusView,
  TrustView,
} from "../api/views.ts";

export const FINGERPRINT = "3f9a17c2d8e04b6655aa01ff8c7d92e13f9a17c2d8e04b6655aa01ff8c7d92e1";
export const ME = "anna@anna-desk.simppd.invalid";

export function fakeStatus(change: Partial<StatusView> = {}): StatusView {
  return {
    version: "0.1.0",
    instance: "f00d",
    locked: false,
    keeper: "file",
    account: {
      jid: ME,
      nick: "Anna",
      picture: null,
      device: "0123456789abcdef",
      fingerprint: FINGERPRINT,
      hosts: ["192.168.1.20:5223", "127.0.0.1:5223"],
      pin: "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg",
      keyed: true,
    },
    state: "online",
    problem: null,
    login: { mechanism: "SIMPP-1", mutual: true, profile: "simpp-modern" },
    server: {
      domain: "anna-desk.simppd.invalid",
      host: "127.0.0.1",
      port: 5223,
      starttlsPort: 5222,
      httpsPort: 5443,
      pin: "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg",
    },
    policy: ["simpp-pq", "simpp-modern"],
    blindTrust: true,
    tellSeen: false,
    calls: "any",
    relay: null,
    devices: {
      state: "own",
      absence: null,
      code: "10293 84756 56473 82910",
      devices: [{ id: "0123456789abcdef", here: true }],
      confirmation: "none",
      requests: [],
    },
    ffmpeg: { found: true, version: "5.1", message: null },
    ...change,
  };
}

export function fakeTrust(change: Partial<TrustView> = {}): TrustView {
  return {
    state: "first-use",
    doubt: null,
    fingerprint: FINGERPRINT,
    suite: "simpp-pq",
    policy: ["simpp-pq", "simpp-modern"],
    ownPolicy: false,
    mutual: true,
    devices: [{ id: "89abcdef01234567", mutual: true }],
    ...change,
  };
}

export function fakeContact(jid: string, change: Partial<ContactView> = {}): ContactView {
  return {
    jid,
    name: "",
    subscription: "both",
    presence: "online",
    status: "",
    picture: null,
    blocked: false,
    plain: false,
    typing: false,
    unread: 0,
    trust: fakeTrust(),
    last: null,
    ...change,
  };
}

let messages = 0;

export function fakeMessage(contact: string, change: Partial<MessageView> = {}): MessageView {
  const mine = change.mine ?? false;
  return {
    id: `message-${++messages}`,
    contact,
    mine,
    at: Date.now(),
    kind: "chat",
    body: "Hello",
    link: null,
    delivery: mine ? "delivered" : null,
    edited: false,
    problem: null,
    suite: "simpp-pq",
    ...change,
  };
}

export function fakeCall(contact: string, change: Partial<CallView> = {}): CallView {
  const incoming = change.direction === "in";
  return {
    id: `call-${crypto.randomUUID().slice(0, 8)}`,
    contact,
    name: "Ben Ortiz",
    direction: "out",
    inviter: incoming ? contact : ME,
    invitee: incoming ? ME : contact,
    state: incoming ? "ringing" : "calling",
    reason: null,
    detail: null,
    startedAt: Date.now(),
    activeAt: null,
    endedAt: null,
    options: { camera: "test", size: "640x480", fps: 30 },
    camera: { name: "Test picture", state: "live", problem: null },
    remoteCamera: null,
    info: null,
    ...change,
  };
}

export function fakeInfo(change: Partial<CallInfo> = {}): CallInfo {
  return {
    suite: "simpp-pq",
    fingerprints: { local: FINGERPRINT, remote: FINGERPRINT.split("").reverse().join("") },
    verified: false,
    tags: { local: "Test picture · 7f3a9c12", remote: "USB Camera · 0b77e5d1", verified: true },
    path: { kind: "udp", local: "192.168.1.20:40112", remote: "192.168.1.34:51800", rttMs: 1.8 },
    send: {
      frames: 2210,
      dropped: 1,
      fps: 29.9,
      kbps: 6240,
      latencyMs: { p50: 5.1, p95: 9.7 },
      openFailures: 0,
    },
    receive: {
      frames: 2204,
      dropped: 3,
      fps: 29.8,
      kbps: 5980,
      latencyMs: { p50: 6.2, p95: 12.4 },
      openFailures: 0,
    },
    strays: 2,
    replays: 0,
    securityEvents: [],
    sinceLastFrameMs: 20,
    ...change,
  };
}

export function fakePeople(): ContactView[] {
  const now = Date.now();
  const said = (body: string, minutes: number, mine = false) => ({
    body,
    at: now - minutes * 60_000,
    mine,
  });
  return [
    fakeContact("ben@anna-desk.simppd.invalid", {
      name: "Ben Ortiz",
      trust: fakeTrust({ state: "verified" }),
      last: said("Shall we try the call now?", 2),
      unread: 2,
      status: "At the desk",
    }),
    fakeContact("chiara@example.org", {
      name: "Chiara Romano",
      presence: "away",
      last: said("Sent you the draft", 50, true),
    }),
    fakeContact("dmitri@jabber.example", {
      name: "Dmitri",
      presence: "dnd",
      trust: fakeTrust({ state: "changed", doubt: "new-key", mutual: false }),
      last: said("New laptop, finally", 60 * 26),
    }),
    fakeContact("elif@chat.example", {
      name: "Elif Kaya",
      presence: "offline",
      trust: fakeTrust({
        state: "unknown",
        fingerprint: null,
        suite: null,
        mutual: false,
        devices: [],
      }),
      subscription: "asking",
    }),
    fakeContact("faruk@lab.example", {
      name: "Faruk (lab)",
      presence: "offline",
      trust: fakeTrust({ suite: "simpp-2009", policy: ["simpp-2009"], ownPolicy: true }),
      last: said("figure 8 reproduced", 60 * 24 * 9),
    }),
    fakeContact("gia@chat.example", {
      name: "Gia",
      subscription: "asked",
      presence: "offline",
      trust: fakeTrust({
        state: "unknown",
        fingerprint: null,
        suite: null,
        mutual: false,
        devices: [],
      }),
    }),
  ];
}

export function fakeTalk(jid: string): MessageView[] {
  const now = Date.now();
  const at = (minutes: number) => now - minutes * 60_000;
  const day = 60 * 24;
  return [
    fakeMessage(jid, {
      at: at(day + 90),
      kind: "notice",
      body: "You are now each other's contacts.",
    }),
    fakeMessage(jid, { at: at(day + 80), mine: true, body: "Hi Ben! Did the link work at once?" }),
    fakeMessage(jid, { at: at(day + 78), body: "It did. One command, and here I am." }),
    fakeMessage(jid, {
      at: at(day + 77),
      body: "I compared the sixty digits with the ones you read to me. They match.",
    }),
    fakeMessage(jid, { at: at(day + 70), kind: "security", body: "You verified Ben Ortiz." }),
    fakeMessage(jid, { at: at(35), kind: "missed-call", body: "Missed call from Ben Ortiz" }),
    fakeMessage(jid, { at: at(30), mine: true, body: "Sorry, I was on the phone." }),
    fakeMessage(jid, {
      at: at(29),
      mine: true,
      body:
        "Give me half an hour and a coffee, then I can show you how the picture looks on the big " +
        "screen downstairs.",
      delivery: "sent",
    }),
    fakeMessage(jid, {
      at: at(28),
      mine: true,
      body: "Here are the notes",
      delivery: "failed",
      problem: { code: "not-online", message: "Ben's device could not be reached in time." },
    }),
    fakeMessage(jid, { at: at(3), body: "No hurry." }),
    fakeMessage(jid, { at: at(2), body: "Shall we try the call now?" }),
  ];
}
