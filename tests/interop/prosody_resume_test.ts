import assert from "node:assert/strict";
import {
  type Endpoint,
  type FastToken,
  type TlsTrust,
  XmppClient,
} from "../../daemon/xmpp/client/mod.ts";
import {
  hasProsodyModule,
  type Prosody,
  type ProsodyOptions,
  startProsody,
} from "../../scripts/peers/prosody.ts";
import { cuttingProxy } from "./cutting_proxy.ts";
import { portOf } from "./people.ts";
import { cutAndReturn, listen, message, throughCuts, until } from "./through_cuts.ts";

const ACCOUNTS = { romeo: "pass of romeo", juliet: "pass of juliet" };
const SASL2 = ["sasl2", "sasl2_bind2", "sasl2_fast"];

function skip(reason: string): void {
  if (Deno.env.get("CI")) throw new Error(reason);
  Deno.stderr.writeSync(new TextEncoder().encode(`skipped: ${reason}\n`));
}

async function withProsody(
  options: Partial<ProsodyOptions>,
  use: (prosody: Prosody) => Promise<void>,
): Promise<void> {
  if (options.modules !== undefined && !await hasProsodyModule("sasl2")) {
    return skip("prosody-modules is not installed");
  }
  const prosody = await startProsody({ accounts: ACCOUNTS, hash: "SHA-256", ...options });
  if (prosody === undefined) return skip("Prosody is not installed");
  try {
    await use(prosody);
  } finally {
    await prosody.stop();
  }
}

type Options = Partial<ConstructorParameters<typeof XmppClient>[0]>;

function clientOf(
  prosody: Prosody,
  name: string,
  tls: Endpoint["tls"],
  { port, ...options }: Options & { port?: number } = {},
): XmppClient {
  const trust: TlsTrust = { kind: "pin", pin: prosody.pin };
  const path = "/xmpp-websocket";
  return new XmppClient({
    jid: `${name}@${prosody.domain}`,
    password: `pass of ${name}`,
    endpoints: [{ host: "127.0.0.1", port: port ?? portOf(prosody.ports, tls), tls, path }],
    trust,
    ...options,
  });
}

for (const tls of ["direct", "starttls", "websocket"] as const) {
  Deno.test(`Prosody: 200 messages each way and 5 cuts: none lost, none doubled (${tls})`, async () => {
    await withProsody({}, async (prosody) => {
      const proxy = cuttingProxy(portOf(prosody.ports, tls));
      const romeo = clientOf(prosody, "romeo", tls, { port: proxy.port });
      await throughCuts({ romeo, juliet: clientOf(prosody, "juliet", "direct"), proxy });
    });
  });
}

Deno.test("Prosody: a session it gave up is given back, and nothing of it is sent again", async () => {
  await withProsody({ resumeSeconds: 1 }, async (prosody) => {
    const proxy = cuttingProxy(prosody.ports.direct);
    const romeo = clientOf(prosody, "romeo", "direct", { port: proxy.port });
    const juliet = clientOf(prosody, "juliet", "direct");
    const toJuliet = listen(juliet);
    const back: string[] = [];
    romeo.hooks.unacknowledged((stanzas) => {
      for (const stanza of stanzas) back.push(stanza.getChildText("body")!);
    });
    try {
      await Promise.all([romeo.connect(), juliet.connect()]);
      romeo.send(message(juliet, 1));
      await romeo.confirm();
      proxy.cutAfter(1);
      proxy.cut();
      await until(() => romeo.state !== "online", "the cut");
      // There is still a session: this waits for it.
      romeo.send(message(juliet, 2));
      const refused = assert.rejects(romeo.confirm(), { code: "not-confirmed" });
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      proxy.cutAfter(undefined);
      await romeo.connect().catch(() => {});
      await until(() => romeo.state === "online", "a new session");
      await refused;
      assert.deepEqual(back, ["2"]);
      romeo.send(message(juliet, 3));
      await romeo.confirm();
      await until(() => toJuliet.includes(3), "the last message");
      assert.deepEqual(toJuliet, [1, 3]);
    } finally {
      await Promise.all([romeo.close(), juliet.close()]);
      await proxy.stop();
    }
  });
});

Deno.test("Prosody: SCRAM bound to the connection, by SASL and by SASL2 with Bind 2", async () => {
  for (const modules of [undefined, SASL2]) {
    const options = { backports: true, ...(modules === undefined ? {} : { modules }) };
    await withProsody(options, async (prosody) => {
      for (const tls of ["direct", "starttls", "websocket"] as const) {
        const romeo = clientOf(prosody, "romeo", tls);
        try {
          await romeo.connect();
          assert.equal(romeo.login?.mechanism, "SCRAM-SHA-256-PLUS");
          assert.equal(romeo.login.channelBound, true);
          assert.equal(romeo.jid.resource.startsWith("simppd~"), modules !== undefined);
          await romeo.confirm();
        } finally {
          await romeo.close();
        }
        const wrong = clientOf(prosody, "romeo", tls, { password: "wrong" } as Options);
        await assert.rejects(wrong.connect(), { code: "bad-password" });
        await wrong.close();
      }
    });
  }
});

Deno.test("Prosody: a token resumes the session; one it does not know is forgotten", async () => {
  await withProsody({ backports: true, modules: SASL2 }, async (prosody) => {
    let kept: FastToken | undefined;
    const tokens = { load: () => kept, save: (token?: FastToken) => void (kept = token) };
    const clientId = crypto.randomUUID();
    const proxy = cuttingProxy(prosody.ports.direct);
    const romeo = clientOf(prosody, "romeo", "direct", { port: proxy.port, tokens, clientId });
    try {
      await romeo.connect();
      assert.equal(romeo.login?.mechanism, "SCRAM-SHA-256-PLUS");
      assert.equal(kept?.mechanism, "HT-SHA-256-ENDP");
      const address = romeo.jid.toString();
      await cutAndReturn(romeo, proxy);
      assert.equal(romeo.login?.mechanism, "HT-SHA-256-ENDP");
      assert.equal(romeo.jid.toString(), address);
      await romeo.close();

      const again = clientOf(prosody, "romeo", "direct", { tokens, clientId });
      await again.connect();
      assert.equal(again.login?.mechanism, "HT-SHA-256-ENDP");
      await again.close();

      kept = { ...kept!, token: "not the one" };
      const third = clientOf(prosody, "romeo", "direct", { tokens, clientId });
      await third.connect();
      assert.equal(third.login?.mechanism, "SCRAM-SHA-256-PLUS");
      assert.notEqual(kept.token, "not the one");
      await third.close();
    } finally {
      await romeo.close();
      await proxy.stop();
    }
  });
});

Deno.test("Prosody: a login cut anywhere ends in a clear error, and the next one works", async () => {
  await withProsody({ backports: true, modules: SASL2 }, async (prosody) => {
    const proxy = cuttingProxy(prosody.ports.direct);
    try {
      for (let bytes = 1; bytes < 4_000; bytes = Math.ceil(bytes * 1.4)) {
        proxy.cutAfter(bytes);
        const romeo = clientOf(prosody, "romeo", "direct", { port: proxy.port });
        const outcome = await romeo.connect().then(() => "online", ({ code }) => code);
        assert.match(outcome, /^(connection-lost|tls-failed|online)$/, String(bytes));
        await romeo.close();
      }
      proxy.cutAfter(undefined);
      const romeo = clientOf(prosody, "romeo", "direct", { port: proxy.port });
      await romeo.connect();
      await romeo.close();
    } finally {
      await proxy.stop();
    }
  });
});
