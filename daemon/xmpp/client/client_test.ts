import assert from "node:assert/strict";
import { el, type Element, NS, StanzaError } from "../core/mod.ts";
import {
  type ClientEvent,
  Disco,
  Presence,
  Roster,
  XmppClient,
  type XmppClientOptions,
} from "./mod.ts";
import { admit, DOMAIN, features, PASSWORD, type Script, scriptedServer } from "./testing.ts";

/** A client and the server that plays `script` for it; nothing is left when `use` is done. */
async function meet(
  script: Script,
  use: (client: XmppClient, connections: () => number) => Promise<void>,
  options: Partial<XmppClientOptions> = {},
): Promise<void> {
  const server = await scriptedServer("direct", script);
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: { kind: "pin", pin: server.certificate.pin },
    ...options,
  });
  let late: ReturnType<typeof setTimeout> | undefined;
  const inVain = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error("waited 15 s in vain")), 15_000);
  });
  try {
    await Promise.race([use(client, server.connections), inVain]);
  } finally {
    clearTimeout(late);
    await client.close();
    await server.stop();
  }
}

function eventOf(client: XmppClient, wanted: (event: ClientEvent) => boolean) {
  return new Promise<ClientEvent>((resolve) => {
    const off = client.events.on((event) => {
      if (!wanted(event)) return;
      off();
      resolve(event);
    });
  });
}

const idle: Script = async (peer) => {
  await admit(peer);
  await peer.gone();
};

Deno.test("connect() goes online under the full address, close() ends the stream", async () => {
  let heard = "";
  const states: string[] = [];
  await meet(async (peer) => {
    await admit(peer);
    await peer.read("</stream:stream>");
    heard = peer.heard;
  }, async (client) => {
    client.events.on(({ state }) => states.push(state));
    await client.connect();
    await client.connect();
    assert.equal(client.jid.toString(), `me@${DOMAIN}/here`);
    await client.close();
    assert.equal(client.jid.toString(), `me@${DOMAIN}`);
    assert.throws(() => client.send(el("message")), { code: "not-online" });
    await assert.rejects(client.iq(el("iq", { type: "get" })), { code: "not-online" });
  });
  assert.deepEqual(states, ["connecting", "online", "offline"]);
  assert.match(heard, /<\/stream:stream>$/);
});

Deno.test("a lost connection is made again, with the online hooks run anew", async () => {
  let hooks = 0;
  await meet(async (peer, count) => {
    await admit(peer);
    if (count === 1) await peer.read("<message");
    else await peer.gone();
  }, async (client, connections) => {
    client.hooks.online(() => void hooks++);
    await client.connect();
    const offline = eventOf(client, ({ state }) => state === "offline");
    const again = eventOf(client, ({ state }) => state === "online");
    const unanswered = assert.rejects(
      client.iq(el("iq", { type: "get" }, el("x", { xmlns: "urn:x" }))),
      { code: "not-online" },
    );
    client.send(el("message"));
    assert.equal((await offline).problem?.code, "connection-lost");
    await unanswered;
    await again;
    assert.equal(hooks, 2);
    assert.equal(connections(), 2);
  });
});

Deno.test("connect() rejects when no endpoint works, and goes on trying", async () => {
  await meet(async (peer, count) => {
    if (count > 1) await idle(peer, count);
  }, async (client) => {
    const online = eventOf(client, ({ state }) => state === "online");
    await assert.rejects(client.connect(), { code: "connection-lost" });
    await online;
  });
});

Deno.test("connect() while waiting to try again tries at once", async () => {
  await meet(async (peer, count) => {
    if (count > 6) await idle(peer, count);
  }, async (client) => {
    // Six failures would mean half a minute of waiting.
    for (let i = 0; i < 6; i++) await assert.rejects(client.connect(), { code: "connection-lost" });
    await client.connect();
  });
});

Deno.test("a server without a login is final", async () => {
  await meet(async (peer, count) => {
    if (count > 1) return;
    await peer.read("<stream:stream");
    await peer.write(features(""));
    await peer.gone();
  }, async (client) => {
    await assert.rejects(client.connect(), { code: "no-safe-login" });
    assert.equal(client.state, "failed");
  });
});

Deno.test("a server that gives another account's address is left", async () => {
  await meet(async (peer) => {
    await admit(peer, { jid: `you@${DOMAIN}/here` });
    await peer.gone();
  }, async (client) => {
    await assert.rejects(client.connect(), { code: "wrong-account" });
    assert.equal(client.state, "failed");
  });
});

Deno.test("close() while dialling leaves nothing behind", async () => {
  await meet(async (peer) => await peer.gone(), async (client) => {
    const refused = assert.rejects(client.connect(), { code: "closed" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await client.close();
    await refused;
    assert.equal(client.state, "offline");
  });
});

Deno.test("a conflict is final: two clients must not push each other off for ever", async () => {
  await meet(async (peer) => {
    await admit(peer);
    await peer.read("<message");
    await peer.write(
      `<stream:error><conflict xmlns='${NS.streams}'/><text xmlns='${NS.streams}'>Replaced</text>` +
        "</stream:error></stream:stream>",
    );
    await peer.gone();
  }, async (client) => {
    const failed = eventOf(client, ({ state }) => state === "failed");
    await client.connect();
    client.send(el("message"));
    assert.equal((await failed).problem?.code, "stream-conflict");
  });
});

Deno.test("see-other-host is not followed", async () => {
  const elsewhere = await scriptedServer("direct", idle);
  try {
    await meet(async (peer, count) => {
      await admit(peer);
      if (count > 1) return await peer.gone();
      await peer.read("<message");
      const { host, port } = elsewhere.endpoint;
      await peer.write(
        `<stream:error><see-other-host xmlns='${NS.streams}'>${host}:${port}</see-other-host>` +
          "</stream:error></stream:stream>",
      );
    }, async (client, connections) => {
      await client.connect();
      client.send(el("message"));
      await eventOf(client, ({ state }) => state === "offline");
      await eventOf(client, ({ state }) => state === "online");
      assert.equal(connections(), 2);
      assert.equal(elsewhere.connections(), 0);
    });
  } finally {
    await elsewhere.stop();
  }
});

Deno.test("a server that leaves pings unanswered is given up", async () => {
  await meet(async (peer, count) => {
    await admit(peer);
    if (count === 1) await peer.read("urn:xmpp:ping");
    await peer.gone();
  }, async (client) => {
    await client.connect();
    await eventOf(client, ({ state }) => state === "offline");
    await eventOf(client, ({ state }) => state === "online");
  }, { pingSeconds: 0.2 });
});

Deno.test("iq() takes an answer only from whom it asked", async () => {
  await meet(async (peer) => {
    await admit(peer);
    for (;;) {
      const request = await peer.read("</iq>");
      const id = /id="([^"]+)"/.exec(request)![1];
      const answer = (from: string, body: string) =>
        `<iq type='result' id='${id}' ${from}><a xmlns='urn:x'>${body}</a></iq>`;
      await peer.write(
        answer("from='mallory@evil.test'", "forged") + answer("", "forged") +
          answer("from='you@there.test'", "forged") +
          `<iq type='result' id='x' from='you@there.test/phone'/>` +
          answer("from='you@there.test/phone'", "true") +
          answer("from='you@there.test/phone'", "late"),
      );
    }
  }, async (client) => {
    await client.connect();
    for (let i = 0; i < 2; i++) {
      const iq = el("iq", { type: "get" }, el("q", { xmlns: "urn:x" }));
      const answer = await client.iq(iq, { to: "you@there.test/phone" });
      assert.equal(answer.getChildText("a"), "true");
    }
  });
});

Deno.test("iq() rejects with the error that came, and when nothing comes", async () => {
  await meet(async (peer) => {
    await admit(peer);
    const id = /id="([^"]+)"/.exec(await peer.read("</iq>"))![1];
    await peer.write(
      `<iq type='error' id='${id}'><error type='auth'><forbidden xmlns='${NS.stanzas}'/></error></iq>`,
    );
    await peer.gone();
  }, async (client) => {
    await client.connect();
    const ask = () => client.iq(el("iq", { type: "get" }, el("q", {})), { timeoutMs: 50 });
    await assert.rejects(ask(), { code: "stanza-forbidden" });
    await assert.rejects(ask(), { code: "timeout" });
  });
});

Deno.test("requests are answered by hooks, refused by them, or unknown", async () => {
  const answers: string[] = [];
  await meet(async (peer) => {
    await admit(peer);
    for (const [name, ns] of [["ping", NS.ping], ["echo", "urn:e"], ["no", "urn:e"], ["?", "?"]]) {
      const payload = name === "?" ? "<y xmlns='urn:y'/>" : `<${name} xmlns='${ns}'/>`;
      await peer.write(`<iq type='get' id='${name}' from='you@there.test/a'>${payload}</iq>`);
      answers.push(await peer.read(">") + await peer.read(name === "ping" ? "" : "</iq>"));
    }
    await peer.gone();
  }, async (client) => {
    client.hooks.iq("get", "echo", "urn:e", (iq: Element) => el("back", { to: iq.attrs.from }));
    client.hooks.iq("get", "no", "urn:e", () => {
      throw new StanzaError("auth", "forbidden");
    });
    assert.throws(() => client.hooks.iq("get", "no", "urn:e", () => undefined));
    await client.connect();
    while (answers.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  assert.match(answers[0]!, /^<iq type="result" id="ping" to="you@there.test\/a"\/>$/);
  assert.match(answers[1]!, /<back to="you@there.test\/a"\/><\/iq>$/);
  assert.match(answers[2]!, /<error type="auth"><forbidden/);
  assert.match(answers[3]!, /<error type="cancel"><service-unavailable/);
});

Deno.test("only the own server may push to the roster", async () => {
  const answers: string[] = [];
  const item = (jid: string) =>
    `<query xmlns='${NS.roster}'><item jid='${jid}' subscription='both' name='N'/></query>`;
  const push = (from: string, jid: string) => `<iq type='set' id='p' ${from}>${item(jid)}</iq>`;
  await meet(async (peer) => {
    await admit(peer);
    const id = /id="([^"]+)"/.exec(await peer.read("</iq>"))![1];
    await peer.write(`<iq type='result' id='${id}'>${item("old@a.test")}</iq>`);
    await peer.read("<presence/>");
    for (const from of ["mallory@evil.test", `me@${DOMAIN}/other`, DOMAIN, "me@evil.test"]) {
      await peer.write(push(`from='${from}'`, "planted@evil.test"));
      answers.push(await peer.read("</iq>"));
    }
    await peer.write(push("", "friend@a.test") + push(`from='me@${DOMAIN}'`, "second@a.test"));
    await peer.write(
      `<iq type='set' id='r'><query xmlns='${NS.roster}'>` +
        "<item jid='old@a.test' subscription='remove'/></query></iq>",
    );
    await peer.gone();
  }, async (client) => {
    const roster = new Roster(client);
    new Presence(client);
    const removed = new Promise<void>((resolve) =>
      roster.events.on(({ kind }) => kind === "removed" && resolve())
    );
    await client.connect();
    await removed;
    const jids = roster.items().map(({ jid }) => jid.toString());
    assert.deepEqual(jids, ["friend@a.test", "second@a.test"]);
  });
  assert.equal(answers.length, 4);
  for (const answer of answers) assert.match(answer, /type="error".*service-unavailable/);
});

Deno.test("presence follows every resource, and is gone with the connection", async () => {
  const from = (resource: string) => `from='you@there.test/${resource}'`;
  await meet(async (peer, count) => {
    await admit(peer);
    if (count > 1) return await peer.gone();
    await peer.write(
      `<presence ${from("a")}><show>dnd</show><priority>5</priority></presence>` +
        `<presence ${from("b")}><show>nonsense</show><priority>900</priority></presence>` +
        `<presence ${from("c")}/><presence ${from("c")} type='unavailable'/>` +
        "<presence from='not a jid'/><presence from='me@server.test' to='you@else.test'/>" +
        "<message from='you@there.test/a'/>",
    );
    await peer.read("<message");
  }, async (client) => {
    const presence = new Presence(client);
    const told = new Promise<void>((resolve) => client.hooks.message(() => resolve()));
    await client.connect();
    await told;
    const { show, resources } = presence.of("you@there.test");
    assert.equal(show, "online");
    assert.deepEqual(
      resources.map(({ resource, priority }) => [resource, priority]),
      [["b", 127], ["a", 5]],
    );
    const offline = eventOf(client, ({ state }) => state === "offline");
    client.send(el("message"));
    await offline;
    assert.equal(presence.of("you@there.test").show, "offline");
  });
});

Deno.test("disco answers for our node only", async () => {
  const answers: string[] = [];
  await meet(async (peer) => {
    await admit(peer);
    for (const node of ["", " node='urn:app#hash'", " node='urn:else'"]) {
      const query = `<query xmlns='${NS.discoInfo}'${node}/>`;
      await peer.write(`<iq type='get' id='1' from='you@there.test/a'>${query}</iq>`);
      answers.push(await peer.read("</iq>"));
    }
    await peer.gone();
  }, async (client) => {
    new Disco(client, "app", "urn:app");
    await client.connect();
    while (answers.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  assert.match(answers[0]!, /<identity category="client" type="pc" name="app"\/>/);
  assert.match(answers[0]!, /<feature var="urn:xmpp:ping"\/>/);
  assert.match(answers[1]!, /node="urn:app#hash"/);
  assert.match(answers[2]!, /item-not-found/);
});
