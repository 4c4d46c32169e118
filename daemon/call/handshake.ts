import { type Bytes, SimppdError } from "../base/mod.ts";
import {
  type KeyPair,
  type Random,
  strongestCommon,
  type Suite,
  suiteByCode,
  type SuiteId,
} from "../crypto/mod.ts";
import { CODECS } from "./frame_header.ts";
import type { CallIdentity } from "./identity.ts";
import { type CallKeys, callKeys, callSecret } from "./keys.ts";
import type { Accept, AnnouncedCandidate, Propose, Reply } from "./signal.ts";
import { transcriptForm } from "./transcript.ts";

/** What one side brings into a call besides its keys. */
export interface Side {
  tag: Bytes;
  candidates: AnnouncedCandidate[];
  /** Start of its capture times, milliseconds since 1970 by its own clock. */
  time: number;
}

/** Who calls whom. */
export interface Parties {
  caller: CallIdentity;
  callee: CallIdentity;
}

function unsuited(): SimppdError {
  return new SimppdError(
    "no-common-suite",
    "The other device offers no encryption or video format this simppd has; update the older one.",
  );
}

/**
 * The suite and codec a callee takes from a proposal, of those its policy allows with the caller.
 * @throws SimppdError `no-common-suite`
 */
export function choose(
  propose: Propose,
  allowed: readonly SuiteId[],
): { suite: Suite; codec: number } {
  const suite = strongestCommon(allowed, propose.suites);
  const codec = CODECS.find((known) => propose.codecs.includes(known));
  if (suite === undefined || codec === undefined) throw unsuited();
  return { suite, codec };
}

/** The callee's half: makes the acceptance and keeps its secrets until the reply comes. */
export class Acceptance {
  readonly suite: Suite;
  readonly accept: Accept;
  readonly #propose: Propose;
  readonly #dh: KeyPair;
  readonly #kem: KeyPair | null;

  private constructor(
    suite: Suite,
    propose: Propose,
    accept: Accept,
    dh: KeyPair,
    kem: KeyPair | null,
  ) {
    this.suite = suite;
    this.accept = accept;
    this.#propose = propose;
    this.#dh = dh;
    this.#kem = kem;
  }

  /** @throws SimppdError `no-common-suite` */
  static async make(
    propose: Propose,
    side: Side,
    random: Random,
    allowed: readonly SuiteId[],
  ): Promise<Acceptance> {
    const { suite, codec } = choose(propose, allowed);
    const dh = suite.dh.generate(random);
    const kem = suite.kem === null ? null : await suite.kem.generate(random);
    const accept: Accept = {
      kind: "accept",
      id: propose.id,
      suite: suite.code,
      codec,
      dh: dh.public,
      kem: kem?.public ?? null,
      ...side,
    };
    return new Acceptance(suite, propose, accept, dh, kem);
  }

  /** The call's keys on the callee's side. @throws OpenError when a key in the reply is unusable */
  async keys(reply: Reply, parties: Parties): Promise<CallKeys> {
    const { suite } = this;
    const dh = suite.dh.shared(this.#dh.secret, reply.dh);
    const kem = suite.kem === null || this.#kem === null
      ? null
      : await suite.kem.decapsulate(this.#kem.secret, reply.kem ?? new Uint8Array());
    return derive("callee", suite, dh, kem, this.#propose, this.accept, reply, parties);
  }
}

/**
 * The caller's half: answers an acceptance.
 * @throws SimppdError `no-common-suite` when the acceptance names what was not proposed, OpenError
 * when a key in it is unusable
 */
export async function answer(
  propose: Propose,
  accept: Accept,
  side: Side,
  parties: Parties,
  random: Random,
): Promise<{ reply: Reply; suite: Suite; keys: CallKeys }> {
  const suite = suiteByCode(accept.suite);
  const offered = propose.suites.includes(accept.suite) && propose.codecs.includes(accept.codec);
  if (suite === undefined || !offered) throw unsuited();
  const pair = suite.dh.generate(random);
  const dh = suite.dh.shared(pair.secret, accept.dh);
  const sealed = suite.kem === null
    ? null
    : await suite.kem.encapsulate(accept.kem ?? new Uint8Array());
  const reply: Reply = {
    kind: "reply",
    id: propose.id,
    dh: pair.public,
    kem: sealed?.ciphertext ?? null,
    ...side,
  };
  const kem = sealed?.shared ?? null;
  return {
    reply,
    suite,
    keys: derive("caller", suite, dh, kem, propose, accept, reply, parties),
  };
}

function derive(
  role: "caller" | "callee",
  suite: Suite,
  dh: Bytes,
  kem: Bytes | null,
  propose: Propose,
  accept: Accept,
  reply: Reply,
  parties: Parties,
): CallKeys {
  const secret = callSecret({
    suite,
    dh,
    kem,
    propose: transcriptForm(propose),
    accept: transcriptForm(accept),
    reply: transcriptForm(reply),
  });
  return callKeys(secret, role, {
    suite,
    ...parties,
    callerTag: reply.tag,
    calleeTag: accept.tag,
  });
}
