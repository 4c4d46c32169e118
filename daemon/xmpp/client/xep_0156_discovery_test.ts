import assert from "node:assert/strict";
import type { TlsTrust } from "./dial.ts";
import { type HttpsAnswer, httpsServer } from "./testing_https.ts";
import { findWebSockets } from "./xep_0156_discovery.ts";

const REL = "urn:xmpp:alt-connections:websocket";
const JSON_PATH = "/.well-known/host-meta.json";
const XML_PATH = "/.well-known/host-meta";
const json = (...hrefs: unknown[]) =>
  JSON.stringify({ links: hrefs.map((href) => ({ rel: REL, href })) });
const xml = (...hrefs: string[]) =>
  `<?xml version='1.0' encoding='utf-8'?><XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>` +
  hrefs.map((href) => `<Link rel='${REL}' href='${href}'/>`).join("") + "</XRD>";

/** What is found at a server that answers these paths, as `host:port path`. */
async function found(
  answers: Record<string, HttpsAnswer>,
  trust?: (caPem: string) => TlsTrust,
): Promise<{ endpoints: string[]; asked: string[] }> {
  const server = await httpsServer({
    get: (path, port) => {
      const answer = answers[path];
      const location = answer?.headers?.location?.replace("PORT", String(port));
      return location === undefined ? answer : { ...answer, headers: { location } };
    },
  });
  try {
    const given = trust?.(server.certificate.caPem) ??
      { kind: "ca", extra: [server.certificate.caPem] };
    const { port, asked } = server;
    const endpoints = await findWebSockets("localhost", given, AbortSignal.timeout(10_000), {
      port,
    });
    return {
      endpoints: endpoints.map(({ host, port, path }) => `${host}:${port} ${path}`),
      asked,
    };
  } finally {
    await server.stop();
  }
}

Deno.test("WebSockets are found in host-meta, JSON before XML", async () => {
  const both = await found({
    [JSON_PATH]: { body: json("wss://a.example/ws?x=1", "wss://b.example:5281/") },
    [XML_PATH]: { body: xml("wss://c.example/") },
  });
  assert.deepEqual(both.endpoints, ["a.example:443 /ws?x=1", "b.example:5281 /"]);
  assert.deepEqual(both.asked, [JSON_PATH]);
  const second = await found({ [XML_PATH]: { body: xml("wss://[2001:db8::1]/ws") } });
  assert.deepEqual(second.endpoints, ["2001:db8::1:443 /ws"]);
  assert.deepEqual((await found({})).endpoints, []);
});

Deno.test("only wss: is taken, and no more than a few", async () => {
  const { endpoints } = await found({
    [JSON_PATH]: {
      body: json(
        "ws://clear.example/",
        "https://web.example/",
        "wss://user:password@a.example/",
        "not a url",
        7,
        null,
        ...Array.from({ length: 50 }, (_, i) => `wss://${i}.example.org/`),
      ),
    },
  });
  assert.deepEqual(endpoints, [0, 1, 2, 3].map((i) => `${i}.example.org:443 /`));
});

Deno.test("what is broken, huge or foreign names nothing", async () => {
  const bodies = [
    "{",
    "null",
    "[]",
    '{"links":7}',
    '{"links":[null,7,{"rel":"else","href":"wss://a.example/"}]}',
    json("wss://a.example/") + " ".repeat(70_000),
    xml("wss://a.example/").replace("xrd-1.0", "else"),
    `<!DOCTYPE x [<!ENTITY y "z">]>${xml("wss://a.example/")}`,
  ];
  for (const body of bodies) {
    const { endpoints } = await found({ [JSON_PATH]: { body }, [XML_PATH]: { body } });
    assert.deepEqual(endpoints, [], body.slice(0, 60));
  }
});

Deno.test("redirects are followed within HTTPS, a few, and never to HTTP", async () => {
  const to = (location: string): HttpsAnswer => ({ status: 302, headers: { location } });
  const good = await found({
    [JSON_PATH]: to("https://localhost:PORT/elsewhere"),
    "/elsewhere": to("/here"),
    "/here": { body: json("wss://a.example/") },
  });
  assert.deepEqual(good.endpoints, ["a.example:443 /"]);
  for (const location of ["http://localhost:PORT/here", JSON_PATH, "file:///etc/passwd"]) {
    const { endpoints, asked } = await found({
      [JSON_PATH]: to(location),
      "/here": { body: json("wss://a.example/") },
    });
    assert.deepEqual(endpoints, [], location);
    assert.ok(asked.length <= 5);
  }
});

Deno.test("a server that is not trusted is asked nothing", async () => {
  for (const trust of [{ kind: "ca" }, { kind: "pin", pin: "A".repeat(43) }] as const) {
    const { endpoints, asked } = await found(
      { [JSON_PATH]: { body: json("wss://a.example/") } },
      () => trust,
    );
    assert.deepEqual([endpoints, asked], [[], []]);
  }
});
