import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import type { IceServer } from "../p2p/mod.ts";
import { el, type Element, Jid, NS, StanzaError } from "../xmpp/core/mod.ts";
import type { XmppClient } from "../xmpp/client/mod.ts";
import { CallServers, openCallEndpoint } from "./call_servers.ts";

const HOSTS = ["127.0.0.1"];

/** What {@link CallServers} uses of a client, answered by `answer`. */
function client(answer: (request: Element) => Element, state = "online") {
  const takers: ((iq: Element) => void)[] = [];
  const asked: string[] = [];
  const made = {
    state,
    jid: Jid.parse("alice@home.test/phone"),
    hooks: { iq: (...[, , , take]: unknown[]) => takers.push(take as (iq: Element) => void) },
    iq: (request: Element, { to }: { to: string }) => {
      const [child] = request.getChildElements();
      asked.push(`${to} ${child!.getName()}`);
      return Promise.try(() => el("iq", {}, answer(child!)));
    },
  };
  const push = (iq: Element) => takers.forEach((take) => take(iq));
  return { made: made as unknown as XmppClient, asked, push };
}

const service = (attrs: Record<string, string>) =>
  el("service", { host: "turn.home.test", port: "3478", ...attrs });
const secret = { username: "1:a", password: "b" };

Deno.test("servers for calls are those of the account's server, over UDP, with their secrets", async () => {
  const { made, asked, push } = client((request) =>
    request.getName() === "credentials"
      ? el("credentials", { xmlns: NS.externalServices }, service({ type: "turn", ...secret }))
      : el(
        "services",
        { xmlns: NS.externalServices },
        service({ type: "stun" }),
        service({ type: "turn", restricted: "1" }),
        service({ type: "turn", transport: "tcp", ...secret }),
        service({ type: "turns", ...secret }),
        service({ type: "turn", ...secret, expires: "2001-01-01T00:00:00Z" }),
        service({ type: "turn", host: "[2001:db8::1]x", ...secret }),
      )
  );
  const named: IceServer = { kind: "stun", host: "stun.test", port: 1 };
  const servers = new CallServers([named]);
  assert.deepEqual(await servers.list(), [named]);
  servers.attach(made);
  const place = { host: "turn.home.test", port: 3478 };
  const expected = [
    named,
    { kind: "stun", ...place },
    { kind: "turn", ...place, credentials: secret },
  ];
  assert.deepEqual(await servers.list(), expected);
  assert.deepEqual(await servers.list(), expected);
  assert.deepEqual(asked, ["home.test services", "home.test credentials"]);
  // The server says that they changed: asked again; a stranger who says so is refused.
  const changed = (from: string) =>
    el("iq", { from }, el("services", { xmlns: NS.externalServices }));
  assert.throws(() => push(changed("mallory@home.test")), StanzaError);
  await servers.list();
  assert.equal(asked.length, 2);
  push(changed("home.test"));
  await servers.list();
  assert.equal(asked.length, 4);
});

Deno.test("what a server names without end is cut, and what runs out soon is asked anew", async () => {
  const soon = new Date(Date.now() + 60_000).toISOString();
  const { made, asked } = client(() =>
    el(
      "services",
      { xmlns: NS.externalServices },
      ...Array.from({ length: 200 }, (_, i) =>
        service({ type: "turn", host: `t${i}.test`, ...secret, expires: soon })),
    )
  );
  const servers = new CallServers();
  servers.attach(made);
  assert.equal((await servers.list()).length, 4);
  await servers.list();
  assert.equal(asked.length, 2);
});

Deno.test("nothing is asked of a server that is not there", async () => {
  const { made, asked } = client(() => el("services", {}), "offline");
  const servers = new CallServers();
  servers.attach(made);
  assert.deepEqual(await servers.list(), []);
  assert.deepEqual(asked, []);
});

Deno.test("whether there is a relay is known before anybody relies on one", async () => {
  const servers = new CallServers();
  await servers.needRelay();
  assert.equal(servers.relay, null, "nobody was asked");
  const answer = (...services: Element[]) => () =>
    el("services", { xmlns: NS.externalServices }, ...services);
  servers.attach(client(answer(service({ type: "stun" }))).made);
  await assert.rejects(servers.needRelay(), { code: "no-relay" });
  assert.equal(servers.relay, false);
  servers.attach(client(answer(service({ type: "turn", ...secret }))).made);
  assert.equal(servers.relay, null);
  await servers.needRelay();
  assert.equal(servers.relay, true);
});

Deno.test("a call goes without servers where none answers, and not at all through a relay only", async () => {
  const silent = createSocket("udp4");
  await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", () => resolve()));
  const { port } = silent.address();
  const turn: IceServer = { kind: "turn", host: "127.0.0.1", port, credentials: secret };
  const lists = [
    () => Promise.resolve([]),
    () => Promise.resolve([turn]),
    () => Promise.reject(new Error("no answer")),
    () => new Promise<IceServer[]>(() => {}),
  ];
  await Promise.all(lists.map(async (list) => {
    const endpoint = await openCallEndpoint({ list }, "any", HOSTS);
    assert.deepEqual(endpoint.candidates.map(({ kind }) => kind), ["loopback"]);
    await endpoint.close();
    await assert.rejects(openCallEndpoint({ list }, "relay-only", HOSTS), { code: "no-relay" });
  }));
  await new Promise<void>((resolve) => silent.close(() => resolve()));
});
