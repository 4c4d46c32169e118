import assert from "node:assert/strict";
import fc from "fast-check";
import { el, type Element, escapeText, NS, serialise, StanzaError } from "../../core/mod.ts";
import { XmppClient } from "../client.ts";
import { admit, DOMAIN, PASSWORD, type ScriptedPeer, scriptedServer } from "../testing.ts";
import { Rooms } from "../xep_0045_muc.ts";
import { fieldsOf, GROUP_OPTIONS, readOptions, submission } from "./config.ts";
import type { RoomEvent } from "./events.ts";
import type { Room } from "./room.ts";

const ROOM = `den@rooms.${DOMAIN}`;

/** A client on a server whose rooms do what a test says. */
async function withRooms(
  use: (bed: {
    client: XmppClient;
    rooms: Rooms;
    peer: ScriptedPeer;
    /** Sends what the server says, and waits until it was taken. */
    say: (...stanzas: (Element | string)[]) => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const ready = Promise.withResolvers<ScriptedPeer>();
  const server = await scriptedServer("direct", async (peer) => {
    await admit(peer);
    ready.resolve(peer);
    await peer.gone();
  });
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: { kind: "pin", pin: server.certificate.pin },
  });
  const rooms = new Rooms(client);
  let mark = 0;
  try {
    const [peer] = await Promise.all([ready.promise, client.connect()]);
    const say = async (...stanzas: (Element | string)[]) => {
      const id = `mark${++mark}`;
      const ping = `<iq type='get' id='${id}' from='${DOMAIN}'><ping xmlns='${NS.ping}'/></iq>`;
      const text = stanzas.map((each) => typeof each === "string" ? each : serialise(each));
      await peer.write(text.join("") + ping);
      await peer.read(`id="${id}"`);
    };
    await use({ client, rooms, peer, say });
  } finally {
    // The server hangs up: it would not answer the end of the stream.
    await Promise.all([client.close(), server.stop()]);
  }
}

/** Presence of an occupant. */
function here(nick: string, codes: number[] = [], item: Record<string, string> = {}): Element {
  return presence(nick, undefined, codes, { affiliation: "member", role: "participant", ...item });
}

function gone(nick: string, codes: number[] = [], item: Record<string, string> = {}): Element {
  return presence(nick, "unavailable", codes, { role: "none", ...item });
}

function presence(
  nick: string,
  type: string | undefined,
  codes: number[],
  item: Record<string, string>,
): Element {
  const status = codes.map((code) => el("status", { code: String(code) }));
  return el(
    "presence",
    { from: `${ROOM}/${nick}`, type },
    el("x", { xmlns: NS.mucUser }, el("item", item), ...status),
  );
}

function record(room: Room): RoomEvent[] {
  const events: RoomEvent[] = [];
  room.events.on((event) => events.push(event));
  return events;
}

Deno.test("a room that does not answer is given up, and told so", () =>
  withRooms(async ({ rooms, peer }) => {
    const room = rooms.open(ROOM);
    const events = record(room);
    await assert.rejects(room.enter("me", { timeoutMs: 50 }), { code: "timeout" });
    assert.equal(room.state, "out");
    await peer.read(`type="unavailable"`);
    assert.deepEqual(events, [{ kind: "state", state: "entering" }, {
      kind: "state",
      state: "out",
    }]);
    const cancelled = assert.rejects(room.enter("me"), { code: "cancelled" });
    room.leave();
    await cancelled;
  }));

Deno.test("a refusal ends the entering; one for another nick does not", () =>
  withRooms(async ({ rooms, say }) => {
    const error = (nick: string, condition: string) =>
      `<presence from='${ROOM}/${nick}' type='error'><error type='auth'>` +
      `<${condition} xmlns='${NS.stanzas}'/></error></presence>`;
    const entering = rooms.join(ROOM, "me");
    const refused = assert.rejects(
      entering,
      (thrown: unknown) => thrown instanceof StanzaError && thrown.condition === "forbidden",
    );
    await say(error("other", "conflict"), error("me", "forbidden"));
    await refused;
    assert.equal(rooms.get(ROOM), undefined);
  }));

Deno.test("the room may give another nick; later its codes change nothing about who we are", () =>
  withRooms(async ({ rooms, say }) => {
    const entering = rooms.join(ROOM, "me");
    await say(here("other"), here("me"), here("me2", [110, 210, 100]));
    const room = await entering;
    assert.equal(room.nick, "me2");
    assert.equal(room.claims.nonAnonymous, true);
    assert.equal(room.occupant("me")?.self, false);
    await say(here("other", [110]), gone("other", [110, 307]));
    assert.equal(room.nick, "me2");
    assert.equal(room.state, "in");
    assert.equal(room.occupant("other"), undefined);
    // Nobody takes our nick by being renamed to it.
    await say(here("thief"), gone("thief", [303], { nick: "me2" }));
    assert.equal(room.self?.self, true);
    await say(gone("me2", [303, 110], { nick: "mine" }));
    assert.equal(room.nick, "mine");
    assert.equal(room.self?.nick, "mine");
    const events = record(room);
    await say(gone("mine", [110, 301], {}));
    assert.equal(room.state, "out");
    assert.deepEqual(events.map((event) => event.kind === "out" ? event.why : event.kind), [
      "state",
      "banned",
    ]);
    await say(here("ghost"), gone("mine", [110, 307]));
    assert.equal(room.occupants.length, 0);
  }));

Deno.test("occupants are bounded; a flood ends the stay", () =>
  withRooms(async ({ rooms, say, peer }) => {
    const entering = rooms.join(ROOM, "me");
    await say(here("me", [110]));
    const room = await entering;
    const crowd = Array.from({ length: 2_500 }, (_, i) => serialise(here(`n${i}`)));
    await say(crowd.join(""));
    assert.equal(room.occupants.length, 2_000);
    assert.equal(room.hiddenOccupants, 501);
    const out: RoomEvent[] = [];
    room.events.on((event) => void (event.kind === "out" && out.push(event)));
    const one = serialise(here("n1"));
    await say(one.repeat(8_000));
    assert.equal(out.length === 1 && out[0]!.kind === "out" && out[0]!.why, "flood");
    assert.equal(room.state, "out");
    assert.ok(peer.heard.includes(`type="unavailable"`));
  }));

Deno.test("messages: without nick, of before, with ids that others made", () =>
  withRooms(async ({ client, rooms, say }) => {
    const strays: string[] = [];
    client.hooks.message((stanza) => void strays.push(stanza.attrs.id ?? ""));
    client.hooks.presence((stanza) => void strays.push(stanza.attrs.id ?? ""));
    const entering = rooms.join(ROOM, "me");
    await say(here("me", [110]), here("anna"));
    const room = await entering;
    const events = record(room);
    const said = (id: string, from: string, inside: string, type = "groupchat") =>
      `<message id='${id}' type='${type}' from='${escapeText(from)}'>${inside}</message>`;
    const stamp = (from: string, at = "2020-01-01T00:00:00Z") =>
      `<delay xmlns='${NS.delay}' from='${from}' stamp='${at}'/>`;
    const unsigned = `<delay xmlns='${NS.delay}' stamp='2020-01-01T00:00:00Z'/>`;
    const sid = (by: string) => `<stanza-id xmlns='${NS.stanzaIds}' id='of ${by}' by='${by}'/>`;
    await say(
      said("1", ROOM, "<body>notice</body>"),
      said("2", `${ROOM}/anna`, `<body>now</body>${stamp("eve@x.org")}${sid("eve@x.org")}`),
      said("3", `${ROOM}/anna`, `<body>then</body>${stamp(ROOM)}${sid("eve@x.org")}${sid(ROOM)}`),
      said("3b", `${ROOM}/anna`, `<body>forged</body>${stamp(`${ROOM}/anna`)}${unsigned}`),
      said("3c", `${ROOM}/anna`, `<body>tomorrow</body>${stamp(ROOM, "2199-01-01T00:00:00Z")}`),
      said("4", `${ROOM}/anna`, "<subject>tea</subject>"),
      said("5", `${ROOM}/anna`, "<body>psst</body>", "chat"),
      said("6", `other@rooms.${DOMAIN}/anna`, "<body>stray</body>"),
      said("7", `eve@x.org`, "<body>hello</body>", "chat"),
      said("8", `${ROOM}/me`, "<body>mine</body>"),
      said("9", ROOM, `<x xmlns='${NS.mucUser}'><status code='104'/></x>`),
      `<presence id='10' from='eve@x.org/y'/>`,
      `<message id='11' type='error' from='${ROOM}'><error type='auth'>` +
        `<forbidden xmlns='${NS.stanzas}'/></error></message>`,
    );
    const shown = events.map((event) => {
      if (event.kind === "message" || event.kind === "private") {
        const { nick, body, at, stanzaId, own } = event.message;
        assert.ok(at === undefined || at <= Date.now(), "not said in the future");
        return [event.kind, nick, body, at !== undefined, stanzaId, own];
      }
      if (event.kind === "config") return [event.kind, ...event.codes];
      if (event.kind === "refused") return [event.kind, event.id, event.error.condition];
      return [event.kind, event.kind === "subject" ? event.text : ""];
    });
    assert.deepEqual(shown, [
      ["message", "", "notice", false, undefined, false],
      ["message", "anna", "now", false, undefined, false],
      ["message", "anna", "then", true, `of ${ROOM}`, false],
      ["message", "anna", "forged", false, undefined, false],
      ["message", "anna", "tomorrow", true, undefined, false],
      ["subject", "tea"],
      ["private", "anna", "psst", false, undefined, false],
      ["message", "me", "mine", false, undefined, true],
      ["config", 104],
      ["refused", "11", "forbidden"],
    ]);
    assert.deepEqual(strays, ["7", "10"]);
  }));

Deno.test("invitations come from rooms, declines from rooms we are in", () =>
  withRooms(async ({ rooms, say }) => {
    const events: unknown[] = [];
    rooms.events.on((event) =>
      events.push(event.kind === "invitation" ? `in ${event.invitation.room}` : "declined")
    );
    const x = (inside: string) => `<x xmlns='${NS.mucUser}'>${inside}</x>`;
    const from = (jid: string, inside: string) => `<message from='${jid}'>${x(inside)}</message>`;
    await say(
      from(ROOM, `<invite from='anna@x.org'/>`),
      from(`${ROOM}/eve`, `<invite from='anna@x.org'/>`),
      from(DOMAIN, `<invite from='anna@x.org'/>`),
      from(ROOM, `<invite from='@'/>`),
      from(ROOM, `<decline from='anna@x.org'/>`),
    );
    assert.deepEqual(events, [`in ${ROOM}`]);
    rooms.open(ROOM);
    await say(from(ROOM, `<decline from='anna@x.org'/>`));
    assert.deepEqual(events, [`in ${ROOM}`, "declined"]);
    const flood = from(ROOM, `<invite from='anna@x.org'/>`).repeat(1_000);
    await say(flood);
    assert.ok(events.length <= 302, String(events.length));
  }));

Deno.test("a ping to oneself tells whether one is in the room still", () =>
  withRooms(async ({ rooms, say, peer }) => {
    const entering = rooms.join(ROOM, "me");
    await say(here("me", [110]));
    const room = await entering;
    const answer = async (condition: string | undefined) => {
      const request = await peer.read("</iq>");
      const id = /<iq[^>]* id="([^"]+)"[^>]*><ping/.exec(request)![1];
      await peer.write(
        condition === undefined
          ? `<iq type='result' id='${id}' from='${ROOM}/me'/>`
          : `<iq type='error' id='${id}' from='${ROOM}/me'><error type='cancel'>` +
            `<${condition} xmlns='${NS.stanzas}'/></error></iq>`,
      );
    };
    for (const condition of [undefined, "service-unavailable", "remote-server-timeout"]) {
      const checked = room.check();
      await answer(condition);
      assert.equal(await checked, true);
      assert.equal(room.state, "in");
    }
    const states = record(room);
    const back = room.check();
    await answer("not-acceptable");
    await peer.read(`<x xmlns="${NS.muc}"`);
    await say(here("me", [110]));
    assert.equal(await back, true);
    assert.deepEqual(
      states.flatMap((event) => event.kind === "state" ? [event.state] : []),
      ["out", "entering", "in"],
    );
  }));

const code = fc.constantFrom(100, 110, 170, 201, 210, 301, 303, 307, 321, 332, 333, 999);
const nicks = fc.constantFrom("me", "anna", "bert", "");
const hostile = fc.record({
  nick: nicks,
  kind: fc.constantFrom("here", "gone", "error", "groupchat", "chat", "normal", "subject"),
  codes: fc.array(code, { maxLength: 3 }),
  newNick: fc.option(fc.constantFrom("me", "anna", "x", "", " ", "\u0001"), { nil: undefined }),
  affiliation: fc.constantFrom("owner", "none", "king", ""),
});

Deno.test("whatever a room says, what we believe of it stays of one piece", () =>
  withRooms(async ({ client, rooms }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { maxLength: 40 }), async (stanzas) => {
        rooms.forget(ROOM);
        const entering = rooms.open(ROOM).enter("me").catch(() => false);
        const room = rooms.get(ROOM)!;
        for (const { nick, kind, codes, newNick, affiliation } of stanzas) {
          const item: Record<string, string> = { affiliation };
          if (newNick !== undefined) item.nick = newNick;
          const stanza = kind === "here"
            ? here(nick, codes, item)
            : kind === "gone"
            ? gone(nick, codes, item)
            : el(kind === "error" ? "presence" : "message", {
              type: kind === "subject" ? "groupchat" : kind,
            }, el(kind === "subject" ? "subject" : "body", {}, "x"));
          stanza.attrs.from = nick === "" ? ROOM : `${ROOM}/${nick}`;
          client.hooks.dispatch(stanza);
          assert.equal(room.state === "in", room.self !== undefined && room.self.self);
          assert.ok(room.occupants.filter(({ self }) => self).length <= 1);
        }
        rooms.forget(ROOM);
        await entering;
      }),
      { numRuns: 300 },
    );
  }));

Deno.test("a room that cannot be set up as wanted is not set up at all", () => {
  const field = (name: string, value: string, type = "boolean") =>
    el("field", { var: name, type }, el("value", {}, value));
  const answer = (...fields: Element[]) =>
    el(
      "iq",
      {},
      el(
        "query",
        { xmlns: NS.mucOwner },
        el("x", { xmlns: NS.dataForms, type: "form" }, ...fields),
      ),
    );
  const common = [
    field("muc#roomconfig_publicroom", "1"),
    field("muc#roomconfig_persistentroom", "0"),
    field("muc#roomconfig_membersonly", "0"),
    field("muc#roomconfig_moderatedroom", "0"),
    field("other", "kept"),
    field("shown", "x", "fixed"),
  ];
  const without = fieldsOf(answer(...common));
  assert.throws(() => submission(without, GROUP_OPTIONS), { code: "room-option-missing" });
  const fields = fieldsOf(answer(...common, field("muc#roomconfig_whois", "moderators")));
  const form = submission(fields, GROUP_OPTIONS).toString();
  assert.match(form, /whois"><value>anyone/);
  assert.match(form, /membersonly"><value>1/);
  assert.match(form, /other"><value>kept/);
  assert.ok(!form.includes("shown"));
  assert.deepEqual(readOptions(fields), {
    public: true,
    persistent: false,
    membersOnly: false,
    moderated: false,
    nonAnonymous: false,
  });
});
