import assert from "node:assert/strict";
import { type Bytes, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { Vault } from "../store/mod.ts";
import { decodeRekey, decodeStatement } from "./announcements.ts";
import { decodeAnswer } from "./answers.ts";
import { readStatement, statementDigest } from "./epoch_statement.ts";
import type { KeyServer } from "./key_server.ts";
import { KeyServerStore } from "./key_server_store.ts";
import { printSpecification } from "./spec_text.ts";
import {
  device,
  keyServer,
  specificationOf,
  TestMember,
  TestNetwork,
} from "./testing_key_server.ts";

/** A life that ends before a certain deed: what comes then neither is written nor leaves. */
class Life {
  readonly over: Promise<void>;
  readonly #end: () => void;
  #left: number;

  constructor(deeds: number) {
    this.#left = deeds;
    ({ promise: this.over, resolve: this.#end } = Promise.withResolvers<void>());
  }
  get dead(): boolean {
    return this.#left < 0;
  }
  /** @throws Error when it is over */
  deed(): void {
    if (--this.#left < 0) {
      this.#end();
      throw new Error("dead");
    }
  }

  /** The store of a process with this life: dead before or after any call, within a transaction too. */
  store(store: KeyServerStore): KeyServerStore {
    return new Proxy(store, {
      get: (target, name) => {
        const method = Reflect.get(target, name, target);
        if (typeof method !== "function") return method;
        return (...args: unknown[]) => {
          this.deed();
          const result = method.apply(target, args);
          this.deed();
          return result;
        };
      },
    });
  }
}

/** The statement in what a key server said; undefined where there is none. */
function statementIn(payload: Bytes): Bytes | undefined {
  if (payload[0] === 32) return decodeRekey(payload).announcement?.statement;
  if (payload[0] === 33) return decodeStatement(payload).statement;
  const answer = decodeAnswer(payload);
  return "statement" in answer && answer.statement.length > 0 ? answer.statement : undefined;
}

/**
 * People come, go, are admitted and expelled on a key server that dies once, after `deeds` writes and
 * words, and is started again on what it had written.
 * @returns whether it died before all was done
 */
async function live(deeds: number): Promise<boolean> {
  const network = new TestNetwork();
  const store = new KeyServerStore(":memory:", new Vault(systemRandom(32), systemRandom));
  const { public: key } = store.signingKey(systemRandom);
  const said = new Map<string, string>();
  const hear = (payload: Bytes) => {
    const encoded = statementIn(payload);
    if (encoded === undefined) return;
    const { incarnation, epoch } = readStatement(encoded);
    const digest = toHex(statementDigest(encoded));
    const name = `${incarnation} ${epoch}`;
    assert.equal(said.get(name) ?? digest, digest, `two statements of ${name}, death ${deeds}`);
    said.set(name, digest);
  };
  const anna = device("anna@example.org");
  const spec = specificationOf(key, [anna], {
    access: [{ kind: "domain", domain: "example.org" }],
  });
  const first = new Life(deeds);
  let life = first;
  let server: KeyServer;
  const members: TestMember[] = [];
  const start = () => {
    const mine = life;
    const word = async (payload: Bytes, say: () => Promise<void>) => {
      mine.deed();
      hear(payload);
      await say();
      mine.deed();
    };
    ({ server } = keyServer(network, {
      store: mine.store(store),
      control: { send: (to, payload) => word(payload, () => network.control.send(to, payload)) },
      room: () => ({ publish: (payload) => word(payload, () => network.room().publish(payload)) }),
    }));
    server.host(spec);
    server.start();
    for (const each of members) each.useServer(server);
  };
  const person = (self = device(`${members.length}@example.org`)) => {
    const member = new TestMember(network, server, spec, self);
    members.push(member);
    return member;
  };

  /** What is certain of each; nothing while it is being changed. */
  const certain = new Map<string, "in" | "out">();
  const admitted = new Set<string>();
  const check = () => {
    const { roster, persons } = server.group(spec.group)!.state;
    for (const [id, where] of certain) {
      assert.equal(roster.some((each) => each.id === id), where === "in", `${id}, death ${deeds}`);
    }
    for (const jid of admitted) assert.ok(persons.has(jid), `${jid}, death ${deeds}`);
  };
  /** Does something until it is answered; after a death by the server that follows it. */
  const until = async (ask: () => Promise<{ kind: string }>, kind: string) => {
    for (;;) {
      const mine = life;
      const answer = await Promise.race([ask(), mine.over]).catch((error) => {
        if (!mine.dead) throw error;
      });
      if (answer !== undefined && !mine.dead) return assert.equal(answer.kind, kind);
      // The dead process said its last word, or did not, and another one takes its place.
      server.close();
      life = new Life(Infinity);
      start();
      check();
      if (answer !== undefined) return assert.equal(answer.kind, kind);
    }
  };
  const changes = async (member: TestMember, where: "in" | "out", change: () => Promise<void>) => {
    certain.delete(member.id);
    await change();
    certain.set(member.id, where);
  };
  const joins = (member: TestMember) =>
    changes(member, "in", () => until(() => member.join(), "joined"));
  const acts = (number: number, deed: Parameters<TestMember["act"]>[0]) => {
    // Signed once, and brought again as it is.
    const { epoch } = server.group(spec.group)!.state;
    return until(() => owner.act(deed, number, { epoch }), "done");
  };

  try {
    start();
  } catch (error) {
    if (!life.dead) throw error;
    life = new Life(Infinity);
    start();
  }
  const owner = person(anna);
  const [bob, carl, dora] = [person(), person(), person()];
  const eve = person(device("eve@else.example"));
  for (const each of [owner, bob, carl]) await joins(each);
  const leaving = { kind: "leave" as const, action: new Uint8Array() };
  await changes(bob, "out", () => until(() => bob.ask(leaving), "left"));
  await changes(carl, "out", () => acts(1, { kind: "expel", subject: carl.device.jid }));
  await until(() => carl.join(), "refused");
  await acts(2, { kind: "admit", subject: eve.device.jid, role: "admin" });
  admitted.add(eve.device.jid);
  for (const each of [eve, dora, bob, bob]) await joins(each);
  await acts(3, { kind: "respecify", text: printSpecification({ ...spec, send: "admin" }) });
  await server!.idle();
  check();
  assert.equal(server!.group(spec.group)!.specification.send, "admin");
  const here = [owner, bob, dora, eve];
  for (const each of here) {
    if (!each.holds()) await each.resync();
    assert.ok(each.holds(), `${each.id}, death ${deeds}`);
  }
  server!.close();
  store.close();
  return first.dead;
}

Deno.test("dead before or after any write and any word: no epoch is used twice, nobody is lost", async () => {
  const ABREAST = 16;
  let deaths = 0;
  for (let begin = 0, more = true; more; begin += ABREAST) {
    const died = await Promise.all(Array.from({ length: ABREAST }, (_, at) => live(begin + at)));
    deaths += died.filter(Boolean).length;
    more = died.every(Boolean);
  }
  assert.ok(deaths > 200, String(deaths));
});
