import { sleep, toHex } from "../base/mod.ts";
import { sha256, SUITE_IDS, type SuiteId } from "../crypto/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import { copyOf } from "./post.ts";
import { connect, end, onStage, type Stage } from "./stage.ts";
import { settled, until } from "./waiting.ts";

/** One datagram in so many is changed. */
const ONE_IN = 4;
/** Changed copies of one sealed message. */
const COPIES = 64;

/** What was tried under one suite. */
export interface TamperOfSuite {
  suite: SuiteId;
  datagrams: {
    /** Datagrams in which one bit was flipped on the way. */
    changed: number;
    /** Datagrams the receiver dropped as strays. */
    strays: number;
    /** Pictures shown while this went on: what was dropped is sent again. */
    shown: number;
    /** Pictures shown that the sender's camera did not give. */
    false_pictures: number;
    /** Is the call still up afterwards? */
    call_goes_on: boolean;
  };
  messages: {
    changed: number;
    refused: number;
    /** Why, as the person is told. */
    told: string;
    /** Changed messages that were shown. */
    shown: number;
    /** Does the true message open after all of them? */
    true_one_opens: boolean;
  };
}

/** What {@link tamper} found. */
export interface TamperReport {
  /** Nothing changed was shown, and nothing stopped working. */
  ok: boolean;
  suites: TamperOfSuite[];
}

/** Somebody on the way flips bits, in the datagrams of a call and in sealed messages. */
export async function tamper(): Promise<TamperReport> {
  const suites: TamperOfSuite[] = [];
  for (const suite of SUITE_IDS) {
    suites.push(
      await onStage([suite], async (stage) => ({
        suite,
        messages: await changeMessages(stage),
        datagrams: await changeDatagrams(stage),
      })),
    );
  }
  const ok = suites.every(({ datagrams, messages }) =>
    datagrams.changed > 0 && datagrams.strays === datagrams.changed && datagrams.shown > 0 &&
    datagrams.false_pictures === 0 && datagrams.call_goes_on &&
    messages.refused === messages.changed && messages.shown === 0 && messages.true_one_opens
  );
  return { ok, suites };
}

async function changeDatagrams(stage: Stage): Promise<TamperOfSuite["datagrams"]> {
  const { alice, bob, tap } = stage;
  const { id } = await connect(stage);
  const shown: Uint8Array[] = [];
  const watching = (async () => {
    const { signal } = new AbortController();
    for await (const { data } of bob.calls.pictures(id, "remote", signal)) shown.push(data);
  })();
  const strays = () => bob.calls.get(id).info?.strays ?? 0;
  const before = strays();
  let [passed, changed] = [0, 0];
  tap.treat = (datagram, from) => {
    if (from !== "alice" || ++passed % ONE_IN !== 0) return [datagram];
    return [flipped(datagram, changed++ * 37)];
  };
  await sleep(1_000);
  tap.treat = (datagram) => [datagram];
  await settled(() => strays() - before, changed);
  const goesOn = [alice, bob].every(({ calls }) => calls.get(id).state === "active");
  const counted = strays() - before;
  await end(stage, id);
  await watching;
  const film = new Set(alice.film.map((picture) => toHex(sha256(picture))));
  return {
    changed,
    strays: counted,
    shown: shown.length,
    false_pictures: shown.filter((picture) => !film.has(toHex(sha256(picture)))).length,
    call_goes_on: goesOn,
  };
}

async function changeMessages({ alice, bob, post }: Stage): Promise<TamperOfSuite["messages"]> {
  await alice.say("We know each other now.");
  await until("Bob to hear it", () => bob.heard.length > 0 || undefined);
  const heard = bob.heard.length;
  post.treat = () => undefined;
  await alice.say("Pay ten.");
  post.treat = (letter) => letter;
  const letter = post.carried.at(-1)!;
  const refused = bob.refused.length;
  for (let copy = 0; copy < COPIES; copy++) {
    await post.deliver({ ...letter, element: withFlippedBit(letter.element, copy / COPIES) });
  }
  const [shown, refusals] = [bob.heard.length - heard, bob.refused.slice(refused)];
  await post.deliver(letter);
  return {
    changed: COPIES,
    refused: refusals.length,
    told: refusals[0]?.message ?? "",
    shown,
    true_one_opens: bob.heard.at(-1) === "Pay ten." && shown === 0,
  };
}

/** A copy with one bit flipped, at `bit` modulo its length in bits. */
function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const out = bytes.slice();
  const at = (bit >> 3) % out.length;
  out[at]! ^= 1 << (bit & 7);
  return out;
}

/** The element with a bit of its first packet flipped, `part` (0 to 1) of the way through it. */
function withFlippedBit(element: Element, part: number): Element {
  const copy = copyOf(element);
  const packet = copy.getChild("for")!;
  const bytes = Uint8Array.fromBase64(packet.getText());
  packet.children = [flipped(bytes, Math.floor(part * bytes.length * 8)).toBase64()];
  return copy;
}
