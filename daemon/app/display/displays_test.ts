import assert from "node:assert/strict";
import { type Bytes, Emitter, orderedNow, SimppdError, utf8 } from "../../base/mod.ts";
import type { AppEvent, DisplaysView } from "../../views/mod.ts";
import { DisplayMemory } from "./display_memory.ts";
import { type DisplayFiles, type DisplayOffer, Displays, type OtherViewer } from "./displays.ts";
import type { After } from "./held_offers.ts";
import { DEFAULT_POLICY } from "./limits.ts";
import { Presenting } from "./presenting.ts";
import { type DisplaySource, memorySource } from "./source.ts";
import { latin1, pdf, png } from "./testing.ts";

const GROUP = "team@rooms.example";
const BOB = "bob@example.org";
const EVE = "eve@example.org";

function stage(more: { files?: DisplayFiles; viewer?: OtherViewer; after?: After } = {}) {
  const values = new Map<string, string>();
  const memory = new DisplayMemory({
    get: <T>(name: string) => {
      const text = values.get(name);
      return text === undefined ? undefined : JSON.parse(text) as T;
    },
    set: (name, value) => void values.set(name, JSON.stringify(value)),
  });
  const events = new Emitter<AppEvent>();
  const seen: DisplaysView[] = [];
  events.on(({ type, data }) => {
    if (type === "displays") seen.push(data);
  });
  const clock = { now: 0 };
  const never: After = () => () => {};
  const make = (viewer?: OtherViewer) =>
    new Displays({ memory, events, now: () => clock.now, after: never, viewer, ...more });
  return { displays: make(), again: make, seen, clock, events };
}

/** Files of which none is here. */
const UNKNOWN: DisplayFiles = {
  has: () => false,
  knows: () => false,
  fetch: () => Promise.resolve(),
  open: () => Promise.reject(new Error("not here")),
};

let last = 0;
function offer(change: Partial<DisplayOffer> & { bytes?: Bytes } = {}): DisplayOffer {
  const { bytes = png(2, 2), ...rest } = change;
  return {
    id: `file-${++last}`,
    place: GROUP,
    from: BOB,
    mine: false,
    verified: true,
    displayer: true,
    name: "plan.png",
    source: () => Promise.resolve(memorySource(bytes, "plan.png")),
    ...rest,
  };
}

const states = ({ items }: DisplaysView) => items.map(({ state, reason }) => reason?.code ?? state);

Deno.test("offer() shows what the policy lets, and replaces what the place showed", async () => {
  const { displays, seen } = stage();
  const first = await displays.offer(offer());
  assert.equal(first.state, "showing");
  assert.deepEqual([first.kind, first.type, first.width], ["picture", "image/png", 2]);
  await displays.offer(offer({ place: BOB }));
  await displays.offer(offer({ bytes: utf8("agenda") }));
  assert.deepEqual(states(displays.view()), ["showing", "showing", "replaced"]);
  assert.equal(seen.length, 3);
});

for (
  const [from, lets] of [
    ["nobody", [false, false, false, false]],
    ["verified", [true, false, false, false]],
    ["displayers", [false, true, false, false]],
    ["all", [true, true, true, false]],
  ] as const
) {
  Deno.test(`offer() under the policy "${from}" opens by itself for those alone`, async () => {
    const { displays } = stage();
    displays.setPolicy(null, { ...DEFAULT_POLICY, from });
    const facts = [
      { verified: true, displayer: null },
      { verified: false, displayer: true },
      { verified: false, displayer: null },
      // Whom a group does not let opens nothing, however well they are known.
      { verified: true, displayer: false },
    ];
    for (const [at, fact] of facts.entries()) {
      const item = await displays.offer(offer({ from: `p${at}@x`, place: `p${at}@x`, ...fact }));
      assert.equal(item.state, lets[at] ? "showing" : "withheld");
      if (!lets[at]) assert.equal(item.reason!.code, "display-not-let");
      displays.show(item.id); // the person may always
      assert.equal(displays.get(item.id).state, "showing");
    }
  });
}

Deno.test("a place's own policy goes before that of all, until it is forgotten", async () => {
  const { displays } = stage();
  displays.setPolicy(GROUP, { ...DEFAULT_POLICY, from: "nobody" });
  assert.equal((await displays.offer(offer())).state, "withheld");
  assert.equal((await displays.offer(offer({ place: BOB }))).state, "showing");
  displays.forget({ place: GROUP });
  assert.deepEqual(displays.view().places, {});
  assert.equal(displays.view().items.length, 1);
  assert.equal((await displays.offer(offer())).state, "showing");
});

Deno.test("nothing stays of a contact who is removed, and of a room that is left", async () => {
  const { displays, events } = stage();
  await displays.offer(offer());
  await displays.offer(offer({ place: BOB }));
  await displays.offer(offer({ place: BOB, from: EVE }));
  displays.setPolicy(GROUP, DEFAULT_POLICY);
  events.emit({ type: "contact-removed", data: { jid: EVE } });
  assert.equal(displays.view().items.length, 2);
  events.emit({ type: "room-removed", data: { jid: GROUP } });
  assert.deepEqual(displays.view().items.map(({ place }) => place), [BOB]);
  assert.deepEqual(displays.view().places, {});
});

Deno.test("offer() withholds what is too large, or of a kind not wanted", async () => {
  const { displays } = stage();
  displays.setPolicy(null, { from: "verified", maxBytes: 1000, kinds: ["text"] });
  const large = await displays.offer(offer({ bytes: utf8("x".repeat(1001)) }));
  const picture = await displays.offer(offer());
  const small = await displays.offer(offer({ bytes: utf8("x".repeat(1000)) }));
  assert.deepEqual([large, picture, small].map((item) => item.reason?.code ?? "shown"), [
    "display-size",
    "display-kind",
    "shown",
  ]);
});

Deno.test("offer() goes by a file's content, whatever it is called", async () => {
  const { displays } = stage();
  const html = await displays.offer(offer({
    bytes: utf8("<script>alert(1)</script>"),
    name: "holiday.jpg",
  }));
  assert.deepEqual([html.kind, html.type], ["text", "text/plain"]);
  const program = await displays.offer(offer({ bytes: latin1("MZ\x90\0\0"), name: "x.png" }));
  assert.equal(program.reason!.code, "display-type");
  assert.throws(() => displays.show(program.id), { code: "display-type" });
  await assert.rejects(displays.open(program.id), { code: "display-type" });
});

Deno.test("a picture that asks for the browser's memory is shown to nobody", async () => {
  const { displays } = stage();
  displays.setPolicy(null, { ...DEFAULT_POLICY, from: "all" });
  for (const claimed of [[30_000, 30_000], [65_000, 1], [10_000, 4_001]] as const) {
    const bomb = await displays.offer(offer({ bytes: png(1, 1, [0, 0, 0], claimed) }));
    assert.equal(bomb.reason!.code, "display-pixels", claimed.join());
    assert.throws(() => displays.show(bomb.id), { code: "display-pixels" });
  }
  const cut = await displays.offer(offer({ bytes: png(9, 9).slice(0, 15) }));
  assert.equal(cut.reason!.code, "display-damaged");
  const fits = await displays.offer(offer({ bytes: png(1, 1, [0, 0, 0], [10_000, 4_000]) }));
  assert.equal(fits.state, "showing");
});

Deno.test("a PDF larger than a browser should hold is not shown", async () => {
  const { displays } = stage();
  displays.setPolicy(null, { ...DEFAULT_POLICY, maxBytes: 4_000_000_000 });
  const source: DisplaySource = { ...memorySource(pdf({}), "x.pdf"), size: 64_000_001 };
  const item = await displays.offer(offer({ source: () => Promise.resolve(source) }));
  assert.equal(item.reason!.code, "display-too-large");
});

Deno.test("a flood shows ten a minute of one presenter, thirty of all", async () => {
  const { displays, clock } = stage();
  const taken = async (from: string) => {
    let count = 0;
    for (let i = 0; i < 40; i++) {
      if ((await displays.offer(offer({ from }))).state === "showing") count++;
    }
    return count;
  };
  assert.equal(await taken(BOB), 10);
  assert.equal(await taken("c@x"), 10);
  assert.equal(await taken("d@x"), 10);
  assert.equal(await taken("e@x"), 0);
  clock.now = 60_000;
  assert.equal(await taken(BOB), 10);
  // Those who are not let use nothing up.
  clock.now = 120_000;
  for (let at = 0; at < 40; at++) await displays.offer(offer({ from: `${at}@x`, verified: false }));
  assert.equal(await taken(BOB), 10);
  assert.ok(displays.view().items.length <= 50);
});

Deno.test("what a flood pushes out is history, never what is on the stage", async () => {
  const { displays, clock } = stage();
  const kept = await displays.offer(offer({ place: BOB }));
  for (let i = 0; i < 120; i++) {
    clock.now += 10_000;
    await displays.offer(offer({ verified: false, from: EVE }));
  }
  const { items } = displays.view();
  assert.equal(items.length, 50);
  assert.equal(items.find(({ id }) => id === kept.id)!.state, "showing");
});

Deno.test("clear() takes back what the presenter shows, and nothing of another's", async () => {
  const { displays } = stage();
  await displays.offer(offer());
  displays.clear(GROUP, { from: EVE, displayer: false });
  displays.clear(BOB, { from: BOB, displayer: false });
  assert.deepEqual(states(displays.view()), ["showing"]);
  displays.clear(GROUP, { from: BOB, displayer: false });
  assert.deepEqual(states(displays.view()), ["cleared"]);
  await displays.offer(offer());
  displays.clear(GROUP, { from: EVE, displayer: true });
  assert.deepEqual(states(displays.view()), ["cleared", "cleared"]);
  const own = await displays.offer(offer({ mine: true, from: "me@x" }));
  displays.clear(GROUP, { from: EVE, displayer: true });
  assert.equal(displays.get(own.id).state, "showing");
});

Deno.test("what is taken back before it is here does not open, also after a restart", async () => {
  const { displays, again } = stage();
  const [now, early] = [Date.now() + 1_000, Date.now() - 1000];
  displays.clear(GROUP, { from: BOB, displayer: false });
  for (const at of [displays, again()]) {
    const item = await at.offer(offer({ at: early }));
    assert.deepEqual([item.state, item.reason!.code], ["past", "cleared"]);
    assert.equal((await at.offer(offer({ at: early, from: EVE }))).state, "showing");
    assert.equal((await at.offer(offer({ at: now + 60_000 }))).state, "showing", "told of later");
    assert.equal((await at.offer(offer({ at: early, place: BOB }))).state, "showing");
    assert.equal(at.show(item.id).items.find(({ id }) => id === item.id)!.state, "showing");
  }
  // A displayer takes back what all show.
  displays.clear(GROUP, { from: BOB, displayer: true });
  assert.equal((await displays.offer(offer({ at: early, from: EVE }))).state, "past");
  displays.forget({ place: GROUP });
  assert.equal((await displays.offer(offer({ at: early, from: EVE }))).state, "showing");
});

Deno.test("dismiss(), show() and forgetHistory() are this person's own", async () => {
  const { displays } = stage();
  const item = await displays.offer(offer());
  assert.deepEqual(states(displays.dismiss(item.id)), ["closed"]);
  assert.deepEqual(states(displays.show(item.id)), ["showing"]);
  await displays.offer(offer({ place: BOB }));
  assert.deepEqual(states(displays.dismiss(null)), ["closed", "closed"]);
  displays.show(item.id);
  assert.deepEqual(states(displays.forgetHistory()), ["showing"]);
  assert.throws(() => displays.show("nothing"), { code: "unknown-display" });
});

Deno.test("after a restart the stage is as it was, without what is not here any more", async () => {
  const bytes = png(2, 2);
  const files = {
    ...UNKNOWN,
    has: (id: string) => id !== "lost",
    open: () => Promise.resolve(memorySource(bytes, "x")),
  };
  const { displays, again } = stage({ files });
  const told: string[] = [];
  await displays.offer(offer({ place: BOB, id: "closed" }));
  displays.dismiss("closed");
  await displays.offer(offer({ place: EVE, id: "lost" }));
  await displays.offer(offer({ id: "kept" }));
  const after = again({
    command: "viewer",
    show: () => void told.push("shown"),
    close: () => Promise.resolve(),
  });
  after.recall();
  assert.deepEqual(after.view().items.map(({ id, state, reason }) => [id, reason?.code ?? state]), [
    ["kept", "showing"],
    ["lost", "gone"],
    ["closed", "closed"],
  ]);
  assert.deepEqual(told, ["shown"]);
  assert.throws(() => after.show("lost"), { code: "display-gone" });
  assert.equal((await after.open("kept")).size, bytes.length);
  // Its presenter took it back meanwhile, or does now.
  after.clear(GROUP, { from: BOB, displayer: false });
  assert.equal(after.get("kept").reason!.code, "cleared");
});

Deno.test("what was shown before does not take the place of what was shown after it", async () => {
  const { displays } = stage();
  const [older, newer] = [Date.now() - 2000, Date.now() - 1000];
  const map = await displays.offer(offer({ at: newer }));
  const film = await displays.offer(offer({ at: older }));
  assert.deepEqual([map.state, film.state, film.reason!.code], ["showing", "past", "replaced"]);
  assert.deepEqual(displays.view().items.map(({ id }) => id), [map.id, film.id]);
  // Nor when that is over; elsewhere, or where the newer one never opened, it does.
  displays.dismiss(map.id);
  assert.equal((await displays.offer(offer({ at: older }))).state, "past");
  assert.equal((await displays.offer(offer({ at: older, place: BOB }))).state, "showing");
  await displays.offer(offer({ place: EVE, at: newer, verified: false }));
  assert.equal((await displays.offer(offer({ at: older, place: EVE }))).state, "showing");
  // The person may always.
  displays.show(film.id);
  assert.equal(displays.get(film.id).state, "showing");
});

Deno.test("after a clear what is shown next opens, though both come in one moment", async () => {
  const { displays, clock } = stage();
  for (let n = 0; n < 20; n++) {
    clock.now = 60_000 * n;
    const before = orderedNow();
    displays.clear(GROUP, { from: BOB, displayer: false });
    const after = orderedNow();
    assert.equal((await displays.offer(offer({ at: before }))).state, "past");
    assert.equal((await displays.offer(offer({ from: EVE, at: after }))).state, "showing");
  }
});

Deno.test("only of one's own is it told for whom it opened, once each", async () => {
  const { displays } = stage();
  const own = await displays.offer(offer({ mine: true, from: "me@x" }));
  const theirs = await displays.offer(offer({ place: BOB }));
  for (const id of [own.id, own.id, theirs.id, "unknown"]) displays.openedFor(id, EVE);
  assert.deepEqual(displays.get(own.id).openedFor, [EVE]);
  assert.deepEqual(displays.get(theirs.id).openedFor, []);
});

Deno.test("of a flood the newest waits, and is shown when the minute is over", async () => {
  const due: (() => void)[] = [];
  const waits: number[] = [];
  const after: After = (ms, run) => {
    waits.push(ms);
    due.push(run);
    return () => void due.splice(due.indexOf(run), 1);
  };
  const { displays, clock, again, events } = stage({
    after,
    files: { ...UNKNOWN, has: () => true },
  });
  for (let n = 0; n < 13; n++) {
    clock.now = 1000 * n;
    await displays.offer(offer({ name: `${n}.png` }));
  }
  const named = (of = displays) =>
    of.view().items.slice(0, 2).map(({ name, state, reason }) =>
      `${name} ${reason?.code ?? state}`
    );
  assert.deepEqual(named(), ["12.png display-many", "9.png showing"], "one row, of the newest");
  assert.deepEqual(waits, [50_000, 49_000, 48_000]);
  assert.equal(due.length, 1);
  const restarted = again();
  restarted.recall();
  assert.deepEqual(named(restarted), ["12.png showing", "9.png replaced"]);
  clock.now = 60_000;
  const shown = new Promise<void>((resolve) => events.on(() => resolve()));
  due[0]!();
  await shown;
  assert.deepEqual(named(), ["12.png showing", "9.png replaced"]);
  await displays.close();
});

Deno.test("what does not come by itself waits, is fetched when wanted, and is shown then", async () => {
  const fetched: string[] = [];
  let fails: Error | undefined = new SimppdError("no-way", "There is no connection.");
  const files: DisplayFiles = {
    ...UNKNOWN,
    knows: () => true,
    fetch: (id) =>
      fails === undefined ? Promise.resolve(void fetched.push(id)) : Promise.reject(fails),
  };
  const { displays, again } = stage({ files });
  displays.setPolicy(null, { ...DEFAULT_POLICY, from: "nobody" });
  const { id, place, from, mine } = offer();
  const told = { id, place, from, mine, name: "long.wav", size: 12_000_000 };
  displays.waits(told);
  displays.waits(told);
  assert.deepEqual(states(displays.view()), ["display-not-here"]);
  assert.equal(displays.get(id).available, true);
  const later = again();
  later.recall();
  assert.equal(later.get(id).available, true, "also after a restart");
  displays.show(id);
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(displays.get(id).reason!.message, "There is no connection.");
  fails = undefined;
  displays.show(id);
  assert.deepEqual(fetched, [id]);
  assert.equal(displays.get(id).reason!.message, "It is being fetched.");
  assert.equal((await displays.offer(offer({ id }))).state, "showing", "the person wants it");
  // A flood of them is ten rows.
  for (let n = 0; n < 40; n++) displays.waits({ ...told, id: `more-${n}` });
  assert.equal(displays.view().items.length, 10);
  assert.equal(displays.view().items[0]!.id, "more-39");
  // What is taken back waits for nobody.
  displays.clear(GROUP, { from: BOB, displayer: false });
  assert.ok(states(displays.view()).every((state) => state === "cleared"));
});

Deno.test("open() refuses a file that is another than the one looked at", async () => {
  const { displays } = stage();
  let bytes = png(2, 2);
  let closed = 0;
  const source = () => Promise.resolve({ ...memorySource(bytes, "x"), close: () => void closed++ });
  const item = await displays.offer(offer({ source }));
  bytes = utf8("<script>");
  await assert.rejects(displays.open(item.id), { code: "display-gone" });
  assert.equal(closed, 2);
});

Deno.test("names lose what is not seen and what turns the text", async () => {
  const { displays } = stage();
  const item = await displays.offer(offer({ name: `a\u202egnp.exe\n${"x".repeat(500)}` }));
  assert.equal(item.name, `agnp.exe${"x".repeat(192)}`);
});

Deno.test("another viewer gets the newest that is shown, and is told when nothing is", async () => {
  const told: (string | undefined)[] = [];
  const viewer: OtherViewer = {
    command: "viewer",
    show: (shown) => void told.push(shown?.type.extension),
    close: () => Promise.resolve(),
  };
  const { displays } = stage({ viewer });
  await displays.offer(offer());
  await displays.offer(offer({ verified: false }));
  await displays.offer(offer({ bytes: utf8("words"), place: BOB }));
  displays.dismiss(null);
  assert.deepEqual(told, ["png", "txt", undefined]);
  assert.equal(displays.view().command, "viewer");
});

Deno.test("present() shows a file here alone, within bounds, or sends it", async () => {
  const { displays } = stage();
  const here = new Presenting(displays, () => "me@x");
  const bytes = (part: Bytes) => new Blob([part]).stream();
  const item = await here.present({ to: null, name: "a.png", bytes: bytes(png(1, 1)) });
  assert.deepEqual([item.state, item.mine, item.place], ["showing", true, null]);
  await assert.rejects(here.present({ to: null, name: "x", bytes: bytes(latin1("\0\0")) }), {
    code: "display-type",
  });
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(8 << 20)),
  });
  await assert.rejects(here.present({ to: null, name: "x", bytes: endless }), {
    code: "too-large",
  });
  await assert.rejects(here.present({ to: GROUP, name: "x", bytes: bytes(png(1, 1)) }), {
    code: "no-file-transfer",
  });
  assert.equal((await here.clear(null)).items[0]!.reason!.code, "cleared");

  const cleared: string[] = [];
  const sending = new Presenting(displays, () => "me@x", {
    async sendFile({ to, name }) {
      const sent = offer({ place: to, name, mine: true, from: "me@x" });
      await displays.offer(sent);
      return { id: sent.id };
    },
    sendClear: (to) => Promise.resolve(void cleared.push(to)),
  });
  const image = { to: GROUP, name: "b.png", bytes: bytes(png(1, 1)) };
  await assert.rejects(sending.present(image), { code: "bad-input" });
  const sent = await sending.present({ ...image, size: png(1, 1).length });
  assert.deepEqual([sent.place, sent.mine], [GROUP, true]);
  await sending.clear(GROUP);
  assert.deepEqual(cleared, [GROUP]);
  assert.equal(displays.get(sent.id).reason!.code, "cleared");
});
