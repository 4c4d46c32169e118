import assert from "node:assert/strict";
import fc from "fast-check";
import { type Bytes, fromHex } from "../base/mod.ts";
import { el, LIMITS_AFTER_AUTH, parseElement, serialise } from "../xmpp/core/mod.ts";
import {
  decodeDirectSignal,
  DIRECT_NS,
  type DirectAccept,
  type DirectRequest,
  directSecret,
  type DirectSignal,
  encodeDirectSignal,
} from "./direct_signal.ts";
import vectors from "../../tests/vectors/direct_streams.json" with { type: "json" };

const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((it) => it as Bytes);
const id = bytes(16).map((it) => it.toHex());
const addresses = fc.array(
  record<DirectAccept["addresses"][number]>({
    transport: fc.constantFrom("udp", "tcp"),
    kind: fc.constantFrom("host", "loopback", "relay"),
    host: fc.oneof(fc.ipV4(), fc.ipV6()),
    port: fc.nat(0xffff),
    priority: fc.nat(0xffff),
  }),
  { maxLength: 32 },
);
const signal: fc.Arbitrary<DirectSignal> = fc.oneof(
  record<DirectRequest>({
    name: fc.constant("request"),
    id,
    file: id,
    offset: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    key: bytes(32),
    addresses,
  }),
  record<DirectAccept>({ name: fc.constant("accept"), id, key: bytes(32), addresses }),
  record<Extract<DirectSignal, { name: "reject" }>>({
    name: fc.constant("reject"),
    id,
    reason: fc.constantFrom("unknown", "busy", "failed"),
  }),
  record<Extract<DirectSignal, { name: "cancel" }>>({
    name: fc.constant("cancel"),
    id,
    reason: fc.constantFrom("cancelled", "no-path", "failed"),
  }),
);

Deno.test("decodeDirectSignal() reads what encodeDirectSignal() wrote, through XML", () => {
  fc.assert(fc.property(signal, (signal) => {
    const xml = serialise(encodeDirectSignal(signal));
    assert.deepEqual(decodeDirectSignal(parseElement(xml, LIMITS_AFTER_AUTH)), signal);
  }));
});

Deno.test("decodeDirectSignal() refuses what cannot be", () => {
  const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const request = (attrs: Record<string, string>, ...children: ReturnType<typeof el>[]) =>
    el(
      "request",
      { xmlns: DIRECT_NS, id: "0".repeat(32), file: "0".repeat(32), offset: "0", ...attrs },
      ...(children.length > 0 ? children : [el("key", {}, key)]),
    );
  const address = { transport: "udp", kind: "host", host: "::1", port: "1", priority: "0" };
  assert.equal(decodeDirectSignal(request({})).name, "request");
  for (
    const wrong of [
      request({ id: "0" }),
      request({ file: "../../../../etc/passwd" }),
      request({ offset: "-1" }),
      request({ offset: "01" }),
      request({ offset: "9007199254740993" }),
      request({ xmlns: "urn:other" }),
      request({}, el("key", {}, "AAAA")),
      request({}, el("key", {}, key), el("key", {}, key)),
      request({}, el("key", {}, "A".repeat(10_000))),
      request({}, el("key", {}, key), el("candidate", { ...address, port: "70000" })),
      request({}, el("key", {}, key), el("candidate", { ...address, host: "a b" })),
      request(
        {},
        el("key", {}, key),
        ...Array.from({ length: 33 }, () => el("candidate", address)),
      ),
      el("reject", { xmlns: DIRECT_NS, id: "0".repeat(32), reason: "because" }),
      el("offer", { xmlns: DIRECT_NS, id: "0".repeat(32) }),
    ]
  ) assert.throws(() => decodeDirectSignal(wrong), { code: "bad-signal" }, serialise(wrong));
});

Deno.test("decodeDirectSignal() passes over transports it does not know", () => {
  const accept = el(
    "accept",
    { xmlns: DIRECT_NS, id: "0".repeat(32) },
    el("key", {}, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    el("candidate", { transport: "carrier-pigeon", roost: "3" }),
  );
  assert.deepEqual((decodeDirectSignal(accept) as DirectAccept).addresses, []);
});

Deno.test("signals and the secret are those of the vectors", () => {
  const read = (xml: string) => decodeDirectSignal(parseElement(xml, LIMITS_AFTER_AUTH));
  const request = read(vectors.requestXml) as DirectRequest;
  const accept = read(vectors.acceptXml) as DirectAccept;
  assert.deepEqual(request, { ...vectors.request, key: fromHex(vectors.request.key) });
  assert.deepEqual(accept, { ...vectors.accept, key: fromHex(vectors.accept.key) });
  assert.equal(serialise(encodeDirectSignal(request)), vectors.requestXml);
  assert.equal(serialise(encodeDirectSignal(accept)), vectors.acceptXml);
  assert.equal(directSecret(request, accept).toHex(), vectors.secret);
});

Deno.test("whoever heard anything else has another secret", () => {
  const request = { ...vectors.request, key: fromHex(vectors.request.key) } as DirectRequest;
  const accept = { ...vectors.accept, key: fromHex(vectors.accept.key) } as DirectAccept;
  const other = fromHex("11".repeat(32));
  const secrets = [
    directSecret(request, accept),
    directSecret({ ...request, key: other }, accept),
    directSecret(request, { ...accept, key: other }),
    directSecret({ ...request, offset: request.offset + 1 }, accept),
    directSecret({ ...request, file: "11".repeat(16) }, accept),
    directSecret({ ...request, addresses: [] }, accept),
    directSecret(request, { ...accept, addresses: [] }),
    directSecret({ ...request, addresses: accept.addresses }, { ...accept, addresses: [] }),
  ];
  assert.equal(new Set(secrets.map((it) => it.toHex())).size, secrets.length);
});
