import { GroupWay, IbbWay, type OutgoingFile } from "../../../daemon/files/mod.ts";
import { fileOf, randomBytes, wantedOf } from "../../../daemon/files/group/testing.ts";
import { type InRoom, withPeopleInRoom } from "../../interop/people_in_room.ts";
import { atMost, type BenchLine, round } from "../bench.ts";

/** LSIM's table 4.2: bytes of a file, and the seconds it took to a group. */
const TABLE = [
  { bytes: 8_500, name: "8.5 KB", paper: 35.3 },
  { bytes: 25_000, name: "25 KB", paper: 105.98 },
  { bytes: 60_000, name: "60 KB", paper: 305.9 },
  { bytes: 195_000, name: "195 KB", paper: 1007.9 },
];

/** Bytes of the larger file that shows a rate. */
const LARGE = 4_000_000;
/**
 * Rest before each file. The carried server lets an account say 4 MB at once and 2 MB a second, each
 * copy to an occupant counted: a file after others would be measured at what those left of it.
 */
const REST_MS = 2_500;

/**
 * Files in messages: LSIM's table 4.2 in its own shape, to so many members beside the sender, until
 * the last has the last byte; then a larger file to five, and to one by In-Band Bytestreams. Prosody
 * and ejabberd run without rate limits.
 */
export async function* inBandFigures(
  { servers = ["carried", "Prosody", "ejabberd"], groups = [2, 5, 20] } = {},
): AsyncGenerator<BenchLine> {
  for (const server of servers) {
    for (const members of groups) {
      const lines: BenchLine[] = [];
      await withPeopleInRoom(server, members + 1, async (people) => {
        // What is compiled on the way is not the file's.
        await toGroup(people, 1_000);
        for (const { bytes, name, paper } of TABLE) {
          if (server === "carried") await new Promise((resolve) => setTimeout(resolve, REST_MS));
          const { seconds, messages } = await toGroup(people, bytes);
          const on = `${name} to ${members}, ${server}`;
          const target = server === "carried" && members === 5 && bytes === 195_000
            ? atMost(0.5, seconds)
            : {};
          lines.push(
            { ...line(on, "time", round(seconds), "s"), ...target },
            { ...line(on, "time", paper, "s"), peer: "LSIM" },
            line(on, "messages of the sender", messages, ""),
          );
        }
        if (members !== 5) return;
        const { seconds } = await toGroup(people, LARGE);
        lines.push(line(`4 MB to 5, ${server}`, "rate", round(LARGE / seconds / 1e6), "MB/s"));
        const alone = await toOne(people, LARGE);
        lines.push(line(`4 MB to 1, ${server}`, "rate", round(LARGE / alone / 1e6), "MB/s"));
      });
      yield* lines;
    }
  }
}

function line(on: string, metric: string, value: number, unit: string): BenchLine {
  return { bench: "files", case: on, metric, value, unit };
}

/** Seconds from the first asking until all have all of it, and what the sender said. */
async function toGroup(
  [sender, ...members]: readonly InRoom[],
  bytes: number,
): Promise<{ seconds: number; messages: number }> {
  const jid = sender!.room.jid.toString();
  let messages = 0;
  const off = sender!.port.listen((news) => {
    if (news.kind === "heard" && news.own) messages++;
  });
  const way = new GroupWay(() => sender!.port);
  const file = fileOf(randomBytes(bytes), jid);
  const began = performance.now();
  try {
    const source = await way.offer(file, new AbortController().signal, () => {});
    const wanted = wantedOf(file, `${jid}/${sender!.port.self.nick}`);
    await Promise.all(members.map(async ({ port }) => {
      const theirs = new GroupWay(() => port);
      await receive(
        file,
        (sink, signal) => theirs.fetch(source, wanted, 0, sink, signal, () => {}),
      );
    }));
    return { seconds: (performance.now() - began) / 1000, messages };
  } finally {
    off();
    await way.close();
  }
}

async function toOne(people: readonly InRoom[], bytes: number): Promise<number> {
  const [sender, receiver] = people as [InRoom, InRoom];
  const bare = (who: InRoom) => who.client.jid.bare().toString();
  const file = fileOf(randomBytes(bytes), bare(receiver));
  const [from, to] = [sender, receiver].map(({ client, streams }) =>
    new IbbWay({ client, streams, mayMeet: () => true, devices: () => [] })
  ) as [IbbWay, IbbWay];
  const source = await from.offer(file, new AbortController().signal, () => {});
  const began = performance.now();
  const wanted = wantedOf(file, bare(sender));
  await receive(file, (sink, signal) => to.fetch(source, wanted, 0, sink, signal, () => {}));
  return (performance.now() - began) / 1000;
}

/** Fetches, and sees that what came is the file. */
async function receive(
  file: OutgoingFile,
  fetch: (sink: (bytes: Uint8Array) => Promise<void>, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const got: Uint8Array<ArrayBuffer>[] = [];
  await fetch((bytes) => {
    got.push(bytes.slice());
    return Promise.resolve();
  }, AbortSignal.timeout(120_000));
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(got).arrayBuffer());
  if (new Uint8Array(hash).toHex() !== file.hash.toHex()) throw new Error("another file came");
}
