import assert from "node:assert/strict";
import { SimppdError } from "../base/mod.ts";
import { el, type Element, NS, StanzaError } from "../xmpp/core/mod.ts";
import { type FakeMember, FakeRoom, fileOf, randomBytes, ROOM, wantedOf } from "./group/testing.ts";
import { readPiece, writePiece } from "./group/messages.ts";
import type { OutgoingFile, Source } from "./ways.ts";
import { GroupWay } from "./way_group.ts";

const PATIENCE = { silenceMs: 50, awayMs: 300 };
const never = () => new AbortController().signal;
const code = (expected: string) => (error: unknown) =>
  error instanceof SimppdError && error.code === expected;

/** A room with a sender, who offers a file, and receivers. */
async function withRoom(
  receivers: number,
  bytes: Uint8Array<ArrayBuffer>,
  use: (bed: Bed) => Promise<void>,
  { serves, patience = PATIENCE }: {
    serves?: (nick: string) => boolean;
    patience?: typeof PATIENCE;
  } = {},
): Promise<void> {
  const room = new FakeRoom();
  const sender = room.enter("sender", serves);
  const members = Array.from({ length: receivers }, (_, i) => room.enter(`member ${i}`));
  const way = new GroupWay((jid) => jid === ROOM ? sender : undefined, PATIENCE);
  const file = fileOf(bytes, ROOM);
  try {
    const source = await way.offer(file, never(), () => {});
    await use({ patience, room, sender, members, way, file, source, bytes });
  } finally {
    await way.close();
    // What is on its way to the members arrives.
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  for (const member of [sender, ...members]) assert.equal(member.listeners, 0);
}

interface Bed {
  patience: typeof PATIENCE;
  room: FakeRoom;
  sender: FakeMember;
  members: FakeMember[];
  way: GroupWay;
  file: OutgoingFile;
  source: Source;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What a member has of the file, and how it gets the rest. */
class Getting {
  readonly got: Uint8Array[] = [];
  length = 0;
  /** Called with each piece the sink takes. */
  onBytes: (length: number) => Promise<void> | void = () => {};

  constructor(readonly bed: Bed, readonly member: FakeMember) {}

  async run(signal: AbortSignal = never()): Promise<void> {
    const way = new GroupWay((jid) => jid === ROOM ? this.member : undefined, this.bed.patience);
    const wanted = wantedOf(this.bed.file, `${ROOM}/sender`);
    await way.fetch(
      this.bed.source,
      wanted,
      this.length,
      async (bytes) => {
        this.got.push(bytes.slice());
        this.length += bytes.length;
        await this.onBytes(this.length);
      },
      signal,
      () => {},
    );
  }

  async whole(): Promise<void> {
    const all = new Uint8Array(await new Blob(this.got as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    assert.deepEqual(all, this.bed.bytes);
  }
}

async function all(bed: Bed): Promise<void> {
  const gettings = bed.members.map((member) => new Getting(bed, member));
  await Promise.all(gettings.map((getting) => getting.run()));
  for (const getting of gettings) await getting.whole();
}

Deno.test("a file comes to all members whole, and is said once however many they are", async () => {
  const messages: number[] = [];
  for (const receivers of [1, 5, 19, 150]) {
    await withRoom(receivers, randomBytes(195_000), async (bed) => {
      await all(bed);
      messages.push(bed.room.pieces("sender").length);
      const privately = bed.room.said.filter(({ from, to }) => from === "sender" && to);
      assert.equal(privately.length, 0);
      // Those who tell are few: no storm of acknowledgements.
      const reports = bed.room.said.filter(({ from }) => from !== "sender").length;
      assert.ok(reports <= 5 * Math.min(receivers, 20), `${reports} reports of ${receivers}`);
    }, { patience: { silenceMs: 2_000, awayMs: 2_000 } });
  }
  assert.equal(new Set(messages).size, 1, `messages: ${messages}`);
});

Deno.test("sizes about the edges of blocks and of the list arrive as they are", async () => {
  for (const size of [64, 8_191, 8_192, 8_193, 16_384, 1_000_000]) {
    await withRoom(2, randomBytes(size), all);
  }
});

Deno.test("pieces flipped, swapped, dropped, doubled, appended to: only they are said again", async () => {
  const kinds = ["flip", "swap", "drop", "double", "append", "renumber"] as const;
  for (const kind of kinds) {
    await withRoom(3, randomBytes(400_000), async (bed) => {
      let times = 0;
      bed.room.network = ({ element, to }) => {
        const piece = readPiece(element);
        const hit = to === "member 0" && piece?.block !== undefined && times < 4 &&
          Math.random() < 0.7;
        if (!hit) return [element];
        times++;
        const with_ = (change: Partial<typeof piece>) => writePiece({ ...piece, ...change })[0]!;
        const flipped = piece.data.slice();
        flipped[flipped.length >> 1]! ^= 1;
        const swapped = piece.data.slice();
        swapped.copyWithin(0, swapped.length >> 1);
        switch (kind) {
          case "flip":
            return [with_({ data: flipped })];
          case "swap":
            return [with_({ data: swapped })];
          case "drop":
            return [];
          case "double":
            return [element, element];
          case "append":
            return [with_({ data: new Uint8Array([...piece.data, 1, 2, 3]) })];
          case "renumber":
            return [with_({ block: piece.block + 1 })];
        }
      };
      await all(bed);
      assert.ok(times > 0);
      const repaired = bed.room.said.filter(({ from, to }) => from === "sender" && to)
        .reduce((sum, { element }) => sum + readPiece(element)!.data.length, 0);
      assert.ok(repaired < 400_000, `${kind}: ${repaired} bytes again`);
    });
  }
});

Deno.test("cut twenty times at random points, it goes on from where it stood", async () => {
  await withRoom(3, randomBytes(2_000_000), async (bed) => {
    const cut = new Getting(bed, bed.members[0]!);
    const others = bed.members.slice(1).map((member) => new Getting(bed, member));
    const rest = Promise.all(others.map((getting) => getting.run()));
    for (let cuts = 0; cuts < 20; cuts++) {
      const stop = new AbortController();
      const from = cut.length;
      const after = Math.floor(Math.random() * 120_000);
      cut.onBytes = (length) => {
        if (length - from >= after) stop.abort(new Error("cut"));
      };
      await assert.rejects(cut.run(stop.signal), /cut/);
    }
    cut.onBytes = () => {};
    await cut.run();
    await cut.whole();
    await rest;
    for (const getting of others) await getting.whole();
  });
});

Deno.test("a receiver that was out of the room meanwhile gets what it missed", async () => {
  await withRoom(3, randomBytes(1_000_000), async (bed) => {
    const [first] = bed.members;
    const getting = new Getting(bed, first!);
    let away = 0;
    getting.onBytes = (length) => {
      if (length < 150_000 * (away + 1) || away === 4) return;
      away++;
      bed.room.leave(first!.nick);
      setTimeout(() => bed.room.back(first!), 20);
    };
    const others = bed.members.slice(1).map((member) => new Getting(bed, member));
    await Promise.all([getting, ...others].map((each) => each.run()));
    assert.ok(away > 0);
    await getting.whole();
  });
});

Deno.test("who comes when all is said gets it alone; the others hear nothing again", async () => {
  await withRoom(3, randomBytes(700_000), async (bed) => {
    await all(bed);
    const before = bed.room.pieces("sender").length;
    const late = new Getting(bed, bed.room.enter("late"));
    await late.run();
    await late.whole();
    assert.equal(bed.room.pieces("sender").length, before);
    assert.equal(late.member.listeners, 0);
  });
});

Deno.test("a receiver declines midway: nothing is said for nobody, and the others get theirs", async () => {
  await withRoom(1, randomBytes(8_000_000), async (bed) => {
    const stop = new AbortController();
    const getting = new Getting(bed, bed.members[0]!);
    getting.onBytes = () => stop.abort(new Error("declined"));
    await assert.rejects(getting.run(stop.signal), /declined/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const said = bed.room.pieces("sender").length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(bed.room.pieces("sender").length, said);
    assert.ok(said < 60, `${said} of about 90`);
  });
  await withRoom(3, randomBytes(800_000), async (bed) => {
    const stop = new AbortController();
    const [declining, ...others] = bed.members.map((member) => new Getting(bed, member));
    declining!.onBytes = () => stop.abort(new Error("declined"));
    const declined = assert.rejects(declining!.run(stop.signal), /declined/);
    await Promise.all(others.map((each) => each.run()));
    await declined;
    for (const each of others) await each.whole();
  });
});

Deno.test("the sender leaves midway: told, and it goes on when the sender is back", async () => {
  await withRoom(2, randomBytes(1_500_000), async (bed) => {
    const gettings = bed.members.map((member) => new Getting(bed, member));
    let gone = false;
    gettings[0]!.onBytes = (length) => {
      if (length < 300_000 || gone) return;
      gone = true;
      bed.room.leave("sender");
    };
    await Promise.all(
      gettings.map((each) => assert.rejects(each.run(), code("sender-left"))),
    );
    bed.room.back(bed.sender);
    await Promise.all(gettings.map((each) => each.run()));
    for (const each of gettings) await each.whole();
  });
});

Deno.test("withdrawn midway: who waits for it is told", async () => {
  await withRoom(2, randomBytes(3_000_000), async (bed) => {
    const getting = new Getting(bed, bed.members[0]!);
    getting.onBytes = () => bed.way.withdraw(bed.file.id);
    await assert.rejects(getting.run(), code("file-withdrawn"));
  });
});

Deno.test("chunks of a stranger in the room are passed over, right or wrong", async () => {
  await withRoom(2, randomBytes(300_000), async (bed) => {
    const stranger = bed.room.enter("stranger");
    const forged = (seq: number) =>
      writePiece({
        id: bed.file.id,
        stream: "forged",
        seq,
        block: 0,
        data: randomBytes(8_192),
        ask: 1,
        within: 0,
      });
    const noise = setInterval(() => {
      for (let seq = 0; seq < 20; seq++) stranger.send(forged(seq));
      stranger.send([el("over", { xmlns: NS.simppFiles, id: bed.file.id })]);
    }, 1);
    try {
      await all(bed);
    } finally {
      clearInterval(noise);
    }
    assert.ok(bed.room.said.some(({ from }) => from === "stranger"));
    assert.ok(!bed.room.said.some(({ to }) => to === "stranger"));
  });
});

Deno.test("who is no member is sent nothing", async () => {
  await withRoom(1, randomBytes(50_000), async (bed) => {
    const outsider = new Getting(bed, bed.room.enter("outsider"));
    await assert.rejects(outsider.run(AbortSignal.timeout(200)));
    assert.equal(bed.room.pieces("sender").length, 0);
    await all(bed);
  }, { serves: (nick) => nick !== "outsider" });
});

Deno.test("a flood of requests makes the sender say no more than a bounded part again", async () => {
  await withRoom(3, randomBytes(200_000), async (bed) => {
    await all(bed);
    const flooder = bed.members[0]!;
    const lacks = [el("lacks", { xmlns: NS.simppFiles, id: bed.file.id, list: "1" }, "0-24")];
    for (let round = 0; round < 40; round++) {
      for (let times = 0; times < 50; times++) flooder.send(lacks, "sender");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const bytes = bed.room.said.filter(({ from, to }) => from === "sender" && to)
      .reduce((sum, { element }) => sum + readPiece(element)!.data.length, 0);
    assert.ok(bytes <= 4 * 200_000 + 1_048_576 + 8_192, `${bytes} bytes`);
  });
});

Deno.test("a room that alters everything ends the fetch, and nothing wrong reaches the sink", async () => {
  await withRoom(1, randomBytes(100_000), async (bed) => {
    bed.room.network = ({ element, to }) => {
      const piece = readPiece(element);
      if (to === "sender" || piece?.block === undefined) return [element];
      const forged = writePiece({ ...piece, data: randomBytes(piece.data.length) })[0]!;
      return Array.from({ length: 30 }, () => forged);
    };
    const getting = new Getting(bed, bed.members[0]!);
    await assert.rejects(getting.run(), code("file-altered"));
    assert.equal(getting.length, 0);
  });
});

Deno.test("a room that refuses what is too much gets it slower, and all of it", async () => {
  await withRoom(4, randomBytes(1_500_000), async (bed) => {
    let tokens = 5;
    const refill = setInterval(() => tokens = Math.min(5, tokens + 1), 30);
    let refused = 0;
    bed.room.refuses = (from) => {
      if (from !== "sender" || tokens-- > 0) return undefined;
      tokens = 0;
      refused++;
      return new StanzaError("wait", "resource-constraint");
    };
    try {
      await all(bed);
    } finally {
      clearInterval(refill);
    }
    assert.ok(refused > 0 && refused < 40, `${refused} refusals`);
  });
});

Deno.test("a room without private messages: what one lacks is said to all", async () => {
  await withRoom(3, randomBytes(300_000), async (bed) => {
    let dropped = 0;
    bed.room.network = ({ element, to }) => {
      const drops = to === "member 0" && readPiece(element)?.block !== undefined && dropped < 2;
      return drops ? (dropped++, []) : [element];
    };
    const refuse = bed.room.say.bind(bed.room);
    bed.room.say = (from, content, to) => {
      if (from !== "sender" || to === undefined) return refuse(from, content, to);
      const error = new StanzaError("auth", "forbidden");
      bed.sender.tell({ kind: "refused", id: "whisper", error });
      return "whisper";
    };
    await all(bed);
    assert.equal(dropped, 2);
  });
});

Deno.test("a sink that is slow holds the sender back", async () => {
  await withRoom(1, randomBytes(6_000_000), async (bed) => {
    const getting = new Getting(bed, bed.members[0]!);
    const gate = Promise.withResolvers<void>();
    getting.onBytes = () => gate.promise;
    const run = getting.run();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const said = bed.room.pieces("sender")
      .reduce((sum, element: Element) => sum + readPiece(element)!.data.length, 0);
    assert.ok(said < 3_000_000, `${said} bytes were said`);
    gate.resolve();
    await run;
    await getting.whole();
  });
});
