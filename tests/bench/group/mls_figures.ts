/**
 * Removing a member: MLS (RFC 9420) as `ts-mls` does it beside a key graph of the same size. They
 * promise different things: MLS needs no key server, and pays for that with signatures and public
 * keys. A cold tree is one whose members were added and said nothing yet, MLS's worst case; in a warm
 * one each has committed once.
 * @module
 */
import {
  acceptAll,
  type CiphersuiteImpl,
  type ClientState,
  createCommit,
  createGroup,
  defaultCapabilities,
  defaultLifetime,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processPrivateMessage,
  type Proposal,
} from "ts-mls";
import { systemRandom } from "../../../daemon/crypto/mod.ts";
import { KeyGraph, MemberKeys } from "../../../daemon/group/mod.ts";
import { type BenchLine, quantile, round } from "../bench.ts";
import { bytesOf } from "./key_graph_figures.ts";

/** What is measured how much; a test takes less of it. */
export interface MlsExtent {
  /** Group sizes of cold trees. */
  readonly cold: readonly number[];
  /** Group sizes of warm trees, which take long to make. */
  readonly warm: readonly number[];
  readonly rounds: number;
}

const PEER = "ts-mls 1.6.4";
const SUITE = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
/** Who is removed: neither of the two whose state is kept, wherever the size puts it. */
const REMOVED = 2;

type Person = Awaited<ReturnType<typeof generateKeyPackage>>;

/** The two whose state is kept: one who commits, and one who hears it. */
interface Pair {
  readonly alice: ClientState;
  readonly bob: ClientState;
}

/** A removal in milliseconds, and what goes over the wire. */
interface Removal {
  readonly create: number;
  readonly process: number;
  readonly bytes: number;
}

/** The figures of an extent. */
export async function* mlsFigures(extent: MlsExtent): AsyncGenerator<BenchLine> {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE));
  for (const size of new Set([...extent.cold, ...extent.warm])) {
    yield* lines(
      size,
      "key graph, d = 4, group-oriented",
      keyGraphRemoval(size, 20 * extent.rounds),
    );
    for (const kind of ["cold", "warm"] as const) {
      if (!extent[kind].includes(size)) continue;
      const pair = await (kind === "cold" ? coldTree : warmTree)(suite, size);
      yield* lines(size, `${kind} tree`, await mlsRemoval(suite, pair, extent.rounds), PEER);
    }
  }
}

function* lines(size: number, how: string, removal: Removal, peer?: string): Generator<BenchLine> {
  const base = { bench: "group", case: `n = ${size}, removal`, ...(peer ? { peer } : {}) };
  yield { ...base, metric: `${how}: create`, value: round(removal.create), unit: "ms" };
  yield { ...base, metric: `${how}: process`, value: round(removal.process), unit: "ms" };
  yield { ...base, metric: `${how}: bytes`, value: removal.bytes, unit: "B" };
}

function keyGraphRemoval(size: number, rounds: number): Removal {
  const group = systemRandom(16);
  const graph = KeyGraph.create({ degree: 4, shape: "tree", group, random: systemRandom });
  const newcomer = (member: string) => ({ member, individualKey: systemRandom(32) });
  const join = Array.from({ length: size }, (_, n) => newcomer(`m${n}`));
  const [first] = graph.change({ epoch: 1, join, leave: [] }, "group").joined;
  const { member, individualKey } = join[0]!;
  const keys = new MemberKeys({ group, member, leaf: first!.leaf, individualKey });
  keys.apply(1, graph.resync(member, 1).wraps);
  const create: number[] = [];
  const process: number[] = [];
  let bytes = 0;
  for (let epoch = 2; epoch < 2 + 2 * rounds; epoch += 2) {
    const begin = performance.now();
    const rekey = graph.change({ epoch, join: [], leave: ["m1"] }, "group");
    const made = performance.now();
    const got = keys.apply(epoch, rekey.messages[0]!.wraps);
    process.push(performance.now() - made);
    create.push(made - begin);
    if (got === undefined) throw new Error("no key came");
    bytes = bytesOf(rekey);
    const back = graph.change({ epoch: epoch + 1, join: [newcomer("m1")], leave: [] }, "group");
    keys.apply(epoch + 1, back.messages[0]!.wraps);
  }
  return { create: quantile(create, 0.5), process: quantile(process, 0.5), bytes };
}

async function mlsRemoval(suite: CiphersuiteImpl, pair: Pair, rounds: number): Promise<Removal> {
  const create: number[] = [];
  const process: number[] = [];
  let bytes = 0;
  const remove: Proposal = { proposalType: "remove", remove: { removed: REMOVED } };
  for (let n = 0; n < rounds; n++) {
    const begin = performance.now();
    const { commit } = await commitOf(suite, pair.alice, [remove]);
    const made = performance.now();
    await hear(suite, pair.bob, commit);
    process.push(performance.now() - made);
    create.push(made - begin);
    bytes = encodeMlsMessage(commit).length;
  }
  return { create: quantile(create, 0.5), process: quantile(process, 0.5), bytes };
}

/** Alice adds all the others at once. */
async function coldTree(suite: CiphersuiteImpl, size: number): Promise<Pair> {
  const alone = await founded(suite);
  const others: Person[] = [];
  while (others.length < size - 1) others.push(await person(suite, `m${others.length}`));
  const { newState, welcome } = await commitOf(suite, alone, others.map(add));
  const bob = await enter(suite, others[0]!, welcome, newState);
  return { alice: newState, bob };
}

/** Alice adds one after the other, and each commits at once, which fills its path with keys. */
async function warmTree(suite: CiphersuiteImpl, size: number): Promise<Pair> {
  let alice = await founded(suite);
  let bob: ClientState | undefined;
  for (let n = 1; n < size; n++) {
    const other = await person(suite, `m${n}`);
    const added = await commitOf(suite, alice, [add(other)]);
    alice = added.newState;
    if (bob !== undefined) bob = await hear(suite, bob, added.commit);
    const entered = await enter(suite, other, added.welcome, alice);
    const own = await commitOf(suite, entered, []);
    alice = await hear(suite, alice, own.commit);
    bob = bob === undefined ? own.newState : await hear(suite, bob, own.commit);
  }
  const last = await commitOf(suite, alice, []);
  return { alice: last.newState, bob: await hear(suite, bob!, last.commit) };
}

function add({ publicPackage }: Person): Proposal {
  return { proposalType: "add", add: { keyPackage: publicPackage } };
}

function person(suite: CiphersuiteImpl, name: string): Promise<Person> {
  const identity = new TextEncoder().encode(name);
  const credential = { credentialType: "basic", identity } as const;
  return generateKeyPackage(credential, defaultCapabilities(), defaultLifetime, [], suite);
}

async function founded(suite: CiphersuiteImpl): Promise<ClientState> {
  const { publicPackage, privatePackage } = await person(suite, "alice");
  return await createGroup(systemRandom(16), publicPackage, privatePackage, [], suite);
}

function commitOf(cipherSuite: CiphersuiteImpl, state: ClientState, extraProposals: Proposal[]) {
  return createCommit({ state, cipherSuite }, { extraProposals });
}

type Commit = Awaited<ReturnType<typeof commitOf>>;

function enter(
  suite: CiphersuiteImpl,
  { publicPackage, privatePackage }: Person,
  welcome: Commit["welcome"],
  { ratchetTree }: ClientState,
): Promise<ClientState> {
  if (welcome === undefined) throw new Error("no welcome");
  return joinGroup(welcome, publicPackage, privatePackage, emptyPskIndex, suite, ratchetTree);
}

async function hear(
  suite: CiphersuiteImpl,
  state: ClientState,
  commit: Commit["commit"],
): Promise<ClientState> {
  if (commit.wireformat !== "mls_private_message") throw new Error(commit.wireformat);
  const { privateMessage } = commit;
  return (await processPrivateMessage(state, privateMessage, emptyPskIndex, suite, acceptAll))
    .newState;
}
