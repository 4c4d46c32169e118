import assert from "node:assert/strict";
import { findEndpoints, readWebSocketUrl } from "./endpoints.ts";

const never = new AbortController().signal;

function records(zone: Record<string, [number, number, number, string][]>) {
  return (name: string) => {
    const found = zone[name.split(".")[0]!];
    if (found === undefined) return Promise.reject(new Deno.errors.NotFound());
    return Promise.resolve(
      found.map(([priority, weight, port, target]) => ({ priority, weight, port, target })),
    );
  };
}

Deno.test("findEndpoints() orders SRV records by priority, direct TLS first within one", async () => {
  const resolve = records({
    "_xmpp-client": [[10, 0, 5222, "b.test."], [5, 0, 5222, "a.test."]],
    "_xmpps-client": [[10, 0, 443, "b.test."]],
  });
  assert.deepEqual(await findEndpoints("d.test", never, resolve), [
    { host: "a.test", port: 5222, tls: "starttls" },
    { host: "b.test", port: 443, tls: "direct" },
    { host: "b.test", port: 5222, tls: "starttls" },
  ]);
});

Deno.test("findEndpoints() lets weight decide by chance among equals", async () => {
  const resolve = records({ "_xmpps-client": [[1, 1, 1, "light"], [1, 1000, 2, "heavy"]] });
  let heavy = 0;
  for (let i = 0; i < 200; i++) {
    if ((await findEndpoints("d.test", never, resolve))[0]!.host === "heavy") heavy++;
  }
  assert.ok(heavy > 150, `${heavy} of 200`);
});

Deno.test("findEndpoints() falls back to the usual ports", async () => {
  const usual = (host: string) => [
    { host, port: 5223, tls: "direct" },
    { host, port: 5222, tls: "starttls" },
  ];
  assert.deepEqual(await findEndpoints("d.test", never, records({})), usual("d.test"));
  assert.deepEqual(
    await findEndpoints("bücher.test", never, records({})),
    usual("xn--bcher-kva.test"),
  );
  assert.deepEqual(await findEndpoints("[::1]", never, records({})), usual("::1"));
});

Deno.test("findEndpoints() believes a domain that offers no XMPP, and tries not too many", async () => {
  const none = records({ "_xmpp-client": [[0, 0, 0, "."]] });
  await assert.rejects(findEndpoints("d.test", never, none), { code: "no-xmpp-service" });
  const many = Array.from({ length: 50 }, (_, i) => [i, 0, 5222, `h${i}.test`] as const);
  const found = await findEndpoints("d.test", never, records({ "_xmpp-client": many as never }));
  assert.equal(found.length, 10);
});

Deno.test("findEndpoints() leaves out the one service that is said not to be there", async () => {
  const noDirect = records({ "_xmpps-client": [[0, 0, 0, "."]] });
  assert.deepEqual(await findEndpoints("d.test", never, noDirect), [
    { host: "d.test", port: 5222, tls: "starttls" },
  ]);
  const onlyDirect = records({
    "_xmpps-client": [[1, 0, 5223, "a.test."]],
    "_xmpp-client": [[0, 0, 0, "."]],
  });
  assert.deepEqual(await findEndpoints("d.test", never, onlyDirect), [
    { host: "a.test", port: 5223, tls: "direct" },
  ]);
  const neither = records({
    "_xmpps-client": [[0, 0, 0, "."]],
    "_xmpp-client": [[0, 0, 0, "."]],
  });
  await assert.rejects(findEndpoints("d.test", never, neither), { code: "no-xmpp-service" });
});

Deno.test("readWebSocketUrl() takes wss: and nothing else", () => {
  assert.deepEqual(readWebSocketUrl("wss://a.test/xmpp-websocket?x=1"), {
    host: "a.test",
    port: 443,
    tls: "websocket",
    path: "/xmpp-websocket?x=1",
  });
  assert.deepEqual(readWebSocketUrl("wss://[::1]:5281"), {
    host: "::1",
    port: 5281,
    tls: "websocket",
    path: "/",
  });
  for (const text of ["ws://a.test/", "https://a.test/", "wss://me:pw@a.test/", "a.test", "wss:"]) {
    assert.equal(readWebSocketUrl(text), undefined, text);
  }
});
