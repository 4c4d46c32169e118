import assert from "node:assert/strict";
import { toBase64, utf8 } from "../../base/mod.ts";
import { el, type Element, LIMITS_OF_SERVER, NS } from "../core/mod.ts";
import { type TlsTrust, XmppClient } from "./mod.ts";
import type { Endpoint } from "./endpoints.ts";
import {
  admit,
  type Cheats,
  DOMAIN,
  features,
  mechanisms,
  PASSWORD,
  type Script,
  type ScriptedPeer,
  scriptedServer,
  TLS_FEATURES,
} from "./testing.ts";

type Server = Awaited<ReturnType<typeof scriptedServer>>;
type Kind = TlsTrust["kind"];

function trustOf({ certificate }: Server, kind: Kind): TlsTrust {
  return kind === "pin" ? { kind, pin: certificate.pin } : { kind, extra: [certificate.caPem] };
}

/** Connects once to a server that plays `script`, and gives the code of the refusal. */
async function refusal(
  tls: Endpoint["tls"],
  script: Script,
  { kind = "pin", trust, jid = `me@${DOMAIN}` }: { kind?: Kind; trust?: TlsTrust; jid?: string } =
    {},
): Promise<{ code: string; state: string; server: Server }> {
  const server = await scriptedServer(tls, script);
  const client = new XmppClient({
    jid,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: trust ?? trustOf(server, kind),
  });
  try {
    const code = await client.connect().then(() => "online", (error) => error.code as string);
    return { code, state: client.state, server };
  } finally {
    await client.close();
    await server.stop();
  }
}

for (const kind of ["pin", "ca"] as const) {
  Deno.test(`a server that strips STARTTLS hears nothing but the header (${kind})`, async () => {
    const answers: Script[] = [
      async (peer) => await peer.write(mechanisms("SCRAM-SHA-256", "PLAIN")),
      async (peer) => {
        await peer.write(TLS_FEATURES);
        await peer.read("<starttls");
        await peer.write(`<failure xmlns='${NS.tls}'/></stream:stream>`);
      },
      async (peer) => {
        await peer.write(TLS_FEATURES);
        await peer.read("<starttls");
        await peer.write(mechanisms("PLAIN"));
      },
      async (peer) => await peer.write("<stream:stream></x>"),
      async (peer) => await peer.write("x".repeat(50_000)),
    ];
    for (const answer of answers) {
      let heard = "";
      const { code, state } = await refusal("starttls", async (peer) => {
        await peer.read("<stream:stream");
        await answer(peer, 1);
        await peer.gone();
        heard = peer.heard;
      }, { kind });
      assert.match(code, /^(starttls-missing|stream-not-well-formed)$/);
      assert.notEqual(state, "online");
      assert.doesNotMatch(heard, /auth|me@|pencil/);
    }
  });

  Deno.test(`what was injected in clear is never read as encrypted (${kind})`, async () => {
    const injected = mechanisms("PLAIN") + "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>" +
      features(`<bind xmlns='${NS.bind}'/>`);
    const inOneSegment: Script = async (peer) => {
      await peer.read("<stream:stream");
      await peer.write(TLS_FEATURES);
      await peer.read("/>");
      await peer.startTls(`<proceed xmlns='${NS.tls}'/>${injected}`);
      await peer.gone();
    };
    const inTheNext: Script = async (peer) => {
      await peer.read("<stream:stream");
      await peer.write(TLS_FEATURES);
      await peer.read("/>");
      await peer.write(`<proceed xmlns='${NS.tls}'/>`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await peer.startTls(injected);
      await peer.gone();
    };
    for (const script of [inOneSegment, inTheNext]) {
      const server = await scriptedServer("starttls", script);
      const clients = Array.from({ length: 20 }, () =>
        new XmppClient({
          jid: `me@${DOMAIN}`,
          password: PASSWORD,
          endpoints: [server.endpoint],
          trust: trustOf(server, kind),
        }));
      const codes = await Promise.all(
        clients.map((client) => client.connect().then(() => "online", (error) => error.code)),
      );
      await Promise.all(clients.map((client) => client.close()));
      await server.stop();
      for (const code of codes) assert.match(code, /^(starttls-injected|tls-failed)$/);
    }
  });
}

Deno.test("a server that offers only PLAIN learns nothing", async () => {
  for (const offered of [["PLAIN"], ["PLAIN", "DIGEST-MD5", "EXTERNAL"], []]) {
    let heard = "";
    const { code, state } = await refusal("direct", async (peer) => {
      await peer.read("<stream:stream");
      await peer.write(mechanisms(...offered));
      await peer.gone();
      heard = peer.heard;
    });
    assert.deepEqual([code, state], ["no-safe-login", "failed"]);
    assert.doesNotMatch(heard, /<auth/);
  }
});

Deno.test("a server that does not prove itself is left", async () => {
  const cheats: Cheats[] = [
    { proof: () => `v=${toBase64(new Uint8Array(32))}` },
    { proof: () => "" },
    { proof: () => "e=no" },
    { challenge: (honest) => honest.replace("i=4096", "i=1") },
    { challenge: (honest) => honest.replace("i=4096", "i=100000000") },
    { challenge: (honest) => honest.replace(/^r=./, "r=\u0021") },
  ];
  for (const cheat of cheats) {
    let bound = false;
    const { code, state } = await refusal("direct", async (peer) => {
      await admit(peer, cheat);
      bound = true;
    });
    assert.deepEqual([code, state, bound], ["server-not-proven", "failed", false]);
  }
});

Deno.test("a server that skips the proof by a bare success is left", async () => {
  const { code } = await refusal("direct", async (peer) => {
    await peer.read("<stream:stream");
    await peer.write(mechanisms("SCRAM-SHA-256"));
    await peer.read("</auth>");
    await peer.write(`<success xmlns='${NS.sasl}'/>`);
    await peer.gone();
  });
  assert.equal(code, "login-refused");
});

Deno.test("a wrong certificate or pin ends it before a byte of ours is sent", async () => {
  const wrong: { trust?: TlsTrust; kind?: Kind; jid?: string }[] = [
    { trust: { kind: "ca" } },
    { trust: { kind: "pin", pin: "A".repeat(43) } },
    { trust: { kind: "pin", pin: "AAAA" } },
    // Right authority, wrong domain: the host dialled is the same.
    { kind: "ca", jid: "me@other.test" },
  ];
  for (const options of wrong) {
    for (const tls of ["direct", "starttls"] as const) {
      let heard = "";
      const { code, state } = await refusal(tls, async (peer) => {
        if (tls === "starttls") {
          await peer.read("<stream:stream");
          await peer.write(TLS_FEATURES);
          await peer.read("/>");
          await peer.startTls(`<proceed xmlns='${NS.tls}'/>`);
        }
        await peer.gone();
        heard = peer.heard;
      }, options);
      assert.deepEqual([code, state], ["untrusted-certificate", "failed"], JSON.stringify(options));
      assert.equal(heard, "");
    }
  }
});

Deno.test("a stanza past the limits ends no stream: it is passed over, counted, and no answer", async () => {
  const long = "x".repeat(LIMITS_OF_SERVER.bytes + 1);
  const many = Array.from({ length: 300 }, (_, i) => `a${i}='${i}'`).join(" ");
  const enabled = `<enabled xmlns='${NS.streamManagement}' id='one' resume='true'/>`;
  const server = await scriptedServer("direct", async (peer) => {
    await admit(peer, { features: `<sm xmlns='${NS.streamManagement}'/>` });
    await peer.read("<enable");
    await peer.write(enabled);
    const request = await peer.read("<list/>");
    const id = /id="([^"]+)"[^>]*><list/.exec(request)![1]!;
    const to = `me@${DOMAIN}`;
    const large = [
      `<message from='a@b.test'><body>${long}</body></message>`,
      `<message from='a@b.test'>${"<a>".repeat(5_000)}${"</a>".repeat(5_000)}</message>`,
      `<message from='a@b.test'><body ${many}/>no</message>`,
      `<message from='a@b.test' ${many}/>`,
      `<message from='a@b.test' ${many}><body>no</body></message>`,
      `<presence from='a@b.test/c'><status>${"&lt;".repeat(600_000)}</status></presence>`,
      `<iq type='result' from='room@c.test' to='${to}' id='${id}'>` +
      `<list>${"<item/>".repeat(30_000)}</list></iq>`,
    ];
    await peer.write(large.join(""));
    await peer.write(`<message from='a@b.test'><body>after</body></message>`);
    await peer.write(`<r xmlns='${NS.streamManagement}'/>`);
    await peer.read(`h="${large.length + 1}"`);
    await peer.gone();
  });
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: trustOf(server, "pin"),
  });
  const { promise: after, resolve } = Promise.withResolvers<Element>();
  client.hooks.message((stanza) => void resolve(stanza));
  client.hooks.presence(() => assert.fail("nothing is left to say who is there"));
  try {
    await client.connect();
    const list = el("iq", { type: "get" }, el("list"));
    await assert.rejects(client.iq(list, { to: "room@c.test" }), {
      code: "stanza-policy-violation",
    });
    assert.equal((await after).getChildText("body"), "after");
    assert.equal(client.state, "online");
    assert.equal(server.connections(), 1);
  } finally {
    await client.close();
    await server.stop();
  }
});

Deno.test("hostile XML ends the connection with its error and reaches no hook", async () => {
  const hostile: [string | Uint8Array, string][] = [
    [`<message><body>${"x".repeat(LIMITS_OF_SERVER.passedOver + 1)}`, "policy-violation"],
    [`<message a='${"x".repeat(LIMITS_OF_SERVER.bytes + 1)}`, "policy-violation"],
    [Uint8Array.of(0x3c, 0x61, 0x3e, 0xc3, 0x28), "not-well-formed"],
    ["<!DOCTYPE a [<!ENTITY b 'c'>]><message/>", "not-well-formed|restricted-xml"],
    ["<message><!-- x --></message>", "restricted-xml"],
    ["<message><?x y?></message>", "restricted-xml"],
    ["<message></presence>", "not-well-formed"],
    ["<message a='1' a='2'/>", "not-well-formed"],
    ["<message><p:x/></message>", "not-well-formed"],
  ];
  let said = "";
  const server = await scriptedServer("direct", async (peer, count) => {
    await admit(peer);
    const attack = hostile[count - 1]?.[0];
    if (attack !== undefined) await peer.write(attack);
    await peer.gone();
    said += `${count}:${/<stream:error[^>]*><([a-z-]+)/.exec(peer.heard)?.[1]} `;
  });
  const seen: string[] = [];
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: trustOf(server, "pin"),
  });
  client.hooks.message((stanza) => void seen.push(stanza.name));
  try {
    for (let count = 1; count <= hostile.length; count++) {
      await client.connect().catch(() => {});
      while (server.connections() < count || !said.includes(`${count}:`)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assert.match(said, new RegExp(`${count}:(${hostile[count - 1]![1]}) `));
      await client.close();
    }
    await client.connect();
    assert.equal(client.state, "online");
    assert.deepEqual(seen, []);
  } finally {
    await client.close();
    await server.stop();
  }
});

Deno.test("UTF-8 cut across segments arrives whole", async () => {
  const text = "Grüße, 世界 👋🏽";
  const server = await scriptedServer("direct", async (peer: ScriptedPeer) => {
    await admit(peer);
    for (const byte of utf8(`<message><body>${text}</body></message>`)) {
      await peer.write(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await peer.gone();
  });
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: trustOf(server, "ca"),
  });
  const body = new Promise<string | null>((resolve) =>
    client.hooks.message((stanza) => resolve(stanza.getChildText("body")))
  );
  try {
    await client.connect();
    assert.equal(await body, text);
  } finally {
    await client.close();
    await server.stop();
  }
});
