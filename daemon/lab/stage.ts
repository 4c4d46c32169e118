import { sleep } from "../base/mod.ts";
import type { SuiteId } from "../crypto/mod.ts";
import type { CallView } from "../views/mod.ts";
import { CAMERA } from "./film.ts";
import { Person } from "./person.ts";
import { Post } from "./post.ts";
import { Tap } from "./tap.ts";

/** Alice, Bob, and an attacker who is the server and the network between them. */
export interface Stage {
  alice: Person;
  bob: Person;
  post: Post;
  tap: Tap;
}

/** Sets the stage, lets `play` happen, and clears it away. */
export async function onStage<T>(
  suites: readonly SuiteId[],
  play: (stage: Stage) => Promise<T>,
): Promise<T> {
  const post = new Post();
  const tap = await Tap.open();
  const people: Person[] = [];
  try {
    for (const name of ["alice", "bob"] as const) {
      people.push(await Person.make(name, post, tap, suites));
    }
    const [alice, bob] = people as [Person, Person];
    return await play({ alice, bob, post, tap });
  } finally {
    await Promise.all(people.map((person) => person.close()));
    await tap.close();
  }
}

/** Alice calls, Bob accepts; resolves when both have seen a picture of the other. */
export async function connect({ alice, bob }: Stage): Promise<{ id: string; suite: string }> {
  const { id } = await alice.calls.start(bob.jid, CAMERA);
  await bob.call((call) => call.id === id && call.state === "ringing");
  await bob.calls.accept(id, CAMERA);
  const sees = (call: CallView) => call.id === id && (call.info?.receive.frames ?? 0) > 0;
  const [call] = await Promise.all([alice.call(sees), bob.call(sees)]);
  return { id, suite: call.info?.suite ?? "" };
}

/** Ends a call on both sides, after what was sent has arrived. */
export async function end({ alice, bob }: Stage, id: string): Promise<void> {
  alice.calls.hangUp(id);
  const over = (call: CallView) => call.id === id && call.state === "ended";
  await Promise.all([alice.call(over), bob.call(over)]);
  // The sockets of the call are let go on their own time.
  await sleep(20);
}
