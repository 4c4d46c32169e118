import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { el, type Element, NS, serialise } from "../core/mod.ts";
import { DEFAULT_CONFIG } from "./pubsub/pep_config.ts";
import { conditionOf, DOMAIN, type TestBed, type TestClient, withServer } from "./testing.ts";

const ALICE = `alice@${DOMAIN}`;
const NODE = "urn:example:bundles";

function publish(node: string, id: string | undefined, text: string, options?: Element): Element {
  return el(
    "pubsub",
    { xmlns: NS.pubsub },
    el("publish", { node }, el("item", { id }, el("bundle", { xmlns: "urn:example" }, text))),
    options && el("publish-options", {}, options),
  );
}

function form(type: string, values: Record<string, string>): Element {
  const field = (name: string, value: string) => el("field", { var: name }, el("value", {}, value));
  return el(
    "x",
    { xmlns: NS.dataForms, type: "submit" },
    field("FORM_TYPE", type),
    ...Object.entries(values).map(([name, value]) => field(`pubsub#${name}`, value)),
  );
}

function items(node: string, attrs: Record<string, string> = {}, ...ids: string[]): Element {
  const wanted = ids.map((id) => el("item", { id }));
  return el("pubsub", { xmlns: NS.pubsub }, el("items", { node, ...attrs }, ...wanted));
}

/** Ids and texts of an answer's or event's items. */
function read(stanza: Element): string[] {
  const holder = stanza.getChild("pubsub", NS.pubsub) ?? stanza.getChild("event", NS.pubsubEvent);
  return holder!.getChild("items")!.getChildren("item").map((item) =>
    `${item.attrs.id}=${item.getChild("bundle", "urn:example")?.getText()}`
  );
}

/** Makes the client announce features (XEP-0115) and answer for them when asked. */
async function announce(client: TestClient, features: string[], honest = true): Promise<boolean> {
  const all = [NS.discoInfo, NS.caps, ...features].sort();
  const text = "client/pc//test<" + all.map((name) => `${name}<`).join("");
  const ver = createHash("sha1").update(honest ? text : text + "x").digest("base64");
  const c = el("c", { xmlns: NS.caps, hash: "sha-1", node: "urn:test", ver });
  client.send(el("presence", {}, c));
  const own = (stanza: Element) => stanza.name === "presence" && stanza.attrs.from === client.jid;
  await client.until((s) => own(s) && s.getChild("c", NS.caps) !== undefined);
  const asked = (await client.settle()).filter((s) => {
    if (s.getChild("query", NS.discoInfo) === undefined) client.inbox.push(s);
    return s.getChild("query", NS.discoInfo) !== undefined;
  });
  for (const request of asked) {
    const { id, from } = request.attrs;
    assert.equal(request.getChild("query", NS.discoInfo)!.attrs.node, `urn:test#${ver}`);
    client.send(el(
      "iq",
      { type: "result", id, to: from },
      el(
        "query",
        { xmlns: NS.discoInfo },
        el("identity", { category: "client", type: "pc", name: "test" }),
        ...all.map((name) => el("feature", { var: name })),
      ),
    ));
  }
  await client.settle().then((rest) => client.inbox.push(...rest));
  return asked.length > 0;
}

/** Lets bob see alice's presence. */
async function subscribe(alice: TestClient, bob: TestClient): Promise<void> {
  alice.send(el("presence", { to: `bob@${DOMAIN}`, type: "subscribed" }));
  await alice.settle();
  bob.send(el("presence", { to: ALICE, type: "subscribe" }));
  await bob.presence("subscribed", ALICE);
}

async function pair(bed: TestBed): Promise<[TestClient, TestClient]> {
  const alice = await bed.online("alice", "a");
  const bob = await bed.online("bob", "b");
  await subscribe(alice, bob);
  return [alice, bob];
}

Deno.test("items are published, fetched newest last, by id, replaced, retracted and purged", async () => {
  await withServer(async (bed) => {
    const [alice, bob] = await pair(bed);
    const options = form(NS.pubsubPublishOptions, { max_items: "3" });
    for (const [id, text] of [["1", "a"], ["2", "b"], ["3", "c"], ["4", "d"], ["2", "B"]]) {
      const answer = await alice.request("set", publish(NODE, id, text!, options));
      assert.equal(answer.attrs.type, "result", serialise(answer));
    }
    assert.deepEqual(read(await bob.request("get", items(NODE), ALICE)), ["3=c", "4=d", "2=B"]);
    assert.deepEqual(read(await bob.request("get", items(NODE, { max_items: "1" }), ALICE)), [
      "2=B",
    ]);
    assert.deepEqual(read(await bob.request("get", items(NODE, {}, "4", "9"), ALICE)), ["4=d"]);
    const retract = (id: string) =>
      el(
        "pubsub",
        { xmlns: NS.pubsub },
        el("retract", { node: NODE, notify: "true" }, el("item", { id })),
      );
    assert.equal((await alice.request("set", retract("3"))).attrs.type, "result");
    assert.equal(conditionOf(await alice.request("set", retract("3"))), "item-not-found");
    assert.equal(conditionOf(await bob.request("set", retract("4"), ALICE)), "forbidden");
    assert.deepEqual(read(await alice.request("get", items(NODE))), ["4=d", "2=B"]);
    const purge = el("pubsub", { xmlns: NS.pubsubOwner }, el("purge", { node: NODE }));
    assert.equal((await alice.request("set", purge)).attrs.type, "result");
    assert.deepEqual(read(await alice.request("get", items(NODE))), []);
    const gone = el("pubsub", { xmlns: NS.pubsubOwner }, el("delete", { node: NODE }));
    assert.equal((await alice.request("set", gone)).attrs.type, "result");
    assert.equal(conditionOf(await alice.request("get", items(NODE))), "item-not-found");
    const generated = await alice.request("set", publish(NODE, undefined, "x"));
    const id = generated.getChild("pubsub")!.getChild("publish")!.getChild("item")!.attrs.id;
    assert.deepEqual(read(await alice.request("get", items(NODE))), [`${id}=x`]);
  });
});

Deno.test("access models decide who reads: open, presence, whitelist", async () => {
  await withServer(async (bed) => {
    const [alice, bob] = await pair(bed);
    const eve = await bed.online("eve");
    for (const model of ["open", "presence", "whitelist"]) {
      const options = form(NS.pubsubPublishOptions, { access_model: model });
      await alice.request("set", publish(model, "1", model, options));
    }
    const may = async (client: TestClient, node: string) => {
      const answer = await client.request("get", items(node), ALICE);
      return answer.attrs.type === "result" ? "yes" : conditionOf(answer);
    };
    assert.equal(await may(eve, "open"), "yes");
    assert.equal(await may(eve, "presence"), "service-unavailable");
    assert.equal(await may(eve, "whitelist"), "service-unavailable");
    assert.equal(await may(bob, "open"), "yes");
    assert.equal(await may(bob, "presence"), "yes");
    assert.equal(await may(bob, "whitelist"), "not-allowed");
    assert.equal(await may(alice, "whitelist"), "yes");
    assert.equal(await may(eve, "none"), "service-unavailable");
    assert.equal(await may(bob, "none"), "item-not-found");
    const listed = await bob.request("get", el("query", { xmlns: NS.discoItems }), ALICE);
    const nodes = listed.getChild("query")!.getChildren("item").map((item) => item.attrs.node);
    assert.deepEqual(nodes, ["open", "presence"]);
    const hidden = await eve.request("get", el("query", { xmlns: NS.discoItems }), ALICE);
    assert.equal(conditionOf(hidden), "service-unavailable");
  });
});

Deno.test("nodes are created, configured, and publish-options are preconditions", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const create = el(
      "pubsub",
      { xmlns: NS.pubsub },
      el("create", { node: NODE }),
      el("configure", {}, form(NS.pubsubNodeConfig, { access_model: "open", max_items: "2" })),
    );
    assert.equal((await alice.request("set", create)).attrs.type, "result");
    assert.equal(conditionOf(await alice.request("set", create)), "conflict");
    const differs = form(NS.pubsubPublishOptions, { access_model: "whitelist" });
    const refused = await alice.request("set", publish(NODE, "1", "a", differs));
    assert.equal(conditionOf(refused), "conflict");
    assert.ok(refused.getChild("error")!.getChild("precondition-not-met", NS.pubsubErrors));
    const same = form(NS.pubsubPublishOptions, { access_model: "open" });
    assert.equal((await alice.request("set", publish(NODE, "1", "a", same))).attrs.type, "result");
    const configure = (values: Record<string, string>) =>
      el(
        "pubsub",
        { xmlns: NS.pubsubOwner },
        el("configure", { node: NODE }, form(NS.pubsubNodeConfig, values)),
      );
    assert.equal(
      (await alice.request("set", configure({ max_items: "max" }))).attrs.type,
      "result",
    );
    const shown = await alice.request(
      "get",
      el("pubsub", { xmlns: NS.pubsubOwner }, el("configure", { node: NODE })),
    );
    assert.match(serialise(shown), /pubsub#max_items[^>]*><value>256</);
    for (
      const values of [
        { max_items: "257" },
        { max_items: "0" },
        { access_model: "friends" },
        { publish_model: "anybody" },
        { persist_items: "perhaps" },
      ]
    ) {
      assert.equal(conditionOf(await alice.request("set", configure(values))), "not-acceptable");
    }
  });
});

Deno.test("contacts and own resources with +notify are told at once, others are not", async () => {
  await withServer(async (bed) => {
    const [alice, bob] = await pair(bed);
    const eve = await bed.online("eve");
    const tablet = await bed.online("alice", "tablet");
    for (const client of [alice, bob, eve, tablet]) await announce(client, [`${NODE}+notify`]);
    const deaf = await bed.online("bob", "deaf");
    await announce(deaf, ["urn:other+notify"]);
    await alice.request("set", publish(NODE, "1", "first"));
    for (const client of [alice, bob, tablet]) {
      const message = await client.message();
      assert.equal(message.attrs.from, ALICE);
      assert.equal(message.attrs.type, "headline");
      assert.deepEqual(read(message), ["1=first"]);
      assert.equal(message.getChild("delay", NS.delay), undefined);
    }
    const events = async (client: TestClient) =>
      (await client.settle()).filter((stanza) => stanza.name === "message");
    assert.deepEqual(await events(eve), []);
    assert.deepEqual(await events(deaf), []);
    const secret = form(NS.pubsubPublishOptions, { access_model: "whitelist" });
    const gone = el("pubsub", { xmlns: NS.pubsubOwner }, el("delete", { node: NODE }));
    await alice.request("set", gone);
    assert.ok((await bob.message()).getChild("event")!.getChild("delete"));
    await tablet.message();
    await alice.request("set", publish(NODE, "1", "mine", secret));
    assert.deepEqual(read(await tablet.message()), ["1=mine"]);
    assert.deepEqual(await events(bob), []);
  });
});

Deno.test("the last item comes when presence does, its hash asked for once", async () => {
  await withServer(async (bed) => {
    const [alice, bob] = await pair(bed);
    await alice.request("set", publish(NODE, "1", "old"));
    await alice.request("set", publish(NODE, "1", "new"));
    assert.equal(await announce(bob, [`${NODE}+notify`]), true);
    const message = await bob.message();
    assert.deepEqual(read(message), ["1=new"]);
    assert.ok(message.getChild("delay", NS.delay));
    // The same capabilities again: known by their hash, and nothing is sent twice.
    assert.equal(await announce(bob, [`${NODE}+notify`]), false);
    assert.deepEqual((await bob.settle()).filter((s) => s.name === "message"), []);
    const second = await bed.online("bob", "second");
    assert.equal(await announce(second, [`${NODE}+notify`]), false);
    assert.deepEqual(read(await second.message()), ["1=new"]);
    // A hash that does not fit its answer is believed for its own session only.
    const third = await bed.online("bob", "third");
    assert.equal(await announce(third, [`${NODE}+notify`], false), true);
    const fourth = await bed.online("bob", "fourth");
    assert.equal(await announce(fourth, [`${NODE}+notify`], false), true);
  });
});

Deno.test("a new subscriber gets the last items at once", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const bob = await bed.online("bob");
    await alice.request("set", publish(NODE, "1", "hello"));
    await announce(bob, [`${NODE}+notify`]);
    await subscribe(alice, bob);
    assert.deepEqual(read(await bob.message()), ["1=hello"]);
  });
});

Deno.test("size of items, number of nodes and all of an account's items are bounded", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const tooBig = await alice.request("set", publish(NODE, "1", "x".repeat(1_100)));
    assert.equal(conditionOf(tooBig), "not-acceptable");
    assert.ok(tooBig.getChild("error")!.getChild("payload-too-big", NS.pubsubErrors));
    await alice.request("set", publish("a", "1", "x".repeat(900)));
    await alice.request("set", publish("b", "1", "x".repeat(900)));
    const third = await alice.request("set", publish("c", "1", "x"));
    assert.equal(conditionOf(third), "resource-constraint");
    const options = form(NS.pubsubNodeConfig, { max_items: "9" });
    const configure = el("configure", { node: "b" }, options);
    await alice.request("set", el("pubsub", { xmlns: NS.pubsubOwner }, configure));
    const full = await alice.request("set", publish("b", "2", "x".repeat(900)));
    assert.equal(conditionOf(full), "resource-constraint");
    assert.equal(read(await alice.request("get", items("b"))).length, 1);
  }, { pepItemBytes: 1_000, pepNodes: 2, pepBytes: 2_000 });
});

Deno.test("requests of a wrong form are refused with the conditions of XEP-0060", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const refused = async (xmlns: string, ...children: Element[]) => {
      const answer = await alice.request("set", el("pubsub", { xmlns }, ...children));
      return conditionOf(answer);
    };
    assert.equal(await refused(NS.pubsub), "bad-request");
    assert.equal(await refused(NS.pubsub, el("publish", {}, el("item"))), "bad-request");
    assert.equal(await refused(NS.pubsub, el("publish", { node: "n" })), "bad-request");
    const two = el("publish", { node: "n" }, el("item"), el("item"));
    assert.equal(await refused(NS.pubsub, two), "bad-request");
    const mixed = el("publish", { node: "n" }, el("item", {}, el("a"), el("b")));
    assert.equal(await refused(NS.pubsub, mixed), "bad-request");
    assert.equal(
      await refused(NS.pubsub, el("options", { node: "n" })),
      "feature-not-implemented",
    );
    assert.equal(await refused(NS.pubsubOwner, el("delete", { node: "n" })), "item-not-found");
  });
});

Deno.test("ids and names of nodes count for the account's quota", async () => {
  await withServer(async (bed) => {
    const alice = await bed.online("alice");
    const asks = async (action: Element) => {
      const answer = await alice.request("set", el("pubsub", { xmlns: NS.pubsub }, action));
      return answer.attrs.type === "error" ? conditionOf(answer) : "done";
    };
    const publish = (node: string, id: string) =>
      el("publish", { node }, el("item", { id }, el("n", { xmlns: "urn:n" })));
    assert.equal(await asks(publish("n", "i".repeat(900))), "done");
    assert.equal(await asks(publish("m", "i".repeat(900))), "done");
    assert.equal(await asks(publish("o", "i".repeat(900))), "resource-constraint");
    assert.equal(await asks(el("create", { node: "x".repeat(1_000) })), "resource-constraint");
    assert.deepEqual(bed.server.storage.pep.nodes("alice"), ["m", "n"]);
  }, { pepBytes: 2_500 });
});

Deno.test("an answer of items is bounded by what it serialises to", async () => {
  await withServer(async (bed) => {
    const { pep } = bed.server.storage;
    const alice = await bed.online("alice");
    const config = { ...DEFAULT_CONFIG, maxItems: 256 };
    pep.configure("alice", "n", config);
    for (let i = 0; i < 256; i++) {
      const item = { id: `${i} ${"'".repeat(1_000)}`, payload: "", published: 0 };
      pep.publish("alice", "n", item, config.maxItems);
    }
    const items = el("items", { node: "n" });
    const answer = await alice.request("get", el("pubsub", { xmlns: NS.pubsub }, items));
    const text = serialise(answer);
    assert.ok(text.length > 100_000 && text.length < 210_000, String(text.length));
  });
});

Deno.test("newest items come once, however often a client changes what it wants", () =>
  withServer(async ({ online }) => {
    const alice = await online("alice");
    await alice.request("set", publish(NODE, "1", "first & last"));
    const events = () =>
      alice.inbox.splice(0).filter((s) => s.getChild("event", NS.pubsubEvent)).map(read);
    await announce(alice, [`${NODE}+notify`]);
    assert.deepEqual(events(), [["1=first & last"]]);
    for (let i = 0; i < 3; i++) {
      await announce(alice, [`${NODE}+notify`, "urn:other+notify"]);
      await announce(alice, [`${NODE}+notify`]);
    }
    assert.deepEqual(events(), []);
    alice.send(el("presence", { type: "unavailable" }));
    await announce(alice, [`${NODE}+notify`]);
    assert.deepEqual(events(), [["1=first & last"]], "it came online anew");
  }));

Deno.test("what one account says of a hash, another is asked all the same", () =>
  withServer(async ({ online }) => {
    const features = [`${NODE}+notify`];
    assert.equal(await announce(await online("eve"), features), true);
    assert.equal(await announce(await online("alice"), features), true);
    assert.equal(await announce(await online("alice"), features), false);
    // Two in one: the text that is hashed is the same.
    const joined = ["urn:a+notify", "urn:b+notify"].join("<");
    assert.equal(await announce(await online("eve"), [joined]), true);
    assert.equal(await announce(await online("eve"), [joined]), true, "it proves nothing");
  }));
