import assert from "node:assert/strict";
import { join } from "node:path";
import { App } from "../gate.ts";
import { bytesOf, content, sending, until } from "./testing.ts";

/** Alice's daemon carries the server and the keys; the others are in her group. */
async function withGroup(
  names: readonly string[],
  work: (group: string, alice: App, others: App[], jidOf: (app: App) => string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-group-files-" });
  const apps: App[] = [];
  const jidOf = (app: App) => app.status().account!.jid;
  const open = async (name: string) => {
    const app = await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] });
    apps.push(app);
    return app;
  };
  try {
    const alice = await open("Alice");
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    const others: App[] = [];
    for (const name of names) {
      const app = await open(name);
      await app.join({ link: (await alice.invite()).link, nick: name });
      others.push(app);
      await until(app, () => app.contacts().some(({ presence }) => presence === "online"));
      await until(
        alice,
        () =>
          alice.contacts().some(({ jid, presence }) => jid === jidOf(app) && presence === "online"),
      );
    }
    const { jid } = await alice.createGroup({ name: "Circle" });
    for (const app of others) {
      await alice.inviteToGroup(jid, jidOf(app));
      await until(app, () => app.groups()[0]?.state === "invited");
      await app.answerGroup(jid, "accept");
      await until(app, () => app.groups()[0]?.state === "in");
    }
    for (const app of [alice, ...others]) {
      await until(app, () => app.groups()[0]!.members.length === others.length + 1);
    }
    await work(jid, alice, others, jidOf);
  } finally {
    for (const app of apps.reverse()) await app.close();
    await Deno.remove(root, { recursive: true });
  }
}

const only = (app: App, place: string, ...states: string[]) => () =>
  app.files({ place }).find(({ state }) => states.includes(state));

Deno.test("a file for a group is sealed once, and everybody in it has it; who joins later has not", () =>
  withGroup(["Bob", "Carol"], async (group, alice, [bob, carol], jidOf) => {
    const plan = content(200_000);
    const sent = await bob!.sendFile({ to: group, name: "plan", ...sending(plan) });
    for (const app of [alice, carol!]) {
      const came = await until(app, only(app, group, "done"));
      assert.deepEqual([came.from, came.place, came.mine], [jidOf(bob!), group, false]);
      assert.deepEqual(await bytesOf(app, came.id), plan);
      const line = app.roomMessages(group).find(({ kind }) => kind === "file");
      assert.deepEqual([line!.file, line!.body, line!.encryption], [came.id, "plan", "keystone"]);
    }
    const line = bob!.roomMessages(group).find(({ kind }) => kind === "file")!;
    assert.deepEqual([line.file, line.mine], [sent.id, true]);
    await alice.forgetFile(only(alice, group, "done")()!.id);
    assert.equal(alice.roomMessages(group).some(({ kind }) => kind === "file"), false);
  }));

Deno.test("a file for a group goes within its room, where a server takes no uploads", () =>
  withGroup(["Bob"], async (group, alice, [bob]) => {
    const note = content(195_000);
    await alice.sendFile({ to: group, name: "note", ways: ["group"], ...sending(note) });
    const came = await until(bob!, only(bob!, group, "done", "failed"));
    assert.deepEqual([came.problem, came.ways], [null, ["group"]]);
    assert.deepEqual(await bytesOf(bob!, came.id), note);
  }));

Deno.test("a file for a chosen few is seen by all, and opened by those alone", () =>
  withGroup(["Bob", "Carol"], async (group, alice, [bob, carol], jidOf) => {
    const secret = content(5000);
    const some = { people: [jidOf(bob!)] };
    await alice.sendFile({ to: group, name: "secret", allowed: some, ...sending(secret) });
    const opened = await until(
      bob!,
      () => bob!.files({ place: group }).find(({ here, locked }) => here && !locked),
    );
    assert.deepEqual(await bytesOf(bob!, opened.id), secret);
    const seen = await until(carol!, only(carol!, group, "done"));
    assert.deepEqual([seen.name, seen.locked, seen.here], ["secret", true, false]);
    await assert.rejects(carol!.fileSource(seen.id), { code: "file-not-here" });
    await until(carol!, () => carol!.file(seen.id).forOthers);
    assert.equal(opened.forOthers, false);
    assert.deepEqual(alice.files({ place: group })[0]!.audience, {
      ...some,
      roles: [],
      onRequest: false,
    });
    await assert.rejects(
      alice.sendFile({
        ...{ to: group, name: "a", allowed: { people: ["zed@nowhere.example"] } },
        ...sending(secret),
      }),
      { code: "bad-input", message: /zed@nowhere\.example is not in the group/ },
    );
    // By role.
    const leaders = { roles: ["owner"] as const };
    await alice.sendFile({ to: group, name: "for owners", allowed: leaders, ...sending(secret) });
    const closed = await until(
      bob!,
      () =>
        bob!.files({ place: group }).find(({ name, state }) =>
          name === "for owners" && state === "done"
        ),
    );
    assert.equal(closed.locked, true);
  }));

Deno.test("who was expelled before they fetched a file gets its key no more", () =>
  withGroup(["Bob", "Carol"], async (group, alice, [bob, carol], jidOf) => {
    for (const app of [bob!, carol!]) app.setFileLimit(group, 0);
    const late = content(5000);
    await alice.sendFile({ to: group, name: "late", keyOnRequest: true, ...sending(late) });
    const at = await until(bob!, only(bob!, group, "offered"));
    const hers = await until(carol!, only(carol!, group, "offered"));
    await alice.expelFromGroup(group, jidOf(bob!));
    await until(carol!, () => carol!.groups()[0]!.members.length === 2);
    await carol!.changeFile(hers.id, "accept");
    const opened = await until(
      carol!,
      () => carol!.files({ place: group }).find(({ here }) => here),
    );
    assert.deepEqual(await bytesOf(carol!, opened.id), late);
    await bob!.changeFile(at.id, "accept");
    await until(bob!, () => bob!.file(at.id).state === "done");
    assert.deepEqual([bob!.file(at.id).locked, bob!.file(at.id).here], [true, false]);
  }));

Deno.test("members who are no contacts of each other ask for keys and get them", () =>
  withGroup(["Bob", "Carol"], async (group, alice, [bob, carol], jidOf) => {
    assert.equal(bob!.contacts().some(({ jid }) => jid === jidOf(carol!)), false);
    for (
      const [at, how] of [{ keyOnRequest: true }, { allowed: { people: [jidOf(carol!)] } }]
        .entries()
    ) {
      const bytes = content(5000, at + 1);
      const name = `note ${at}`;
      await bob!.sendFile({ to: group, name, ...how, ...sending(bytes) });
      const found = (app: App) => () =>
        app.files({ place: group }).find((one) => one.name === name);
      const opened = await until(carol!, () => found(carol!)()?.here === true && found(carol!)());
      assert.deepEqual(await bytesOf(carol!, opened.id), bytes);
      const others = await until(alice, () => found(alice)()?.state === "done" && found(alice)());
      assert.equal(others.locked, at === 1);
    }
    // Nobody became a contact, or a stranger to be answered, by that.
    for (const app of [bob!, carol!]) {
      assert.deepEqual(app.contacts().map(({ jid }) => jid), [jidOf(alice)]);
    }
  }));
