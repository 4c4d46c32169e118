import assert from "node:assert/strict";
import { el } from "../../core/mod.ts";
import { withServer } from "../testing.ts";
import { removeAccount } from "../login/registration.ts";
import { ALICE, configuring, items, NODE, outcome, publishing, pubsub, three } from "./testing.ts";

Deno.test("items of an account that is gone are nobody's who takes its name", () =>
  withServer(async (bed) => {
    const [alice, bob] = await three(bed);
    await alice.request("set", publishing("own", "a", { access_model: "open", max_items: "5" }));
    await alice.request("set", configuring({ publish_model: "open" }));
    assert.equal(await outcome(bob, "set", publishing("1", "b"), ALICE), "done");
    removeAccount(bed.server, "bob");
    await bob.ended;
    const another = await bed.online("bob", "new");
    const retract = pubsub(el("retract", { node: NODE }, el("item", { id: "1" })));
    assert.equal(await outcome(another, "set", retract, ALICE), "service-unavailable");
    assert.equal(await outcome(another, "set", publishing("1", "c"), ALICE), "service-unavailable");
    const read = await alice.request("get", items());
    const item = read.getChild("pubsub")!.getChild("items")!.getChildren("item")
      .find(({ attrs }) => attrs.id === "1")!;
    assert.equal(item.attrs.publisher, undefined);
    assert.equal(await outcome(alice, "set", retract), "done");
  }));

Deno.test("a node full of its owner's items takes none of a guest", () =>
  withServer(async (bed) => {
    const [alice, bob] = await three(bed);
    const settings = { access_model: "open", max_items: "2" };
    for (const id of ["1", "2"]) await alice.request("set", publishing(id, "a", settings));
    await alice.request("set", configuring({ publish_model: "open" }));
    const before = bed.server.storage.pep.size("alice");
    assert.notEqual(await outcome(bob, "set", publishing("3", "b"), ALICE), "done");
    assert.deepEqual(
      bed.server.storage.pep.items("alice", NODE, 9).map(({ id }) => id),
      ["2", "1"],
    );
    assert.equal(bed.server.storage.pep.size("alice"), before);
  }));
