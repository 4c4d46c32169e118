import assert from "node:assert/strict";
import { GroupWay, IbbWay } from "../../daemon/files/mod.ts";
import { fileOf, randomBytes, wantedOf } from "../../daemon/files/group/testing.ts";
import type { SimppdError } from "../../daemon/base/mod.ts";
import { absent } from "../real_parts.ts";
import { type InRoom, withPeopleInRoom } from "./people_in_room.ts";

const SERVERS = [
  { name: "carried", ignore: false },
  { name: "Prosody", ignore: absent("prosodyctl") },
  { name: "ejabberd", ignore: absent("ejabberdctl") },
];
const never = () => new AbortController().signal;
const bare = (who: InRoom) => who.client.jid.bare().toString();

/** A sink, and what it took. */
function gathering() {
  const got: Uint8Array<ArrayBuffer>[] = [];
  const state = { length: 0 };
  return {
    state,
    sink: (bytes: Uint8Array) => {
      got.push(bytes.slice());
      state.length += bytes.length;
      return Promise.resolve();
    },
    whole: async () => new Uint8Array(await new Blob(got).arrayBuffer()),
  };
}

for (const { name, ignore } of SERVERS) {
  Deno.test(`files in messages on ${name}: to a group, and to one`, { ignore }, async (t) => {
    await withPeopleInRoom(name, 4, async (people) => {
      await t.step("to a group; one is cut off, and takes it up again", () => toGroup(people));
      await t.step("to one, cut twenty times at random points", () => toOne(people));
    });
  });
}

async function toGroup([sender, ...members]: readonly InRoom[]): Promise<void> {
  const bytes = randomBytes(195_000);
  const jid = sender!.room.jid.toString();
  const file = fileOf(bytes, jid);
  const way = new GroupWay(() => sender!.port);
  let progress = 0;
  try {
    const source = await way.offer(file, never(), (length) => progress = length);
    const wanted = wantedOf(file, `${jid}/${sender!.room.nick}`);
    const gathered = await Promise.all(members.map(async ({ port, client }, i) => {
      const { sink, whole, state } = gathering();
      const theirs = new GroupWay(() => port);
      let cut = i !== 0;
      const cutting = async (piece: Uint8Array) => {
        await sink(piece);
        if (!cut && state.length > 50_000) {
          cut = true;
          client.reconnect();
        }
      };
      await theirs.fetch(source, wanted, 0, cutting, never(), () => {});
      return await whole();
    }));
    for (const each of gathered) assert.deepEqual(each, bytes);
    assert.equal(progress, bytes.length);
  } finally {
    await way.close();
  }
}

async function toOne(people: readonly InRoom[]): Promise<void> {
  const [sender, receiver, stranger] = people as [InRoom, InRoom, InRoom];
  const bytes = randomBytes(1_500_000);
  const file = fileOf(bytes, bare(receiver));
  const [from, to, strange] = [sender, receiver, stranger].map(({ client, streams }) =>
    new IbbWay({ client, streams, mayMeet: () => true, devices: () => [] }, 10)
  ) as [IbbWay, IbbWay, IbbWay];
  const source = await from.offer(file, never(), () => {});
  const wanted = wantedOf(file, bare(sender));
  const { sink, state, whole } = gathering();
  for (let cuts = 0; cuts < 20; cuts++) {
    const stop = new AbortController();
    const until = state.length + Math.floor(Math.random() * 20_000);
    const cutting = async (piece: Uint8Array) => {
      await sink(piece);
      if (state.length > until) stop.abort(new Error("cut"));
    };
    await assert.rejects(
      to.fetch(source, wanted, state.length, cutting, stop.signal, () => {}),
      /cut/,
    );
  }
  // The connections break too, his and then hers.
  const breaking = [receiver.client, sender.client];
  const broken = async (piece: Uint8Array) => {
    await sink(piece);
    if (state.length > bytes.length - 300_000 * breaking.length) breaking.shift()?.reconnect();
  };
  await to.fetch(source, wanted, state.length, broken, never(), () => {});
  assert.deepEqual(await whole(), bytes);
  assert.equal(breaking.length, 0);

  // To another the file is not there; and no other account is asked on the sender's word.
  const refused = strange.fetch(source, wanted, 0, sink, never(), () => {});
  await assert.rejects(refused, (error) => (error as SimppdError).code === "stanza-item-not-found");
  const misled = to.fetch(source, wantedOf(file, bare(stranger)), 0, sink, never(), () => {});
  await assert.rejects(misled, (error) => (error as SimppdError).code === "not-reachable");
  from.withdraw(file.id);
  const gone = to.fetch(source, wanted, 0, sink, never(), () => {});
  await assert.rejects(gone, (error) => (error as SimppdError).code === "stanza-item-not-found");
}
