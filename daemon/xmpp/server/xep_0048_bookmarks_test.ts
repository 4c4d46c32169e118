import assert from "node:assert/strict";
import { el, type Element, NS, serialise } from "../core/mod.ts";
import { PRIVATE_CONFIG } from "./pubsub/pep_config.ts";
import { MOST_BOOKMARK_BYTES } from "./pubsub/pep_publish.ts";
import { form, outcome, owner, pubsub } from "./pubsub/testing.ts";
import { PARSE_COST } from "./stored_xml.ts";
import { conditionOf, DOMAIN, type TestClient, withServer, withSqliteServer } from "./testing.ts";

const ROOM = `coven@muc.${DOMAIN}`;
const OTHER = `heath@muc.${DOMAIN}`;

const storage = (...children: Element[]) => el("storage", { xmlns: NS.oldBookmarks }, ...children);
const privately = (...children: Element[]) => el("query", { xmlns: NS.privateXml }, ...children);

function old(jid: string, name: string, autojoin: string, nick?: string): Element {
  return el(
    "conference",
    { jid, name, autojoin },
    nick === undefined ? undefined : el("nick", {}, nick),
  );
}

/** `<publish/>` of a bookmark as newer clients make it. */
function bookmark(jid: string, name: string, ...children: Element[]): Element {
  const conference = el("conference", { xmlns: NS.bookmarks, name, autojoin: "true" }, ...children);
  const options = { access_model: "whitelist", max_items: "max" };
  return pubsub(
    el("publish", { node: NS.bookmarks }, el("item", { id: jid }, conference)),
    el("publish-options", {}, form(NS.pubsubPublishOptions, options)),
  );
}

const texts = (holder: Element) =>
  holder.getChildElements().map((child) => {
    const { jid, name, autojoin, url } = child.attrs;
    return [jid ?? url, name, autojoin, child.getChildText("nick"), child.getChildText("password")]
      .filter((text) => text !== undefined && text !== null).join(" ");
  });

async function readOld(client: TestClient): Promise<string[]> {
  const answer = await client.request("get", privately(storage()));
  return texts(answer.getChild("query")!.getChild("storage", NS.oldBookmarks)!);
}

/** Bookmarks on the node of XEP-0402, by their ids. */
async function readNew(client: TestClient): Promise<Map<string, Element>> {
  const answer = await client.request("get", pubsub(el("items", { node: NS.bookmarks })));
  const items = answer.getChild("pubsub")!.getChild("items")!.getChildren("item");
  return new Map(items.map((item) => [item.attrs.id!, item.getChildElements()[0]!]));
}

Deno.test("private storage shows the bookmarks of newer clients, and changes them when written", () =>
  withServer(async (bed) => {
    const alice = await bed.online("alice");
    assert.deepEqual(await readOld(alice), []);
    const kept = el("extensions", {}, el("state", { xmlns: "urn:example", minimised: "true" }));
    const nick = el("nick", {}, "Alice");
    const password = el("password", {}, "cauldron & <burn>");
    for (
      const request of [bookmark(ROOM, "Coven", nick, password, kept), bookmark(OTHER, "Heath")]
    ) assert.equal(await outcome(alice, "set", request), "done");
    assert.deepEqual(await readOld(alice), [
      `${ROOM} Coven true Alice cauldron & <burn>`,
      `${OTHER} Heath true`,
    ]);
    const link = el("url", { name: "play", url: "https://macbeth.example/" });
    const written = storage(
      old(ROOM, "The coven", "0", "Hecate"),
      link,
      old(`new@muc.${DOMAIN}`, "New", "1"),
    );
    assert.equal(await outcome(alice, "set", privately(written)), "done");
    const now = await readNew(alice);
    assert.deepEqual([...now.keys()].sort(), [ROOM, `new@muc.${DOMAIN}`]);
    const coven = now.get(ROOM)!;
    assert.deepEqual([coven.attrs.name, coven.attrs.autojoin], ["The coven", "false"]);
    assert.equal(coven.getChildText("nick"), "Hecate");
    assert.equal(coven.getChild("password"), undefined, "it was taken away");
    assert.ok(coven.getChild("extensions")!.getChild("state", "urn:example"), "what it kept stays");
    assert.deepEqual((await readOld(alice)).toSorted(), [
      `${ROOM} The coven false Hecate`,
      "https://macbeth.example/ play",
      `new@muc.${DOMAIN} New true`,
    ]);
    // Made anew by an older client, they are its account's alone.
    assert.equal(bed.server.storage.pep.config("alice", NS.bookmarks)!.accessModel, "whitelist");
    assert.equal(await outcome(alice, "set", privately(storage())), "done");
    assert.deepEqual([await readOld(alice), (await readNew(alice)).size], [[], 0]);
    const info = await alice.request("get", el("query", { xmlns: NS.discoInfo }));
    const features = info.getChild("query")!.getChildren("feature").map(({ attrs }) => attrs.var);
    for (const name of [NS.bookmarksCompat, NS.bookmarksCompatPep, NS.bookmarksConversion]) {
      assert.ok(features.includes(name), name);
    }
  }));

Deno.test("the node of older bookmarks is the same list, and its clients are told of changes", () =>
  withServer(async (bed) => {
    const alice = await bed.online("alice");
    const tablet = await bed.online("alice", "tablet");
    const [session] = bed.server.sessions.available("alice")
      .filter(({ jid }) => jid.toString() === tablet.jid);
    session!.features = new Set([`${NS.oldBookmarks}+notify`, `${NS.bookmarks}+notify`]);
    const publish = (...children: Element[]) =>
      pubsub(el(
        "publish",
        { node: NS.oldBookmarks },
        el("item", { id: "current" }, storage(...children)),
      ));
    const event = async (node: string) => {
      const message = await tablet.until((s) =>
        s.getChild("event", NS.pubsubEvent)?.getChild("items")?.attrs.node === node
      );
      return message.getChild("event")!.getChild("items")!.getChildElements()[0]!;
    };
    assert.equal(await outcome(alice, "set", publish(old(ROOM, "Coven", "true"))), "done");
    assert.equal((await event(NS.bookmarks)).attrs.id, ROOM);
    assert.deepEqual(texts((await event(NS.oldBookmarks)).getChildElements()[0]!), [
      `${ROOM} Coven true`,
    ]);
    // What is as it was tells nobody anything.
    assert.equal(await outcome(alice, "set", publish(old(ROOM, "Coven", "1"))), "done");
    assert.deepEqual((await tablet.settle()).filter(({ name }) => name === "message"), []);
    assert.equal(await outcome(alice, "set", bookmark(OTHER, "Heath")), "done");
    assert.equal(texts((await event(NS.oldBookmarks)).getChildElements()[0]!).length, 2);
    await event(NS.bookmarks);
    assert.equal(await outcome(alice, "set", publish(old(OTHER, "Heath", "true"))), "done");
    const gone = await event(NS.bookmarks);
    assert.deepEqual([gone.name, gone.attrs.id], ["retract", ROOM]);
    const read = await alice.request("get", pubsub(el("items", { node: NS.oldBookmarks })));
    const item = read.getChild("pubsub")!.getChild("items")!.getChild("item")!;
    assert.deepEqual(texts(item.getChildElements()[0]!), [`${OTHER} Heath true`]);
    const purge = owner(el("purge", { node: NS.bookmarks }));
    assert.equal(await outcome(alice, "set", purge), "done");
    assert.deepEqual(await readOld(alice), []);

    const eve = await bed.online("eve");
    const items = pubsub(el("items", { node: NS.oldBookmarks }));
    const to = `alice@${DOMAIN}`;
    assert.equal(await outcome(eve, "get", items, to), "service-unavailable");
    assert.equal(await outcome(eve, "set", publish(), to), "service-unavailable");
    const open = pubsub(
      ...publish().getChildElements(),
      el("publish-options", {}, form(NS.pubsubPublishOptions, { access_model: "open" })),
    );
    assert.equal(await outcome(alice, "set", open), "conflict precondition-not-met");
    const create = pubsub(el("create", { node: NS.oldBookmarks }));
    assert.equal(await outcome(alice, "set", create), "not-allowed");
    const wrong = pubsub(
      el("publish", { node: NS.oldBookmarks }, el("item", {}, el("x", { xmlns: "urn:x" }))),
    );
    assert.equal(await outcome(alice, "set", wrong), "bad-request invalid-payload");
  }));

Deno.test("a list of an older client closes a node that others read before", () =>
  withSqliteServer(async (bed) => {
    const alice = await bed.online("alice");
    const eve = await bed.online("eve");
    const create = pubsub(
      el("create", { node: NS.bookmarks }),
      el("configure", {}, form(NS.pubsubNodeConfig, { access_model: "open" })),
    );
    await alice.request("set", create);
    const jid = eve.jid.split("/")[0]!;
    const subscribe = pubsub(el("subscribe", { node: NS.bookmarks, jid }));
    assert.equal(await outcome(eve, "set", subscribe, `alice@${DOMAIN}`), "done");
    const secret = el("conference", { jid: ROOM }, el("password", {}, "secret"));
    assert.equal(await outcome(alice, "set", privately(storage(secret))), "done");
    const came = await eve.settle();
    assert.ok(came.every((stanza) => stanza.getChild("event", NS.pubsubEvent) === undefined));
    const items = pubsub(el("items", { node: NS.bookmarks }));
    const refused = await outcome(eve, "get", items, `alice@${DOMAIN}`);
    assert.equal(refused, "service-unavailable");
  }));

Deno.test("lists of older clients are bounded, and stored whole or not at all", () =>
  withSqliteServer(async (bed) => {
    const alice = await bed.online("alice");
    const store = async (...children: Element[]) =>
      await outcome(alice, "set", privately(storage(...children)));
    assert.equal(await store(old(ROOM, "Coven", "true")), "done");
    const rooms = (count: number, name = "x") =>
      Array.from({ length: count }, (_, i) => old(`r${i}@muc.${DOMAIN}`, name, "true"));
    assert.equal(await store(...rooms(4)), "resource-constraint");
    assert.equal(await store(...rooms(2, "x".repeat(2_000))), "not-acceptable");
    assert.equal(await store(...rooms(3, "x".repeat(900))), "resource-constraint");
    for (const jid of ["", "@", `muc.${DOMAIN}`, `${"x".repeat(2_000)}@muc.${DOMAIN}`]) {
      assert.equal(
        await store(old(OTHER, "ok", "true"), old(jid, "bad", "true")),
        "not-acceptable",
      );
    }
    assert.deepEqual(await readOld(alice), [`${ROOM} Coven true`]);
    // What another piece of the same request may not be undoes all of it.
    const both = privately(storage(), el("prefs", { xmlns: "" }));
    assert.equal(await outcome(alice, "set", both), "not-acceptable");
    assert.deepEqual(await readOld(alice), [`${ROOM} Coven true`]);
    // A room that stands twice is one, as the last of them says.
    assert.equal(await store(old(OTHER, "a", "true"), old(`${OTHER}/nick`, "b", "false")), "done");
    assert.deepEqual(await readOld(alice), [`${OTHER} b false`]);
  }, { pepItems: 3, pepItemBytes: 1_024, pepBytes: 2_000 }));

Deno.test("bookmarks too many for one answer are not shown in part", () =>
  withSqliteServer(async (bed) => {
    const alice = await bed.online("alice");
    const name = "x".repeat(15_000);
    for (let i = 0; i < 13; i++) {
      assert.equal(await outcome(alice, "set", bookmark(`r${i}@muc.${DOMAIN}`, name)), "done");
    }
    const answer = await alice.request("get", privately(storage()));
    assert.equal(conditionOf(answer), "resource-constraint");
    assert.equal((await readNew(alice)).size, 12, "here the newest ones come");
  }));

Deno.test("a bookmark is no place for much else", () =>
  withSqliteServer(async (bed) => {
    const alice = await bed.online("alice");
    const kept = el("extensions", {}, "x".repeat(MOST_BOOKMARK_BYTES));
    const refused = await outcome(alice, "set", bookmark(ROOM, "Coven", kept));
    assert.equal(refused, "not-acceptable payload-too-big");
    const large = old(ROOM, "x".repeat(MOST_BOOKMARK_BYTES), "1");
    assert.equal(await outcome(alice, "set", privately(storage(large))), "not-acceptable");
    assert.deepEqual(await readOld(alice), []);
  }));

Deno.test("bookmarks are paid for before they are read, and too large ones are not read at all", () =>
  withSqliteServer(async (bed) => {
    const alice = await bed.online("alice");
    const { pep } = bed.server.storage;
    const [session] = bed.server.sessions.available("alice");
    let charged = 0;
    const charge = session!.charge.bind(session);
    session!.charge = (bytes) => {
      charged += bytes;
      charge(bytes);
    };
    /** As a version without a bound could have stored them; that it cannot be read is not noticed. */
    const store = (count: number, payload: string) => {
      pep.configure("alice", NS.bookmarks, PRIVATE_CONFIG);
      for (let i = 0; i < count; i++) {
        const id = `r${i}@muc.${DOMAIN}`;
        pep.publish("alice", NS.bookmarks, { id, payload, published: 1 }, 256);
      }
    };
    const read = async () => {
      charged = 0;
      return await alice.request("get", privately(storage()));
    };
    const extensions = el("extensions", {}, ...Array.from({ length: 1_000 }, () => el("a")));
    const small = serialise(el("conference", { xmlns: NS.bookmarks }, extensions));
    store(10, small);
    assert.equal((await read()).attrs.type, "result");
    assert.ok(charged >= PARSE_COST * 10 * small.length, `${charged}`);
    store(256, small);
    assert.equal(conditionOf(await read()), "resource-constraint");
    assert.ok(charged >= PARSE_COST * 190_000, `${charged}`);
    const write = privately(storage(old(ROOM, "Coven", "true")));
    assert.equal(await outcome(alice, "set", write), "resource-constraint");
  }));

Deno.test("bookmarks of a time before there was a conversion are shown until they are written", () =>
  withSqliteServer(async (bed) => {
    const alice = await bed.online("alice");
    const { pep } = bed.server.storage;
    const node = `${NS.privateXml} storage ${NS.oldBookmarks}`;
    const payload = serialise(storage(old(ROOM, "Old", "1"), old(OTHER, "Older", "1")));
    pep.configure("alice", node, PRIVATE_CONFIG);
    pep.publish("alice", node, { id: "current", payload, published: 1 }, 1);
    assert.equal(await outcome(alice, "set", bookmark(ROOM, "New")), "done");
    assert.deepEqual(await readOld(alice), [`${ROOM} New true`, `${OTHER} Older 1`]);
    const written = privately(storage(old(ROOM, "New", "1"), old(OTHER, "Older", "1")));
    assert.equal(await outcome(alice, "set", written), "done");
    assert.deepEqual([...(await readNew(alice)).keys()].sort(), [ROOM, OTHER].sort());
    assert.doesNotMatch(pep.item("alice", node, "current")!.payload, /conference/);
  }));
