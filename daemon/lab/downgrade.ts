import type { Bytes } from "../base/mod.ts";
import { suite, SUITE_IDS } from "../crypto/mod.ts";
import { SIMPP_NS } from "../simpp/mod.ts";
import type { CallView } from "../views/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import { CAMERA } from "./film.ts";
import type { Person, Refusal } from "./person.ts";
import { copyOf } from "./post.ts";
import { onStage, type Stage } from "./stage.ts";
import { until } from "./waiting.ts";

/** One try to make two people use weaker encryption than both can. */
export interface Attempt {
  attempt: string;
  /** Was it refused, and nothing opened? */
  refused: boolean;
  /** What each is told; null when nothing reached them. */
  alice: Refusal | null;
  bob: Refusal | null;
}

/** What {@link downgrade} found. */
export interface DowngradeReport {
  /** Every try was refused. */
  ok: boolean;
  /** What both sides allow, strongest first, and what the attacker wants of them. */
  offered: string[];
  wanted: string;
  attempts: Attempt[];
}

const WEAKEST = SUITE_IDS.at(-1)!;
/** Version, device key, counter, expiry: then the list of suites (docs/protocol.md "Bundle"). */
const SUITES_AT = 1 + 32 + 4 + 8;

/** Somebody in the middle edits the lists of suites that two people offer each other. */
export async function downgrade(): Promise<DowngradeReport> {
  const attempts = [
    await onStage(SUITE_IDS, editedBundle),
    await onStage(SUITE_IDS, oldBundleAgain),
    await onStage([WEAKEST], oldBundleFirst),
    await onStage(SUITE_IDS, sealedProposal),
    await onStage(SUITE_IDS, openProposal),
  ];
  return {
    ok: attempts.every(({ refused }) => refused),
    offered: [...SUITE_IDS],
    wanted: WEAKEST,
    attempts,
  };
}

/** The directory strikes the strong suites out of the bundle Bob signed. */
async function editedBundle({ alice, bob, post }: Stage): Promise<Attempt> {
  post.show = withWeakestOnly;
  await alice.send(bob.jid, el("body", {}, "Hello"));
  return verdict("the server strikes the strong suites out of Bob's published keys", alice, bob);
}

/** The directory gives keys of Bob's that are genuine, but older than those Alice has seen. */
async function oldBundleAgain({ alice, bob, post }: Stage): Promise<Attempt> {
  const modern = bob.published!;
  bob.simpp.policy.set(null, [WEAKEST]);
  await bob.simpp.publish();
  const weak = bob.published!;
  bob.simpp.policy.set(null, SUITE_IDS);
  await bob.simpp.publish();
  await alice.say("We have met.");
  post.show = (bundle) => isOf(bundle, modern) ? weak : bundle;
  await alice.send(bob.jid, el("body", {}, "Hello"), true);
  return verdict("the server gives Alice, who has met Bob, older keys of his", alice, bob, 1);
}

/** The same at first contact: the older keys are all Alice ever saw. */
async function oldBundleFirst({ alice, bob, post }: Stage): Promise<Attempt> {
  const weak = bob.published!;
  for (const person of [alice, bob]) {
    person.simpp.policy.set(null, SUITE_IDS);
    await person.simpp.publish();
  }
  const own = bob.published!;
  post.show = (bundle) => isOf(bundle, own) ? weak : bundle;
  await alice.send(bob.jid, el("body", {}, "Hello"));
  return verdict("the server gives Alice, who never met Bob, older keys of his", alice, bob);
}

/** A call's proposal, which crosses the server sealed. */
async function sealedProposal(stage: Stage): Promise<Attempt> {
  const { alice, bob, post } = stage;
  await meet(stage);
  post.treat = (letter) => {
    const element = copyOf(letter.element);
    const packet = element.getChild("for")!;
    const bytes = Uint8Array.fromBase64(packet.getText());
    bytes[bytes.length - 40]! ^= 1;
    packet.children = [bytes.toBase64()];
    return { ...letter, element };
  };
  const { id } = await alice.calls.start(bob.jid, CAMERA);
  await until("Bob to refuse", () => bob.refused.length > 0 || undefined);
  const rang = bob.calls.list().length;
  alice.calls.hangUp(id);
  return verdict("the server edits the sealed proposal of a call", alice, bob, rang);
}

/** What if the seal were broken? The proposal is edited inside it, on its way to Bob. */
async function openProposal(stage: Stage): Promise<Attempt> {
  const { alice, bob } = stage;
  await meet(stage);
  bob.spoil = onlyWeakest;
  const { id } = await alice.calls.start(bob.jid, CAMERA);
  await bob.call((call) => call.id === id && call.state === "ringing");
  await bob.calls.accept(id, CAMERA);
  const over = (call: CallView) => call.id === id && call.state === "ended";
  const [atAlice, atBob] = await Promise.all([alice.call(over), bob.call(over)]);
  const frames = [atAlice, atBob].reduce((sum, { info }) => sum + (info?.receive.frames ?? 0), 0);
  return {
    attempt: "what if the seal were broken: the proposal is edited inside it",
    refused: frames === 0 && atAlice.activeAt === null && atBob.activeAt === null,
    alice: refusalOf(atAlice),
    bob: refusalOf(atBob),
  };
}

/** Refused when somebody was told so and `opened`, what was heard or rang, is as it should be. */
function verdict(attempt: string, alice: Person, bob: Person, opened = 0): Attempt {
  const [a, b] = [alice.refused.at(0) ?? null, bob.refused.at(0) ?? null];
  return { attempt, refused: (a ?? b) !== null && bob.heard.length === opened, alice: a, bob: b };
}

/** Each has proved itself to the other. */
async function meet({ alice, bob }: Stage): Promise<void> {
  await alice.send(bob.jid, el("confirm", { xmlns: SIMPP_NS }));
  await until(
    "Alice and Bob to know each other",
    () => bob.simpp.sessions(alice.jid).some(({ mutual }) => mutual) || undefined,
  );
}

function refusalOf({ reason, detail }: CallView): Refusal {
  return { code: reason ?? "", message: detail ?? "" };
}

/** Is it of the same device? */
function isOf(bundle: Bytes, another: Bytes): boolean {
  return bundle.subarray(1, 33).every((byte, at) => byte === another[1 + at]);
}

/** The bundle with its list of suites cut down to the weakest; its signature as it was. */
function withWeakestOnly(bundle: Bytes): Bytes {
  const count = new DataView(bundle.buffer, bundle.byteOffset).getUint16(SUITES_AT);
  const rest = bundle.subarray(SUITES_AT + 2 + count);
  const out = new Uint8Array(SUITES_AT + 3 + rest.length);
  out.set(bundle.subarray(0, SUITES_AT));
  out.set([0, 1, suite(WEAKEST).code], SUITES_AT);
  out.set(rest, SUITES_AT + 3);
  return out;
}

/** A proposal with nothing but the weakest suite in it; anything else as it is. */
function onlyWeakest(content: Element): Element {
  if (content.getName() !== "propose") return content;
  const out = copyOf(content);
  const kept = out.getChildElements().filter((child) =>
    child.getName() !== "suite" || child.attrs.code === String(suite(WEAKEST).code)
  );
  out.children = kept;
  return out;
}
