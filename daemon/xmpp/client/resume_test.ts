import assert from "node:assert/strict";
import { el, NS } from "../core/mod.ts";
import { Roster, XmppClient } from "./mod.ts";
import { Presence } from "./presence.ts";
import {
  admit,
  DOMAIN,
  PASSWORD,
  type Script,
  type ScriptedPeer,
  scriptedServer,
} from "./testing.ts";
import { admitBySasl2, BOUND } from "./testing_sasl2.ts";

const SM = NS.streamManagement;
const FEATURE = `<sm xmlns='${SM}'/>`;
const ENABLED = `<enabled xmlns='${SM}' id='one' resume='true'/>`;

/** Logs in by SASL and begins stream management. */
async function admitManaged(peer: ScriptedPeer, enabled = ENABLED): Promise<void> {
  await admit(peer, { features: FEATURE });
  await peer.read("<enable");
  await peer.write(enabled);
}

/** Logs in up to `<resume/>`, and gives that. */
async function admitResuming(peer: ScriptedPeer): Promise<string> {
  await admit(peer, { features: FEATURE, bind: false });
  await peer.read("<resume");
  return await peer.read("/>");
}

async function withClient(
  script: Script,
  use: (client: XmppClient, server: Awaited<ReturnType<typeof scriptedServer>>) => Promise<void>,
): Promise<void> {
  const server = await scriptedServer("direct", script);
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: { kind: "pin", pin: server.certificate.pin },
  });
  try {
    await use(client, server);
  } finally {
    await client.close();
    await server.stop();
  }
}

/** The next time the client is in `state`. */
function next(client: XmppClient, state: string): Promise<{ resumed: boolean }> {
  return new Promise((resolve) => {
    const off = client.events.on((event) => {
      if (event.state !== state) return;
      off();
      resolve(event);
    });
  });
}

/** Cuts are noticed and mended at once. */
async function back(client: XmppClient): Promise<{ resumed: boolean }> {
  const online = next(client, "online");
  if (client.state === "online") await next(client, "connecting");
  setTimeout(() => client.connect().catch(() => {}), 5);
  return await online;
}

const message = (id: string) => el("message", { to: "you@example.org", id });
const ids = (text: string) => [...text.matchAll(/<message [^>]*id="(\w+)"/g)].map(([, id]) => id);

Deno.test("after a cut what the server has not got is sent again, once and in order", async () => {
  let resume = "";
  let again = "";
  const finished = Promise.withResolvers<void>();
  await withClient(async (peer, count) => {
    if (count === 1) {
      await admitManaged(peer);
      // Three kinds come, and an iq result among them: all are counted.
      await peer.write("<message/><presence/><iq type='result' id='x'/><message/>");
      await peer.read('id="c"');
      await peer.read("/>");
      return;
    }
    resume = await admitResuming(peer);
    await peer.write(`<resumed xmlns='${SM}' h='2' previd='one'/><message id='late'/>`);
    again = await peer.read("<r ");
    await peer.write(`<a xmlns='${SM}' h='4'/>`);
    await peer.read(">");
    finished.resolve();
    await peer.gone();
  }, async (client) => {
    let sessions = 0;
    let connections = 0;
    let came = 0;
    client.hooks.online(() => void sessions++);
    client.hooks.connected(() => void connections++);
    const late = new Promise<void>((resolve) =>
      client.hooks.message((stanza) => {
        came++;
        if (stanza.attrs.id === "late") resolve();
      })
    );
    await client.connect();
    const { jid } = client;
    for (const id of ["a", "b", "c"]) client.send(message(id));
    while (came < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    const cut = next(client, "connecting");
    await cut;
    // There is a session, and this goes with it.
    client.send(message("d"));
    const confirmed = client.confirm();
    assert.equal((await back(client)).resumed, true);
    await Promise.all([confirmed, late, finished.promise]);
    assert.equal(client.jid, jid);
    assert.deepEqual([sessions, connections], [1, 2]);
  });
  assert.match(resume, /h="4"/);
  assert.match(resume, /previd="one"/);
  assert.deepEqual(ids(again), ["c", "d"]);
});

Deno.test("a stream resumed within SASL2 needs no further step", async () => {
  let authenticate = "";
  let again = "";
  const finished = Promise.withResolvers<void>();
  await withClient(async (peer, count) => {
    if (count === 1) {
      await admitBySasl2(peer);
      await peer.read("<message");
      return;
    }
    ({ authenticate } = await admitBySasl2(peer, {
      success: `<authorization-identifier>me@${DOMAIN}/here</authorization-identifier>` +
        `<resumed xmlns='${SM}' h='0' previd='one'/>`,
      // What waited may come before the features.
      after: "<message id='waited'/><stream:features/>",
    }));
    again = await peer.read("<r ");
    await peer.write(`<a xmlns='${SM}' h='1'/>`);
    finished.resolve();
    await peer.gone();
  }, async (client) => {
    const waited = new Promise<void>((resolve) => client.hooks.message(() => resolve()));
    await client.connect();
    client.send(message("a"));
    const confirmed = client.confirm();
    assert.equal((await back(client)).resumed, true);
    await Promise.all([waited, confirmed, finished.promise]);
  });
  assert.match(authenticate, /<resume [^>]*h="0" previd="one"\/>/);
  assert.deepEqual(ids(again), ["a"]);
});

Deno.test("what a server that lost the session had is not given back, and the rest is, once", async () => {
  for (const way of ["sasl", "sasl2"]) {
    const failed = `<failed xmlns='${SM}' h='1'><item-not-found xmlns='${NS.stanzas}'/></failed>`;
    let heard = "";
    await withClient(async (peer, count) => {
      if (count === 1) {
        await (way === "sasl" ? admitManaged(peer) : admitBySasl2(peer));
        await peer.read('id="c"');
        return;
      }
      if (way === "sasl2") await admitBySasl2(peer, { success: failed + BOUND });
      else {
        await admitResuming(peer);
        await peer.write(failed);
        await peer.bind();
        await peer.read("<enable");
        await peer.write(ENABLED);
      }
      await peer.gone();
      heard = peer.heard;
    }, async (client) => {
      const given: string[][] = [];
      let sessions = 0;
      const presence = new Presence(client);
      client.hooks.online(() => void sessions++);
      client.hooks.unacknowledged((stanzas) => {
        given.push(stanzas.flatMap(({ attrs }) => attrs.id ?? []));
      });
      await client.connect();
      client.send(message("a"));
      client.send(message("b"));
      const refused = assert.rejects(client.confirm(), { code: "not-confirmed" });
      const unanswered = assert.rejects(
        client.iq(el("iq", { type: "get", to: "you@example.org" })),
        { code: "not-online" },
      );
      client.send(message("c"));
      assert.equal((await back(client)).resumed, false);
      await refused;
      await unanswered;
      assert.equal(sessions, 2);
      assert.deepEqual(given.length, 1);
      // The server had one stanza: our presence, which went first.
      assert.deepEqual(given[0]!.filter((id) => id.length === 1), ["a", "b", "c"]);
      void presence;
    });
    assert.deepEqual(ids(heard), []);
  }
});

Deno.test("a server that counts what cannot be loses the session, not our messages", async () => {
  const attacks: [string, string][] = [
    ["too many", `<a xmlns='${SM}' h='7'/>`],
    ["backwards", `<a xmlns='${SM}' h='1'/><a xmlns='${SM}' h='0'/>`],
    ["no number", `<a xmlns='${SM}' h='x'/>`],
    ["past 32 bits", `<a xmlns='${SM}' h='4294967297'/>`],
    ["resumed in the middle", `<resumed xmlns='${SM}' h='0' previd='one'/>`],
    ["enabled twice", ENABLED],
    ["failed out of turn", `<failed xmlns='${SM}'/>`],
  ];
  for (const [what, attack] of attacks) {
    let said = "";
    const done = Promise.withResolvers<void>();
    await withClient(async (peer, count) => {
      if (count > 1) {
        // Whether it resumes or not: it may begin anew.
        await admit(peer, { features: FEATURE, refuseResume: true });
        return await peer.gone();
      }
      await admitManaged(peer);
      await peer.read('id="a"');
      await peer.write(attack);
      await peer.gone();
      said = peer.heard;
      done.resolve();
    }, async (client) => {
      const given: string[] = [];
      client.hooks.unacknowledged((stanzas) => {
        given.push(...stanzas.flatMap(({ attrs }) => attrs.id ?? []));
      });
      await client.connect();
      client.send(message("a"));
      await back(client);
      await done.promise;
      assert.deepEqual(given, what === "backwards" ? [] : ["a"], what);
    });
    assert.match(said, /<stream:error/, what);
  }
});

Deno.test("a resumption with another's id, or an impossible count, ends in a new session", async () => {
  const answers = [
    `<resumed xmlns='${SM}' h='0' previd='another'/>`,
    `<resumed xmlns='${SM}' h='9' previd='one'/>`,
    `<resumed xmlns='${SM}' previd='one'/>`,
    `<resumed xmlns='${SM}' h='0'/>`,
  ];
  for (const answer of answers) {
    await withClient(async (peer, count) => {
      if (count === 1) {
        await admitManaged(peer);
        await peer.read('id="a"');
      } else if (count === 2) {
        await admitResuming(peer);
        await peer.write(answer);
        await peer.gone();
      } else {
        await admit(peer, { features: FEATURE, refuseResume: true });
        await peer.gone();
      }
    }, async (client, server) => {
      const given: string[] = [];
      let sessions = 0;
      client.hooks.online(() => void sessions++);
      client.hooks.unacknowledged((stanzas) => {
        given.push(...stanzas.flatMap(({ attrs }) => attrs.id ?? []));
      });
      await client.connect();
      client.send(message("a"));
      await next(client, "connecting");
      const online = next(client, "online");
      const retry = setInterval(() => client.connect().catch(() => {}), 20);
      assert.equal((await online).resumed, false);
      clearInterval(retry);
      assert.equal(server.connections(), 3);
      assert.equal(sessions, 2);
      assert.deepEqual(given, ["a"], answer);
    });
  }
});

Deno.test("a session that cannot be resumed ends with its connection", async () => {
  await withClient(async (peer) => {
    await admitManaged(peer, `<enabled xmlns='${SM}'/>`);
    await peer.read('id="a"');
  }, async (client) => {
    const given = new Promise<string | undefined>((resolve) =>
      client.hooks.unacknowledged(([first]) => resolve(first?.attrs.id))
    );
    await client.connect();
    client.send(message("a"));
    assert.equal(await given, "a");
    assert.throws(() => client.send(message("b")), { code: "not-online" });
  });
});

Deno.test("presence and roster last over a cut, and are gone with the session", async () => {
  await withClient(async (peer, count) => {
    if (count === 1) {
      await admitManaged(peer);
      const id = /id="([^"]+)"/.exec(await peer.read("</iq>"))![1];
      await peer.write(
        `<iq type='result' id='${id}'><query xmlns='${NS.roster}'><item jid='you@example.org'/>` +
          `</query></iq><presence from='you@example.org/there'/>`,
      );
      await peer.read("<presence");
      await peer.read("cut");
    } else if (count === 2) {
      await admitResuming(peer);
      await peer.write(`<resumed xmlns='${SM}' h='2' previd='one'/>`);
      await peer.read("again");
    } else {
      await admitResuming(peer);
      await peer.write(`<failed xmlns='${SM}'/></stream:stream>`);
    }
  }, async (client) => {
    const presence = new Presence(client);
    const roster = new Roster(client);
    let loaded = 0;
    roster.events.on(({ kind }) => kind === "loaded" && loaded++);
    await client.connect();
    while (presence.of("you@example.org").show !== "online") {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    client.send(message("cut"));
    assert.equal((await back(client)).resumed, true);
    assert.equal(presence.of("you@example.org").show, "online");
    assert.equal(loaded, 1);
    const gone = new Promise((resolve) => presence.events.on(resolve));
    client.send(message("again"));
    await client.close();
    await gone;
    assert.equal(presence.of("you@example.org").show, "offline");
  });
});
