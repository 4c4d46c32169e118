import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { el, NS } from "../core/mod.ts";
import { conditionOf, DOMAIN, withServer } from "./testing.ts";

const ns = NS.externalServices;
const turn = [
  { host: "turn.test", port: 3478, transport: "udp", secret: "shared with coturn" },
  { host: "turn.test", port: 5349, transport: "tcp", type: "turns", secret: "shared with coturn" },
  { host: "stun.test", port: 3478, transport: "udp", type: "stun" },
] as const;

Deno.test("accounts are told of STUN and TURN servers, with credentials that hold for a while", () =>
  withServer(
    async ({ login }) => {
      const anna = await login("anna");
      const services = async (type?: string) => {
        const answer = await anna.request("get", el("services", { xmlns: ns, type }), DOMAIN);
        return answer.getChild("services", ns)!.getChildren("service").map(({ attrs }) => attrs);
      };
      const all = await services();
      assert.deepEqual(all.map(({ host, port, type }) => [host, port, type]), [
        ["turn.test", "3478", "turn"],
        ["turn.test", "5349", "turns"],
        ["stun.test", "3478", "stun"],
      ]);
      const { username, password, expires } = all[0]!;
      assert.equal(
        password,
        createHmac("sha1", "shared with coturn").update(username!).digest("base64"),
      );
      const seconds = Number(username!.split(":")[0]);
      assert.equal(new Date(expires!).getTime(), seconds * 1000);
      assert.ok(seconds * 1000 > Date.now() + 3_600_000);
      assert.ok(!username!.includes("anna"));
      assert.equal(all[2]!.username, undefined);
      assert.equal((await services("stun")).length, 1);
      assert.equal((await services("turn")).length, 1);

      const info = await anna.request("get", el("query", { xmlns: NS.discoInfo }), DOMAIN);
      assert.match(info.toString(), /urn:xmpp:extdisco:2/);
    },
    {},
    { turn },
  ));

Deno.test("credentials are given for a service that is there, and for one at a time", () =>
  withServer(
    async ({ login }) => {
      const anna = await login("anna");
      const ask = (type: "get" | "set", ...services: Record<string, string>[]) =>
        anna.request(
          type,
          el("credentials", { xmlns: ns }, ...services.map((attrs) => el("service", attrs))),
          DOMAIN,
        );
      const one = { host: "turn.test", type: "turn" };
      const given = (await ask("get", one)).getChild("credentials", ns)!.getChildren("service");
      assert.equal(given.length, 1);
      assert.ok(given[0]!.attrs.password);
      assert.equal(conditionOf(await ask("get")), "bad-request");
      assert.equal(conditionOf(await ask("get", one, one)), "bad-request");
      assert.equal(conditionOf(await ask("get", { ...one, host: "other.test" })), "item-not-found");
      assert.equal(conditionOf(await ask("set", one)), "not-allowed");
    },
    {},
    { turn },
  ));

Deno.test("a server without such services does not speak of them", () =>
  withServer(async ({ login }) => {
    const anna = await login("anna");
    const answer = await anna.request("get", el("services", { xmlns: ns }), DOMAIN);
    assert.equal(conditionOf(answer), "service-unavailable");
  }));
