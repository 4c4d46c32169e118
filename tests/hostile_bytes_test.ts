import assert from "node:assert/strict";
import { concat, utf8 } from "../daemon/base/mod.ts";
import { XmppClient } from "../daemon/xmpp/client/mod.ts";
import { admit, DOMAIN, PASSWORD, scriptedServer } from "../daemon/xmpp/client/testing.ts";
import { LIMITS_OF_SERVER, NS } from "../daemon/xmpp/core/mod.ts";
import { testOptions, withSqliteServer } from "../daemon/xmpp/server/testing.ts";
import { WirePeer } from "./fuzz/wire_peer.ts";

const raw = (before: string, bytes: number[], after = "") =>
  concat(utf8(before), Uint8Array.from(bytes), utf8(after));
const MALFORMED = /^not-well-formed$/;
const RESTRICTED = /^restricted-xml$/;
const POLICY = /^policy-violation$/;
/** The same at a client: past its last limit, where a comment begins, or behind the stanza. */
const PASSED = /^(policy-violation|restricted-xml|bad-format)$/;
/** Text that goes on past the most that a client passes over. */
const MORE = utf8("x".repeat(LIMITS_OF_SERVER.passedOver));
/** Which comes first differs: the parser refuses what it knows is wrong before we see what it is. */
const EITHER = /^(not-well-formed|restricted-xml)$/;

/** What is hostile on either side of a stream, and the error it ends with. */
const HOSTILE: [string, string | Uint8Array, RegExp][] = [
  ["a comment", "<!-- hidden -->", RESTRICTED],
  ["a comment in a stanza", "<message><!-- x --></message>", RESTRICTED],
  ["a stanza hidden in what looks like a tag", "<! ><message/>-->", MALFORMED],
  ["a comment that never ends", `<!--${"x".repeat(2_300_000)}`, POLICY],
  ["a processing instruction", "<?php echo ?>", RESTRICTED],
  ["a processing instruction in a stanza", "<message><?x y?></message>", RESTRICTED],
  ["a second XML declaration", "<?xml version='1.0'?>", EITHER],
  ["a document type", "<!DOCTYPE lolz>", EITHER],
  ["a document type with entities", `<!DOCTYPE l [<!ENTITY a "b">]><message>&a;</message>`, EITHER],
  ["an unknown entity", "<message><body>&lol;</body></message>", MALFORMED],
  ["an entity in an attribute", "<message to='&lol;'/>", MALFORMED],
  ["an entity whose name never ends", `<message>&${"l".repeat(2_300_000)}`, POLICY],
  ["a reference to a character that is none", "<message>&#xD800;</message>", MALFORMED],
  ["a reference to a control character", "<message>&#1;</message>", MALFORMED],
  ["a control character", "<message><body>\u0001</body></message>", MALFORMED],
  ["a control character in an attribute", "<message to='\u0002'/>", MALFORMED],
  ["a zero byte", raw("<message><body>", [0], "</body></message>"), MALFORMED],
  ["U+FFFF", "<message><body>\uFFFF</body></message>", MALFORMED],
  ["bad UTF-8", raw("<message>", [0xc3, 0x28], "</message>"), MALFORMED],
  ["overlong UTF-8", raw("<message>", [0xc0, 0xaf], "</message>"), MALFORMED],
  ["a surrogate in UTF-8", raw("<message>", [0xed, 0xa0, 0x80], "</message>"), MALFORMED],
  ["UTF-8 past U+10FFFF", raw("<message>", [0xf4, 0x90, 0x80, 0x80], "</message>"), MALFORMED],
  ["UTF-16", raw("", [0xfe, 0xff, 0, 0x3c, 0, 0x61]), MALFORMED],
  ["a duplicate attribute", "<message to='a' to='b'/>", MALFORMED],
  [
    "an attribute twice under two prefixes of one namespace",
    "<message xmlns:a='u' xmlns:b='u' a:x='1' b:x='2'/>",
    MALFORMED,
  ],
  ["an attribute without quotes", "<message to=a/>", MALFORMED],
  ["an attribute without a value", "<message to/>", MALFORMED],
  ["< in an attribute", "<message to='<'/>", MALFORMED],
  ["an unknown prefix", "<x:message/>", MALFORMED],
  ["an unknown prefix of an attribute", "<message x:to='a'/>", MALFORMED],
  ["a prefix that is no namespace", "<message xmlns:a=''/>", MALFORMED],
  ["another namespace for xmlns", "<message xmlns:xmlns='u'/>", MALFORMED],
  ["another namespace for xml", "<message xmlns:xml='u'/>", MALFORMED],
  ["a name that begins with a digit", "<1message/>", MALFORMED],
  ["a closing tag of another name", "<message></presence>", MALFORMED],
  ["closing tags in the wrong order", "<message><a><b></a></b></message>", MALFORMED],
  ["]]> in text", "<message>]]></message>", MALFORMED],
  ["CDATA between stanzas", "<![CDATA[x]]>", /^bad-format$/],
  ["text between stanzas", "hello<presence/>", /^bad-format$/],
  ["elements too deep", "<a>".repeat(40_000), POLICY],
  ["too many attributes", `<message ${attributes(400)}/>`, POLICY],
  ["too many namespaces", `<message ${attributes(400, "xmlns:")}/>`, POLICY],
  ["too many children", `<message>${"<a/>".repeat(25_000)}</message>`, POLICY],
  ["a stanza too long", `<message><body>${"x".repeat(2_300_000)}`, POLICY],
  ["a tag's name that never ends", "<" + "x".repeat(2_300_000), POLICY],
  ["an attribute's value that never ends", "<message to='" + "x".repeat(2_300_000), POLICY],
  ["CDATA that never ends", `<message><![CDATA[${"x".repeat(2_300_000)}`, POLICY],
  ["a namespace to be spelt often", spelling(), POLICY],
];

function attributes(count: number, prefix = ""): string {
  return Array.from({ length: count }, (_, i) => `${prefix}a${i}='u'`).join(" ");
}

/** 200 kB that are 100 MB when each element says its namespace. */
function spelling(): string {
  return `<message xmlns:p='${"u".repeat(100_000)}'>${"<p:a/><b/>".repeat(9_000)}</message>`;
}

Deno.test("what is hostile to a server ends its own stream with an error, and no other", async (t) => {
  await withSqliteServer(async (bed) => {
    const witness = await bed.online("witness");
    for (const [what, bytes, condition] of HOSTILE) {
      await t.step(what, async () => {
        const alice = await bed.login("alice");
        await alice.write(bytes).catch(() => {});
        assert.match(await alice.streamError(), condition);
        await witness.settle();
      });
    }
    // A second root: what stands behind the end of the stream is nobody's.
    const last = await bed.login("alice");
    await last.write(`</stream:stream><message to='${witness.jid}'><body>late</body></message>`);
    await last.ended;
    assert.deepEqual(await witness.settle(), []);
    assert.equal((await bed.server.stats()).sessions, 1);
  }, { bytesPerSecond: 1e9, burstBytes: 1e9 });
});

Deno.test("what is hostile before login ends its own stream too", async (t) => {
  await withSqliteServer(async (bed) => {
    const { certificatePem } = await testOptions();
    for (const [what, bytes] of HOSTILE) {
      await t.step(what, async () => {
        const peer = await WirePeer.secure(bed.server.port, certificatePem);
        await peer.write(
          `<stream:stream to='test.simppd' version='1.0' xmlns='${NS.client}' ` +
            `xmlns:stream='${NS.stream}'>`,
        );
        await peer.write(bytes);
        await peer.ended;
        assert.deepEqual([peer.malformed, peer.errors.length, peer.closed], [undefined, 1, true]);
        await peer.close();
      });
    }
  }, { bytesPerSecondBeforeAuth: 1e9, burstBytesBeforeAuth: 1e9 });
});

Deno.test("what is hostile to a client ends its connection, and reaches nobody in it", async (t) => {
  let attack: string | Uint8Array = "";
  const errors: string[] = [];
  const server = await scriptedServer("direct", async (peer) => {
    await admit(peer);
    if (attack === "") return await peer.gone();
    // A client passes over what is past a limit, up to one; then it is as wrong as all the rest.
    for (const bytes of [attack, MORE]) await peer.write(bytes).catch(() => {});
    await peer.gone();
    errors.push(/<stream:error[^>]*><([a-z-]+)/.exec(peer.heard)?.[1] ?? "none");
  });
  const seen: string[] = [];
  const client = new XmppClient({
    jid: `me@${DOMAIN}`,
    password: PASSWORD,
    endpoints: [server.endpoint],
    trust: { kind: "pin", pin: server.certificate.pin },
  });
  client.hooks.message((stanza) => void seen.push(stanza.name));
  try {
    for (const [what, bytes, condition] of HOSTILE) {
      await t.step(what, async () => {
        attack = bytes;
        const before = errors.length;
        await client.connect().catch(() => {});
        for (let i = 0; i < 1_000 && errors.length === before; i++) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await client.close();
        assert.match(errors[before] ?? "nothing came", condition === POLICY ? PASSED : condition);
      });
    }
    attack = "";
    await client.connect();
    assert.equal(client.state, "online");
    assert.deepEqual(seen, []);
  } finally {
    await client.close();
    await server.stop();
  }
});
