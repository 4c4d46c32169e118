import assert from "node:assert/strict";
import { el, type Element, iqResult, Jid, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { Hooks } from "./hooks.ts";
import { HttpUpload } from "./xep_0363_upload.ts";

const DOMAIN = "server.test";
const SERVICE = `upload.${DOMAIN}`;

/** A server with a service for uploads, which counts what it is asked; slots it refuses. */
class Server {
  readonly hooks = new Hooks();
  readonly jid = Jid.parse(`me@${DOMAIN}/here`);
  asked: string[] = [];
  isCut = false;
  /** Where it has files; without, slots are refused. */
  place: string | undefined;

  iq(iq: Element, { to }: { to: string }): Promise<Element> {
    if (this.isCut) return Promise.reject(new Error("cut"));
    const [request] = iq.getChildElements() as [Element];
    this.asked.push(`${request.name} ${to}`);
    if (request.is("request", NS.upload) && this.place !== undefined) {
      const urls = ["put", "get"].map((name) => el(name, { url: `${this.place}/a` }));
      return Promise.resolve(iqResult(iq, el("slot", { xmlns: NS.upload }, ...urls)));
    }
    if (request.is("request", NS.upload)) {
      return Promise.reject(new StanzaError("modify", "not-acceptable"));
    }
    const item = el("item", { jid: SERVICE });
    const feature = el("feature", { var: NS.upload });
    const xmlns = request.attrs.xmlns!;
    const answer = el("query", { xmlns }, xmlns === NS.discoItems ? item : feature);
    return Promise.resolve(iqResult(iq, answer));
  }

  /** A session begins. */
  begin(): Promise<void> {
    const client = this as unknown as XmppClient;
    return this.hooks.runOnline(client, new AbortController().signal);
  }
}

Deno.test("HttpUpload asks for the service once a session, however many look for it", async () => {
  const server = new Server();
  const upload = new HttpUpload(server as unknown as XmppClient, {
    domain: DOMAIN,
    trust: { kind: "ca" },
  });
  server.isCut = true;
  await assert.rejects(upload.find(), /cut/);
  server.isCut = false;
  const all = await Promise.all([1, 2, 3].map(() => upload.find()));
  assert.deepEqual(new Set(all.map((service) => service?.jid)), new Set([SERVICE]));
  const asking = [`query ${DOMAIN}`, `query ${SERVICE}`];
  assert.deepEqual(server.asked, asking);
  await upload.find();
  assert.equal(server.asked.length, 2);
  await server.begin();
  await upload.find();
  assert.deepEqual(server.asked, [...asking, ...asking]);
  // One that refuses may have other bounds by now.
  await assert.rejects(upload.slot(all[0]!, { name: "a", size: 1 }), { code: "upload-too-large" });
  await upload.find();
  assert.equal(server.asked.length, 7);
});

Deno.test("download() knocks at no door of our own server but that of its files", async () => {
  const listeners = [0, 1].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const knocks = [0, 0];
  const serving = listeners.map(async (listener, at) => {
    for await (const connection of listener) {
      knocks[at]!++;
      connection.close();
    }
  });
  const [files, other] = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  const server = new Server();
  server.place = `https://${DOMAIN}:${files}`;
  const uploadOf = () =>
    new HttpUpload(server as unknown as XmppClient, {
      domain: DOMAIN,
      host: "127.0.0.1",
      trust: { kind: "ca" },
    });
  try {
    const upload = uploadOf();
    const get = (host: string, from = upload) => from.download(`https://${host}/x`, 10, () => {});
    for (const host of [`${DOMAIN}:${other}`, `127.0.0.1:${other}`, DOMAIN, `${DOMAIN}:22`]) {
      await assert.rejects(get(host), { code: "bad-url" }, host);
    }
    assert.equal(server.asked.filter((asked) => asked.startsWith("request")).length, 1);
    assert.deepEqual(knocks, [0, 0]);
    await assert.rejects(get(`${DOMAIN}:${files}`), (error) => !/no files at/.test(`${error}`));
    assert.deepEqual(knocks, [1, 0]);
    // Where the server gives no slot, it is no port of the system's.
    server.place = undefined;
    await assert.rejects(get(`${DOMAIN}:22`, uploadOf()), { code: "bad-url" });
    await assert.rejects(get(`${DOMAIN}:${files}`, uploadOf()));
    assert.deepEqual(knocks, [2, 0]);
  } finally {
    for (const listener of listeners) listener.close();
    await Promise.all(serving);
  }
});
