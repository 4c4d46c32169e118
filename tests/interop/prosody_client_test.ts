import assert from "node:assert/strict";
import {
  archivePreferences,
  type Endpoint,
  registerByInvitation,
  setArchivePreferences,
  type TlsTrust,
  XmppClient,
} from "../../daemon/xmpp/client/mod.ts";
import { el } from "../../daemon/xmpp/core/mod.ts";
import { type Prosody, startProsody } from "../../scripts/peers/prosody.ts";
import { befriend, person, portOf, publish, talk } from "./people.ts";

type Hash = "SHA-1" | "SHA-256";

async function withProsody(
  hash: Hash,
  use: (prosody: Prosody) => Promise<void>,
  archive = false,
): Promise<void> {
  const accounts = { romeo: "pass of romeo", juliet: "pass of juliet" };
  const prosody = await startProsody({ accounts, hash, archive });
  if (prosody === undefined) {
    if (Deno.env.get("CI")) throw new Error("Prosody is not installed");
    Deno.stderr.writeSync(new TextEncoder().encode("skipped: Prosody is not installed\n"));
    return;
  }
  try {
    await use(prosody);
  } finally {
    await prosody.stop();
  }
}

function endpoint({ ports }: Prosody, tls: Endpoint["tls"]): Endpoint {
  return { host: "127.0.0.1", port: portOf(ports, tls), tls, path: "/xmpp-websocket" };
}

const SHOWN: { hash: Hash; tls: Endpoint["tls"]; trust: (prosody: Prosody) => TlsTrust }[] = [
  { hash: "SHA-1", tls: "direct", trust: ({ pin }) => ({ kind: "pin", pin }) },
  { hash: "SHA-256", tls: "starttls", trust: ({ caPem }) => ({ kind: "ca", extra: [caPem] }) },
];

for (const { hash, tls, trust } of SHOWN) {
  Deno.test(`client and Prosody: two befriend, talk and publish (${tls}, ${hash})`, async () => {
    await withProsody(hash, async (prosody) => {
      const who = (name: string) =>
        person(prosody.domain, name, endpoint(prosody, tls), trust(prosody));
      const romeo = who("romeo");
      const juliet = who("juliet");
      try {
        await Promise.all([romeo.client.connect(), juliet.client.connect()]);
        await befriend(romeo, juliet);
        await talk(romeo, juliet);
        await publish(romeo, juliet);
      } finally {
        await Promise.all([romeo.client.close(), juliet.client.close()]);
      }
    });
  });
}

Deno.test("client and Prosody: wrong password, pin, authority; an invitation; a stranger's PEP", async () => {
  await withProsody("SHA-1", async (prosody) => {
    const { domain } = prosody;
    const pinned: TlsTrust = { kind: "pin", pin: prosody.pin };
    const refusal = async (tls: Endpoint["tls"], trust: TlsTrust, password: string) => {
      const client = new XmppClient({
        jid: `romeo@${domain}`,
        password,
        endpoints: [endpoint(prosody, tls)],
        trust,
      });
      const code = await client.connect().then(() => "online", (error) => error.code);
      assert.equal(client.state, "failed");
      await client.close();
      return code;
    };
    for (const tls of ["direct", "starttls"] as const) {
      assert.equal(await refusal(tls, pinned, "wrong"), "bad-password");
      assert.equal(await refusal(tls, { kind: "ca" }, "x"), "untrusted-certificate");
      const other: TlsTrust = { kind: "pin", pin: "A".repeat(43) };
      assert.equal(await refusal(tls, other, "x"), "untrusted-certificate");
    }

    const invited = {
      domain,
      endpoints: [endpoint(prosody, "starttls")],
      trust: pinned,
      token: await prosody.invite(),
      username: "mercutio",
      password: "pass of mercutio",
    };
    await assert.rejects(registerByInvitation({ ...invited, username: "romeo" }), {
      code: "username-taken",
    });
    await registerByInvitation(invited);
    await assert.rejects(registerByInvitation({ ...invited, username: "tybalt" }), {
      code: "invitation-used",
    });

    const mercutio = person(domain, "mercutio", endpoint(prosody, "direct"), pinned);
    const romeo = person(domain, "romeo", endpoint(prosody, "starttls"), pinned);
    try {
      await Promise.all([mercutio.client.connect(), romeo.client.connect()]);
      const thing = el("thing", { xmlns: "urn:example:open" });
      await romeo.pep.publish("urn:example:open", "a", thing, { accessModel: "open" });
      const items = await mercutio.pep.fetch(romeo.client.jid, "urn:example:open");
      assert.deepEqual(items.map(({ id }) => id), ["a"]);
    } finally {
      await Promise.all([mercutio.client.close(), romeo.client.close()]);
    }
  });
});

for (const archive of [true, false]) {
  Deno.test(`client and Prosody: what ${archive ? "an" : "no"} archive keeps`, () =>
    withProsody("SHA-256", async (prosody) => {
      const trust: TlsTrust = { kind: "pin", pin: prosody.pin };
      const { client } = person(prosody.domain, "romeo", endpoint(prosody, "direct"), trust);
      try {
        await client.connect();
        if (!archive) {
          await assert.rejects(archivePreferences(client), { code: "no-archive-preferences" });
          return;
        }
        const wanted = {
          default: "roster",
          always: [`juliet@${prosody.domain}`],
          never: ["eve@x.test"],
        } as const;
        assert.deepEqual(await setArchivePreferences(client, wanted), wanted);
        assert.deepEqual(await archivePreferences(client), wanted);
      } finally {
        await client.close();
      }
    }, archive));
}
