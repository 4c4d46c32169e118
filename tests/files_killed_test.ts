import assert from "node:assert/strict";
import { join } from "node:path";
import { content } from "../daemon/app/files/testing.ts";
import type { ContactView, FileView, InvitationView, StatusView } from "../daemon/views/mod.ts";
import { befriend, Daemon, until } from "./daemon.ts";

/** A file's way is long enough to be cut: bytes. */
const SIZE = 160_000_000;

Deno.test("a daemon that is killed while a file comes, or goes, goes on where it was", async () => {
  const root = await Deno.makeTempDir({ prefix: "simppd-files-killed-" });
  let alice = await Daemon.start(join(root, "alice"));
  let bob = await Daemon.start(join(root, "bob"));
  try {
    await alice.ask("POST", "/api/setup/carry", { nick: "Alice", reach: "this-machine" });
    const { link } = await alice.ask<InvitationView>("POST", "/api/invitations");
    await bob.ask("POST", "/api/setup/join", { link, nick: "Bob" });
    const [aliceJid, bobJid] = [await jidOf(alice), await jidOf(bob)];
    await until("Bob online", () => isThere(alice));
    await until("Alice online", () => isThere(bob));

    const film = content(SIZE);
    const query = new URLSearchParams({
      to: bobJid,
      name: "film",
      size: `${SIZE}`,
      ways: "direct",
    });
    const sent = await alice.fetch(`/api/files?${query}`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: film,
    });
    assert.equal(sent.status, 200, await sent.text());
    const offered = await until("the offer", () => newest(bob, aliceJid));
    await bob.ask("POST", `/api/files/${offered.id}/state`, { command: "accept" });
    await until("some of it", () => moved(bob, offered.id, 1));
    await bob.kill();
    bob = await Daemon.start(join(root, "bob"));
    const { state } = await file(bob, offered.id);
    assert.notEqual(state, "failed");
    await until("more of it", () => moved(bob, offered.id, 1));
    await alice.kill();
    alice = await Daemon.start(join(root, "alice"));
    await until("all of it", async () => {
      const now = await file(bob, offered.id);
      if (now.state === "failed") {
        await bob.ask("POST", `/api/files/${offered.id}/state`, { command: "resume" });
      }
      return now.state === "done" || undefined;
    }, 60);
    const got = await bob.fetch(`/api/files/${offered.id}/bytes`);
    assert.ok(equal(new Uint8Array(await got.arrayBuffer()), film));
  } finally {
    await bob[Symbol.asyncDispose]();
    await alice[Symbol.asyncDispose]();
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a daemon that is killed while it reads a file reads it again", async () => {
  const root = await Deno.makeTempDir({ prefix: "simppd-files-killed-" });
  let alice = await Daemon.start(join(root, "alice"));
  const bob = await Daemon.start(join(root, "bob"));
  try {
    const { first, second } = await befriend(alice, bob);
    const plan = content(3_000_000);
    const path = join(root, "plan");
    await Deno.writeFile(path, plan);
    const names = ["kept", "once"] as const;
    const cut = names.map((name) =>
      alice.fetch(
        `/api/files?${new URLSearchParams({
          ...{ to: second, name, size: `${plan.length}` },
          ...(name === "kept" ? { path } : {}),
        })}`,
        {
          method: "POST",
          headers: { "content-type": "application/octet-stream" },
          // Half of it, and then nothing.
          body: new ReadableStream({
            start: (body) => body.enqueue(plan.slice(0, plan.length / 2)),
          }),
        },
      ).then(() => "answered", () => "cut")
    );
    const of = (daemon: Daemon, place: string, name: string) => async () =>
      (await daemon.ask<FileView[]>("GET", `/api/files?${new URLSearchParams({ place })}`))
        .find((one) => one.name === name);
    for (const name of names) {
      await until("half of it sealed", async () => {
        const found = await of(alice, second, name)();
        return (found?.progress?.bytes ?? 0) > 1_000_000 || undefined;
      });
    }
    await alice.kill();
    assert.deepEqual(await Promise.all(cut), ["cut", "cut"]);
    alice = await Daemon.start(join(root, "alice"));
    const came = await until("all of it", async () => {
      const found = await of(bob, first, "kept")();
      return found?.state === "done" ? found : undefined;
    });
    const got = await bob.fetch(`/api/files/${came.id}/bytes`);
    assert.ok(equal(new Uint8Array(await got.arrayBuffer()), plan));
    const failed = await of(alice, second, "once")();
    assert.equal(failed!.problem!.code, "source-cut");
    assert.equal(await of(bob, first, "once")(), undefined);
  } finally {
    await bob[Symbol.asyncDispose]();
    await alice[Symbol.asyncDispose]();
    await Deno.remove(root, { recursive: true });
  }
});

const jidOf = async (daemon: Daemon) =>
  (await daemon.ask<StatusView>("GET", "/api/status")).account!.jid;

const isThere = async (daemon: Daemon) =>
  (await daemon.ask<ContactView[]>("GET", "/api/contacts")).find(({ presence }) =>
    presence === "online"
  );

const newest = async (daemon: Daemon, place: string) =>
  (await daemon.ask<FileView[]>("GET", `/api/files?${new URLSearchParams({ place })}`))[0];

const file = (daemon: Daemon, id: string) => daemon.ask<FileView>("GET", `/api/files/${id}`);

/** Whether so many bytes moved in this run, or all. */
async function moved(daemon: Daemon, id: string, bytes: number): Promise<true | undefined> {
  const { state, progress } = await file(daemon, id);
  return state === "done" || (progress?.bytes ?? 0) >= bytes || undefined;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
