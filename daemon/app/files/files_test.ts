import assert from "node:assert/strict";
import { join } from "node:path";
import { bytesOf, content, inState, sending, until, withCouple } from "./testing.ts";

Deno.test("files go from one to the other and back, sealed, and are told of", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid, root }) => {
    const picture = content(300_000);
    const sent = await alice.sendFile({
      to: bobJid,
      name: "../Photo\u202egpj.exe",
      ...sending(picture),
    });
    assert.equal(sent.name, "Photogpj.exe", "no folder, nothing that turns the text around");
    assert.equal(sent.mine, true);
    assert.equal(sent.here, true);
    const came = await until(bob, inState(bob, aliceJid, "done"));
    assert.equal(came.from, aliceJid);
    assert.equal(came.name, "Photogpj.exe");
    assert.equal(came.here, true);
    assert.deepEqual(await bytesOf(bob, came.id), picture);
    assert.deepEqual(await bytesOf(alice, sent.id), picture, "the sender has it, too");
    const [line] = bob.messages(aliceJid).filter(({ kind }) => kind === "file");
    assert.deepEqual([line!.id, line!.body, line!.mine], [came.id, "Photogpj.exe", false]);
    assert.equal(bob.contacts()[0]!.unread, 1);
    await until(
      alice,
      () => alice.messages(bobJid).find(({ id }) => id === sent.id)?.delivery === "delivered",
    );
    // Back, empty.
    await bob.sendFile({ to: aliceJid, name: "empty", ...sending(content(0)) });
    const empty = await until(
      alice,
      () => alice.files({ place: bobJid }).find(({ mine, state }) => !mine && state === "done"),
    );
    assert.equal(empty.size, 0);
    assert.equal((await bytesOf(alice, empty.id)).length, 0);
    // Nothing of it lies in clear, and nothing stays when it is forgotten.
    const folder = join(root, "bob", "files");
    const lies = await Array.fromAsync(Deno.readDir(folder));
    assert.equal(lies.length, 2);
    for (const { name } of lies) {
      const bytes = await Deno.readFile(join(folder, name));
      assert.equal(bytes.toHex().includes(picture.subarray(1000, 1032).toHex()), false);
    }
    await bob.forgetFile(came.id);
    assert.equal((await Array.fromAsync(Deno.readDir(folder))).length, 1);
    assert.equal(bob.messages(aliceJid).some(({ id }) => id === came.id), false);
    assert.throws(() => bob.file(came.id), { code: "unknown-file" });
  }));

Deno.test("what is larger than the limit waits for yes or no; a no is told", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid }) => {
    bob.setFileLimit(aliceJid, 1000);
    assert.deepEqual(bob.fileLimits().places, { [aliceJid]: 1000 });
    const small = await alice.sendFile({ to: bobJid, name: "a", ...sending(content(1000)) });
    await until(bob, inState(bob, aliceJid, "done"));
    const large = await alice.sendFile({ to: bobJid, name: "a", ...sending(content(1001, 2)) });
    const offered = await until(bob, inState(bob, aliceJid, "offered"));
    assert.equal(offered.here, false);
    await assert.rejects(bob.fileSource(offered.id), { code: "file-not-here" });
    await bob.changeFile(offered.id, "decline");
    const line = await until(
      alice,
      () =>
        alice.messages(bobJid).find(({ id, delivery }) => id === large.id && delivery === "failed"),
    );
    assert.equal(line.problem!.code, "declined");
    assert.equal(alice.file(large.id).state, "declined");
    await bob.changeFile(offered.id, "accept");
    await until(bob, () => bob.file(offered.id).state === "done");
    assert.deepEqual(await bytesOf(bob, offered.id), content(1001, 2), "of one name, but another");
    assert.notEqual(small.id, large.id);
    await until(alice, () => alice.file(large.id).state === "done");
    await assert.rejects(bob.changeFile(offered.id, "pause"), { code: "transfer-state" });
    bob.setFileLimit(aliceJid, null);
    assert.deepEqual(bob.fileLimits().places, {});
  }));

Deno.test("a file that may open on the stage comes for that, unless its place has a limit", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid }) => {
    bob.setFileLimit(null, 1000);
    bob.setDisplayPolicy(aliceJid, { from: "all", maxBytes: 100_000, kinds: ["text"] });
    const words = new TextEncoder().encode("words ".repeat(10_000));
    const shown = { to: bobJid, display: true };
    await alice.sendFile({ ...shown, name: "shown", ...sending(words) });
    await until(bob, () => bob.displays().items[0]?.state === "showing");
    await alice.sendFile({ to: bobJid, name: "sent", ...sending(words) });
    await alice.sendFile({ ...shown, name: "large", ...sending(content(100_001)) });
    bob.setFileLimit(aliceJid, 0);
    await alice.sendFile({ ...shown, name: "limited", ...sending(words) });
    await until(bob, () => bob.files({ place: aliceJid }).length === 4);
    assert.deepEqual(
      bob.files({ place: aliceJid }).map(({ name, state }) => `${name} ${state}`).sort(),
      ["large offered", "limited offered", "sent offered", "shown done"],
    );
    // What does not come by itself waits on the stage, and is fetched when it is wanted there.
    const waits = () =>
      bob.displays().items.filter(({ reason }) => reason?.code === "display-not-here");
    assert.deepEqual(waits().map(({ name }) => name).sort(), ["large", "limited"]);
    const { id } = waits().find(({ name }) => name === "limited")!;
    bob.showDisplay(id);
    await until(
      bob,
      () => bob.displays().items.find((item) => item.id === id)?.state === "showing",
    );
    assert.equal(bob.file(id).here, true);
    // What was taken back while it waited is not shown when it is fetched all the same.
    const large = waits()[0]!;
    await alice.clearPresented(bobJid);
    await until(bob, () => bob.displays().items.every(({ state }) => state === "past"));
    await bob.changeFile(large.id, "accept");
    await until(
      bob,
      () => bob.displays().items.find(({ id }) => id === large.id)?.available === false,
    );
    assert.equal(bob.displays().items.some(({ state }) => state === "showing"), false);
  }));

Deno.test("who shows a file learns on whose screen it opened, if they chose to tell", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid }) => {
    const words = new TextEncoder().encode("words");
    const show = (name: string) =>
      alice.sendFile({ to: bobJid, display: true, name, ...sending(words) });
    const policy = { from: "all" as const, maxBytes: 100_000, kinds: ["text" as const] };
    bob.setDisplayPolicy(aliceJid, policy);
    const silent = await show("silent");
    await until(bob, () => bob.displays().items[0]?.state === "showing");
    await bob.setTellSeen(true);
    bob.setDisplayPolicy(aliceJid, { ...policy, from: "nobody" });
    const waits = await show("waits");
    const item = () => bob.displays().items.find(({ name }) => name === "waits");
    await until(bob, () => item()?.state === "withheld");
    bob.showDisplay(item()!.id);
    bob.setDisplayPolicy(aliceJid, policy);
    const told = await show("told");
    const openedFor = (id: string) =>
      alice.displays().items.find((item) => item.id === id)!.openedFor;
    await until(alice, () => openedFor(told.id).length > 0);
    assert.deepEqual(openedFor(told.id), [bobJid]);
    for (const { id } of [silent, waits]) assert.deepEqual(openedFor(id), []);
  }));

Deno.test("a file is sent neither in clear, nor to the blocked, nor with another size than said", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid }) => {
    await assert.rejects(
      alice.sendFile({ to: "nobody@example.org", name: "a", ...sending(content(10)) }),
      { code: "unknown-contact" },
    );
    for (const size of [9, 11]) {
      await assert.rejects(
        alice.sendFile({ to: bobJid, name: "a", ...sending(content(10)), size }),
        { code: "file-changed" },
      );
    }
    assert.equal(bob.files({ place: aliceJid }).length, 0);
    await bob.changeContact(aliceJid, { blocked: true });
    await assert.rejects(
      bob.sendFile({ to: aliceJid, name: "a", ...sending(content(10)) }),
      { code: "blocked" },
    );
  }));

Deno.test("a large file goes from daemon to daemon alone, is paused by either, and goes on", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid }) => {
    bob.setFileLimit(null, 0);
    const film = content(24_000_000);
    const sent = await alice.sendFile({
      to: bobJid,
      name: "film.mkv",
      ways: ["direct"],
      ...sending(film, 1 << 20),
    });
    const offered = await until(bob, inState(bob, aliceJid, "offered"));
    assert.deepEqual(offered.ways, ["direct"]);
    const moved = new Promise<void>((resolve) => {
      const stop = bob.events.on((event) => {
        if (event.type !== "file-progress" || event.data.bytes === 0) return;
        stop();
        resolve();
      });
    });
    await bob.changeFile(offered.id, "accept");
    await moved;
    const paused = await bob.changeFile(offered.id, "pause");
    assert.ok(["paused", "done"].includes(paused.state), paused.state);
    if (paused.state === "paused") {
      assert.ok(paused.progress!.bytes > 0, "how much is here is told");
      await until(alice, () => alice.file(sent.id).progress === null);
    }
    if (paused.state === "paused") await bob.changeFile(offered.id, "resume");
    await until(bob, () => bob.file(offered.id).state === "done");
    assert.deepEqual(await bytesOf(bob, offered.id), film);
    await until(alice, () => alice.file(sent.id).state === "done");
  }));

Deno.test("files of one name stay apart, and go with their chat", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid }) => {
    await alice.sendMessage(bobJid, "hello");
    await until(bob, () => bob.messages(aliceJid).some(({ kind }) => kind === "chat"));
    const many = Array.from({ length: 5 }, (_, at) => content(5000 + at, at));
    const sent = await Promise.all(
      many.map((bytes) => alice.sendFile({ to: bobJid, name: "same.bin", ...sending(bytes) })),
    );
    await until(bob, () => bob.files({ place: aliceJid }).filter(({ here }) => here).length === 5);
    const sizes = bob.files({ place: aliceJid }).map(({ size }) => size).sort();
    assert.deepEqual(sizes, [5000, 5001, 5002, 5003, 5004]);
    assert.equal(new Set(sent.map(({ id }) => id)).size, 5);
    await bob.forgetChat(aliceJid);
    assert.equal(bob.files({ place: aliceJid }).length, 0);
  }));

Deno.test("several files arrive in the order in which they were sent, though small ones are up first", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid }) => {
    const names = ["large", "a", "b", "c", "d", "e"];
    for (const [at, name] of names.entries()) {
      const file = sending(content(at === 0 ? 4_000_000 : 2_000 - 100 * at, at));
      await alice.sendFile({ to: bobJid, name, ways: ["upload"], ...file });
    }
    await until(bob, () => bob.files({ place: aliceJid }).length === names.length);
    const lines = bob.messages(aliceJid).filter(({ kind }) => kind === "file");
    assert.deepEqual(lines.map(({ body }) => body), names);
  }));

Deno.test("what its sender takes back is offered no more", () =>
  withCouple(async ({ alice, bob, aliceJid, bobJid }) => {
    bob.setFileLimit(null, 0);
    for (
      const act of [
        (id: string) => alice.changeFile(id, "cancel"),
        (id: string) => alice.forgetFile(id),
      ]
    ) {
      const { id } = await alice.sendFile({
        ...{ to: bobJid, name: "a", ways: ["direct"] },
        ...sending(content(20_000)),
      });
      const offered = await until(bob, inState(bob, aliceJid, "offered"));
      await until(alice, () => alice.file(id).state === "offered");
      await act(id);
      await until(bob, () => bob.file(offered.id).problem?.code === "taken-back");
      assert.equal(bob.file(offered.id).state, "failed");
    }
  }));

Deno.test("what cannot go somewhere is refused before a byte is read", () =>
  withCouple(async ({ alice, bobJid }) => {
    const unread = () =>
      ReadableStream.from((async function* () {
        yield await Promise.reject<Uint8Array>(new Error("it was read"));
      })());
    const ways = await alice.fileWays(bobJid);
    assert.deepEqual(ways.map(({ kind }) => kind), ["direct", "upload", "ibb"]);
    const most = ways[1]!.largest!;
    const big = { to: bobJid, name: "big", size: most + 1, bytes: unread() };
    await assert.rejects(alice.sendFile({ ...big, ways: ["upload"] }), {
      code: "file-too-large",
      message: /by upload may have about 105 MB/,
    });
    await assert.rejects(alice.sendFile({ ...big, ways: ["group"] }), {
      code: "bad-input",
      message: /goes there by group; it can go by direct or upload or ibb/,
    });
    assert.equal(alice.files({ place: bobJid }).length, 0);
  }));
