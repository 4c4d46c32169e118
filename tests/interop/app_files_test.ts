import assert from "node:assert/strict";
import { bytesOf, content, sending, until } from "../../daemon/app/files/testing.ts";
import type { App } from "../../daemon/app/mod.ts";
import type { FileWay } from "../../daemon/views/mod.ts";
import { groupOf, jidOf, SERVERS, withDaemons } from "./daemons.ts";

for (const server of SERVERS) {
  Deno.test({
    name: `daemons send each other files on ${server.name}: to one and to a group, by each way`,
    ignore: server.ignore,
    fn: (t) =>
      withDaemons(server, ["alice", "bob", "carol"], async (apps) => {
        const [alice, bob] = apps as [App, App];
        for (const way of ["direct", "upload", "ibb"] as const) {
          await t.step(`to one, ${way}`, async () => {
            await send(alice, jidOf(bob), [bob], way);
            await send(bob, jidOf(alice), [alice], way);
          });
        }
        const group = await groupOf(apps);
        for (const way of ["upload", "group"] as const) {
          await t.step(`to a group, ${way}`, () => send(bob, group, others(apps, bob), way));
        }
      }),
  });
}

const others = (apps: readonly App[], but: App) => apps.filter((app) => app !== but);

/** Sends a file that way, and sees that it came so, and what it was. */
async function send(from: App, to: string, all: readonly App[], way: FileWay): Promise<void> {
  const name = `${way} of ${jidOf(from)}`;
  const bytes = content(way === "ibb" || way === "group" ? 195_000 : 700_000, name.length);
  await from.sendFile({ to, name, ways: [way], ...sending(bytes) });
  await Promise.all(all.map(async (app) => {
    const came = (state: string) => () =>
      app.files().find((file) => file.name === name && file.state === state);
    if (way === "direct") {
      // Keys that nobody compared: addresses are shown when a person says so.
      const { id } = await until(app, came("offered"));
      await app.changeFile(id, "accept");
    }
    const done = await until(app, came("done"));
    assert.deepEqual([done.problem, done.ways], [null, [way]]);
    assert.deepEqual(await bytesOf(app, done.id), bytes);
  }));
}
