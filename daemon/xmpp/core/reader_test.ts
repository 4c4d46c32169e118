import assert from "node:assert/strict";
import fc from "fast-check";
import { concat, utf8 } from "../../base/mod.ts";
import {
  type Element,
  LIMITS_AFTER_AUTH,
  LIMITS_BEFORE_AUTH,
  LIMITS_OF_SERVER,
  MAX_DEPTH,
  NS,
  parseElement,
  type ReaderLimits,
  serialise,
  StreamReader,
} from "./mod.ts";

const HEADER = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' " +
  "xmlns:stream='http://etherx.jabber.org/streams' from='a.test' id='7' version='1.0'>";

function collect(limits: ReaderLimits = LIMITS_BEFORE_AUTH) {
  const opened: Record<string, string>[] = [];
  const stanzas: Element[] = [];
  let closed = 0;
  const reader: StreamReader = new StreamReader({
    onOpen: (attrs) => opened.push(attrs),
    onStanza: (stanza) => {
      stanzas.push(stanza);
      if (stanza.is("restart")) reader.restart();
      if (stanza.is("stop")) reader.stop();
    },
    onClose: () => closed++,
  }, limits);
  const write = (text: string) => reader.write(utf8(text));
  return { opened, stanzas, reader, write, closed: () => closed };
}

function refuses(text: string, condition: string, limits?: ReaderLimits) {
  const it = collect(limits);
  it.write(HEADER);
  assert.throws(() => it.write(text), { condition }, text.slice(0, 80));
  const had = it.stanzas.length;
  it.write("<after/>");
  assert.equal(it.stanzas.length, had, "nothing is read after an error");
  return it.stanzas;
}

Deno.test("StreamReader reads header, stanzas and end", () => {
  const it = collect();
  it.write(HEADER + "<message to='b'><body>a&amp;b<![CDATA[<c>]]></body></message> <presence/>");
  assert.equal(it.opened[0]?.from, "a.test");
  assert.equal(it.opened[0]?.xmlns, NS.client);
  assert.deepEqual(it.stanzas.map((s) => s.getName()), ["message", "presence"]);
  assert.equal(it.stanzas[0]!.getChildText("body"), "a&b<c>");
  assert.equal(it.stanzas[0]!.getNS(), NS.client);
  it.write("</stream:stream>");
  assert.equal(it.closed(), 1);
});

Deno.test("StreamReader refuses names so short and namespaces so long that writing them explodes", () => {
  const long = `urn:${"x".repeat(4_000)}`;
  const few = collect();
  few.write(`${HEADER}<message xmlns:p='${long}'><p:a/><p:b/></message>`);
  assert.equal(few.stanzas[0]!.getChildElements()[1]!.getNS(), long);
  for (
    const inside of [
      "<p:a/>".repeat(50),
      "<a p:b=''/>".repeat(50),
      `<p:a>${"<b xmlns='urn:b'><p:c/></b>".repeat(50)}</p:a>`,
    ]
  ) refuses(`<message xmlns:p='${long}'>${inside}</message>`, "policy-violation");
  const inherited = "<p:a><b/></p:a>".repeat(50);
  refuses(`<x xmlns='${long}' xmlns:p='urn:p'>${inherited}</x>`, "policy-violation");
});

Deno.test("StreamReader gives prefixed elements their namespace, and none its absence", () => {
  const it = collect();
  it.write(
    HEADER + "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" +
      "<p:x xmlns:p='urn:p' p:y='1' xml:lang='de'/><z xmlns=''/></stream:features>",
  );
  const features = it.stanzas[0]!;
  assert.ok(features.is("features", NS.stream));
  assert.ok(features.getChild("starttls", NS.tls));
  const x = features.getChild("x", "urn:p")!;
  assert.equal(x.attrs["p:y"], "1");
  assert.equal(x.attrs["xml:lang"], "de");
  assert.ok(!features.getChild("z")!.is("z", NS.stream));
  const again = parseElement(serialise(features), LIMITS_BEFORE_AUTH);
  assert.equal(serialise(again), serialise(features));
});

Deno.test("StreamReader reads the same however the bytes are cut", () => {
  const text = HEADER + "<message><body>Grüße 👋🏽\r\n&#x1F600;</body></message>\n" +
    "<iq type='get' id='ä'><ping xmlns='urn:xmpp:ping'/></iq></stream:stream>";
  const bytes = utf8(text);
  const whole = collect();
  whole.reader.write(bytes);
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
    const it = collect();
    let at = 0;
    for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
      it.reader.write(bytes.subarray(at, cut));
      at = cut;
    }
    assert.deepEqual(it.stanzas.map(serialise), whole.stanzas.map(serialise));
    assert.equal(it.closed(), 1);
  }));
  const single = collect();
  for (const byte of bytes) single.reader.write(Uint8Array.of(byte));
  assert.deepEqual(single.stanzas.map(serialise), whole.stanzas.map(serialise));
});

Deno.test("StreamReader refuses what XMPP restricts", () => {
  refuses("<!-- x -->", "restricted-xml");
  refuses("<a><!-- x --></a>", "restricted-xml");
  refuses("<?php x ?>", "restricted-xml");
  refuses("<message>text<?x?></message>", "restricted-xml");
  const it = collect();
  assert.throws(
    () => it.write("<!DOCTYPE x [<!ENTITY a 'b'>]>" + HEADER),
    { condition: "restricted-xml" },
  );
});

Deno.test("StreamReader refuses what is not well-formed, before it delivers it", () => {
  for (
    const text of [
      "<message></iq>",
      "<a><b></a></b>",
      "<a b='1' b='2'/>",
      "<p:a/>",
      "<a p:b='1'/>",
      "<a>&nope;</a>",
      "<a>&#1;</a>",
      "<a>\x01</a>",
      "<a b='\x02'/>",
      "<a b=1/>",
      "<a b='<'/>",
      "<1a/>",
      "<a>]]></a>",
      "<a xmlns:p=''/>",
    ]
  ) assert.deepEqual(refuses(text, "not-well-formed"), [], text);
  refuses("hello<a/>", "bad-format");
});

Deno.test("StreamReader refuses bytes that are not UTF-8", () => {
  for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]]) {
    const it = collect();
    it.write(HEADER);
    const bytes = concat(utf8("<a>"), Uint8Array.from(bad), utf8("</a>"));
    assert.throws(() => it.reader.write(bytes), { condition: "not-well-formed" });
  }
});

Deno.test("StreamReader refuses other encodings, other roots and XML 1.1 characters", () => {
  const read = (text: string) => collect().write(text);
  assert.throws(() => read("<?xml version='1.0' encoding='latin1'?>"), {
    condition: "unsupported-encoding",
  });
  assert.throws(() => read("<stream xmlns='jabber:client'>"), { condition: "invalid-namespace" });
  assert.throws(
    () => read(HEADER.replace("version='1.0'?>", "version='1.1'?>") + "<a>&#1;</a>"),
    { condition: "not-well-formed" },
  );
});

Deno.test("StreamReader stops at every limit, in an unfinished token too", () => {
  const limits: ReaderLimits = { bytes: 500, depth: 5, attributes: 5, children: 3 };
  const fill = "x".repeat(600);
  for (
    const text of [
      `<a>${fill}`,
      `<${fill}`,
      `<a b='${fill}`,
      `<a>&${fill}`,
      `<a><![CDATA[${fill}`,
      `<!--${fill}`,
      `</${fill}`,
      `<a>${fill}</a>`,
      `<a>${"ä".repeat(260)}`,
      "<a><a><a><a><a><a/>",
      "<a a1='' a2='' a3='' a4='' a5='' a6=''",
      "<a><b/><b/><b/><b/>",
    ]
  ) refuses(text, "policy-violation", limits);
  const it = collect(limits);
  it.write(HEADER);
  it.write("<a>");
  assert.throws(() => {
    for (let i = 0; i < 600; i++) it.write("x");
  }, { condition: "policy-violation" });
});

Deno.test("StreamReader passes over what is past a limit where that is wanted, however it is cut", () => {
  const limits = { bytes: 500, depth: 5, attributes: 5, children: 3, passedOver: 3_000 };
  const fill = "x".repeat(600);
  const over = [
    `<iq id='i' from='a'><b>${fill}</b></iq>`,
    `<iq id='i' from='a'><b c='>${fill}/>'/></iq>`,
    `<iq id='i' from='a'><![CDATA[</iq>]] >]]&gt;${fill}<x]]></iq>`,
    `<iq id='i' from='a'><a><a><a><a><a/></a></a></a></a></iq>`,
    `<iq id='i' from='a'><b a1='' a2='' a3='' a4='' a5='' a6="'"/></iq>`,
    `<iq id='i' from='a' a1='' a2='' a3='' a4='' a5=""/>`,
    `<iq id='i' from='a' a1='' a2='' a3='' a4='' a5=''><b/>c</iq >`,
    `<stream:iq id='i' from='a'><b/><b/ ><b/><b/></stream:iq>`.replace("/ >", "/>"),
    `<iq id='i' from='a'>${"&lt;".repeat(120)}${"ä".repeat(50)}</iq>`,
  ];
  fc.assert(fc.property(
    fc.shuffledSubarray(over, { minLength: 1 }),
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
    (some, steps) => {
      const came: string[] = [];
      const reader = new StreamReader({
        onOpen: () => {},
        onStanza: (stanza) => came.push(stanza.toString()),
        onPassedOver: ({ attrs: { id, from }, children }, why) => {
          assert.deepEqual([id, from, children], ["i", "a", []]);
          assert.equal(why.condition, "policy-violation");
          came.push("over");
        },
        onClose: () => came.push("closed"),
      }, limits);
      const bytes = utf8(`${HEADER}${some.map((one) => `${one} <a/>`).join("")}</stream:stream>`);
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const step = steps[i % steps.length]!;
        reader.write(bytes.subarray(at, at += step));
      }
      const expected = some.flatMap(() => ["over", '<a xmlns="jabber:client"/>']);
      assert.deepEqual(came, [...expected, "closed"]);
    },
  ));
});

Deno.test("StreamReader ends over what is wrong in what it passes over, or has no end", () => {
  const limits = { bytes: 500, depth: 5, attributes: 5, children: 3, passedOver: 3_000 };
  const begin = `<iq><b>${"x".repeat(600)}`;
  const wrong: [string, string, ReaderLimits?][] = [
    [`${begin}<!-- x -->`, "restricted-xml"],
    [`${begin}<?x y?>`, "restricted-xml"],
    [`${begin}<!DOCTYPE a>`, "restricted-xml"],
    [`${begin}${"x".repeat(3_000)}`, "policy-violation"],
    [`<iq a='${"x".repeat(600)}`, "policy-violation"],
    [begin, "policy-violation", { bytes: 500, depth: 5, attributes: 5, children: 3 }],
  ];
  for (const [text, condition, its] of wrong) {
    const none = () => assert.fail("nothing is complete");
    const handler = { onOpen: () => {}, onStanza: none, onPassedOver: none, onClose: none };
    const reader = new StreamReader(handler, its ?? limits);
    reader.write(utf8(HEADER));
    assert.throws(() => reader.write(utf8(text)), { condition }, text.slice(-20));
  }
});

Deno.test("StreamReader counts each stanza by itself and whitespace between not at all", () => {
  const it = collect({ bytes: 200, depth: 3, attributes: 5, children: 3 });
  it.write(HEADER);
  for (let i = 0; i < 50; i++) it.write(`<a>${"x".repeat(150)}</a>\n`);
  for (let i = 0; i < 500; i++) it.write(" ");
  it.write("<a><b/><b/><b/></a>".repeat(50));
  assert.equal(it.stanzas.length, 100);
});

Deno.test("StreamReader restarts within one chunk, and delivers nothing after stop", () => {
  const it = collect();
  it.write(HEADER + "<restart/>" + HEADER + "<a/><stop/><b/>");
  assert.equal(it.opened.length, 2);
  assert.deepEqual(it.stanzas.map((s) => s.name), ["restart", "a", "stop"]);
});

Deno.test("StreamReader survives deep and hostile input in bounded time", () => {
  refuses("<a>".repeat(10_000), "policy-violation", LIMITS_AFTER_AUTH);
  refuses("<a " + "b".repeat(300_000), "policy-violation", LIMITS_AFTER_AUTH);
});

Deno.test("parseElement() wants exactly one element", () => {
  assert.equal(parseElement("<a xmlns='urn:x'><b/></a>", LIMITS_BEFORE_AUTH).getNS(), "urn:x");
  for (const text of ["", "text", "<a>", "<a/><b/>", "<a/>x", "<a>\ud800</a>"]) {
    assert.throws(() => parseElement(text, LIMITS_BEFORE_AUTH), { name: "StreamError" }, text);
  }
  assert.throws(() => parseElement("<!-- --><a/>", LIMITS_BEFORE_AUTH), {
    condition: "restricted-xml",
  });
});

Deno.test("parseElement() and serialise() agree on any text", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text)) return;
    const first = parseElement("<a/>", LIMITS_BEFORE_AUTH);
    first.append(text);
    first.attrs.b = text;
    const again = parseElement(serialise(first), LIMITS_BEFORE_AUTH);
    assert.equal(again.getText(), text);
    assert.equal(again.attrs.b, text);
  }));
});

Deno.test("StreamReader ends any input with stanzas or a StreamError, never otherwise", () => {
  const token = fc.constantFrom(
    ..."<a> </a> <a/> <b x='1'> </b> <a xmlns='urn:x'> <p:c xmlns:p='urn:p'/> &amp; &x; & < > ' \" ]]>"
      .split(" "),
    "<![CDATA[",
    "<!--",
    "-->",
    "<?",
    "</stream:stream>",
    "ä",
    "\u0000",
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(token, fc.string({ maxLength: 5 })), { maxLength: 30 }),
      (parts) => {
        const it = collect();
        it.write(HEADER);
        try {
          for (const part of parts) it.write(part);
        } catch (error) {
          assert.equal((error as Error).name, "StreamError");
        }
        for (const stanza of it.stanzas) {
          parseElement(serialise(stanza), LIMITS_BEFORE_AUTH);
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("a client reads whatever a server once took, with every character of it escaped", () => {
  const attributes = [...Array(2 * LIMITS_AFTER_AUTH.attributes).keys()].map((i) => `a${i}="1"`);
  const text = "&apos;".repeat(LIMITS_AFTER_AUTH.bytes);
  const deep = "<d>".repeat(MAX_DEPTH - 1) + text + "</d>".repeat(MAX_DEPTH - 1);
  const stanza = `<a xmlns="urn:x" ${attributes.join(" ")}>${deep}</a>`;
  assert.equal(parseElement(stanza, LIMITS_OF_SERVER).attrs.a9, "1");
});

Deno.test("a namespace that changes back and forth with depth stands where it changes, there alone", () => {
  const xml =
    "<message xmlns='a'><p:b xmlns:p='b'><p:c><d xmlns=''><e/></d></p:c></p:b><f/></message>";
  assert.equal(
    serialise(parseElement(xml, LIMITS_AFTER_AUTH)),
    '<message xmlns="a"><b xmlns="b"><c><d xmlns=""><e/></d></c></b><f/></message>',
  );
});

Deno.test('">" in texts, values and CDATA ends nothing, however the bytes are cut', () => {
  const text = HEADER + "<a>> a > b >></a> <b c='>/>' d=\"'>\">></b><c><![CDATA[<x>]>]]>></c>" +
    "<d/><e>></e></stream:stream>";
  const bytes = utf8(text);
  const whole = collect();
  whole.reader.write(bytes);
  assert.deepEqual(whole.stanzas.map((stanza) => [stanza.name, stanza.getText()]), [
    ["a", "> a > b >>"],
    ["b", ">"],
    ["c", "<x>]>>"],
    ["d", ""],
    ["e", ">"],
  ]);
  for (let size = 1; size < 40; size++) {
    const it = collect();
    for (let at = 0; at < bytes.length; at += size) it.reader.write(bytes.subarray(at, at + size));
    assert.deepEqual(it.stanzas.map(serialise), whole.stanzas.map(serialise), `${size}`);
    assert.equal(it.closed(), 1);
  }
});
