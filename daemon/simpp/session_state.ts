import { type Bytes, concat, fromBase64, fromUtf8, toBase64, utf8 } from "../base/mod.ts";
import { type KeyPair, suiteByCode } from "../crypto/mod.ts";
import { type Opening, type Party, readOpening } from "./handshake.ts";
import type { Phase, Session } from "./session.ts";

/** How a session lies in the (sealed) database: JSON with base64 bytes. Not a wire format. */
interface Stored {
  role: Session["role"];
  phase: Phase;
  /** Name of the session and code of its suite; all that is kept of the opening once both are proved. */
  session: string;
  suite: number;
  /** Null once both sides are proved: nothing of it is signed or sent again. */
  opening: string | null;
  initiator: StoredParty;
  responder: StoredParty;
  prekeys: [string, string, string] | null;
  ratchet: {
    root: string;
    own: StoredPair;
    theirs: string | null;
    sending: StoredChain | null;
    receiving: StoredChain | null;
    previous: number;
    /** By chain, oldest first: its key (hex), numbers of the messages, their keys one after another. */
    kept: [string, number[], string][];
  };
}
type StoredParty = { jid: string; account: string; device: string; offered: number[] };
type StoredPair = { secret: string; public: string };
type StoredChain = { key: string; next: number };

/** Bytes to store for a session; {@link restoreSession} is the inverse. */
export function storeSession(session: Session): Bytes {
  const { transcript, ratchet, phase } = session;
  const proved = phase === "mutual";
  const party = (p: Party): StoredParty => ({
    jid: p.jid,
    account: toBase64(p.account),
    device: toBase64(p.device),
    offered: [...p.offered],
  });
  const chain = (c: { key: Bytes; next: number } | null): StoredChain | null =>
    c === null ? null : { key: toBase64(c.key), next: c.next };
  const stored: Stored = {
    role: session.role,
    phase,
    session: toBase64(transcript.opening.session),
    suite: transcript.opening.suite.code,
    opening: proved ? null : toBase64(transcript.opening.encoded),
    initiator: party(transcript.initiator),
    responder: party(transcript.responder),
    prekeys: proved ? null : [
      toBase64(transcript.prekeys.dh),
      toBase64(transcript.prekeys.kem),
      toBase64(transcript.prekeys.oneTimeDh),
    ],
    ratchet: {
      root: toBase64(ratchet.root),
      own: { secret: toBase64(ratchet.own.secret), public: toBase64(ratchet.own.public) },
      theirs: ratchet.theirs === null ? null : toBase64(ratchet.theirs),
      sending: chain(ratchet.sending),
      receiving: chain(ratchet.receiving),
      previous: ratchet.previous,
      kept: storeKept(ratchet.kept),
    },
  };
  return utf8(JSON.stringify(stored));
}

export function restoreSession(bytes: Bytes): Session {
  const stored = JSON.parse(fromUtf8(bytes)) as Stored;
  const party = (p: StoredParty): Party => ({
    jid: p.jid,
    account: fromBase64(p.account),
    device: fromBase64(p.device),
    offered: p.offered,
  });
  const pair = (p: StoredPair): KeyPair => ({
    secret: fromBase64(p.secret),
    public: fromBase64(p.public),
  });
  const chain = (c: StoredChain | null) =>
    c === null ? null : { key: fromBase64(c.key), next: c.next };
  const { ratchet } = stored;
  return {
    role: stored.role,
    phase: stored.phase,
    transcript: {
      opening: stored.opening === null
        ? provedOpening(stored)
        : readOpening(fromBase64(stored.opening)),
      initiator: party(stored.initiator),
      responder: party(stored.responder),
      prekeys: {
        dh: fromBase64(stored.prekeys?.[0] ?? ""),
        kem: fromBase64(stored.prekeys?.[1] ?? ""),
        oneTimeDh: fromBase64(stored.prekeys?.[2] ?? ""),
      },
    },
    ratchet: {
      root: fromBase64(ratchet.root),
      own: pair(ratchet.own),
      theirs: ratchet.theirs === null ? null : fromBase64(ratchet.theirs),
      sending: chain(ratchet.sending),
      receiving: chain(ratchet.receiving),
      previous: ratchet.previous,
      kept: restoreKept(ratchet.kept),
    },
  };
}

function storeKept(kept: ReadonlyMap<string, Bytes>): Stored["ratchet"]["kept"] {
  const chains = new Map<string, { numbers: number[]; keys: Bytes[] }>();
  for (const [name, key] of kept) {
    const [chain = "", number] = name.split("/");
    let of = chains.get(chain);
    if (of === undefined) chains.set(chain, of = { numbers: [], keys: [] });
    of.numbers.push(Number(number));
    of.keys.push(key);
  }
  return [...chains].map((
    [chain, { numbers, keys }],
  ) => [chain, numbers, toBase64(concat(...keys))]);
}

function restoreKept(stored: Stored["ratchet"]["kept"]): Map<string, Bytes> {
  const kept = new Map<string, Bytes>();
  for (const [chain, numbers, encoded] of stored) {
    const keys = fromBase64(encoded);
    const length = keys.length / numbers.length;
    numbers.forEach((n, at) =>
      kept.set(`${chain}/${n}`, keys.slice(at * length, (at + 1) * length))
    );
  }
  return kept;
}

/** What is left of an opening when nobody needs it any more: which session, and its suite. */
function provedOpening({ session, suite }: Stored): Opening {
  const none = new Uint8Array(0);
  return {
    suite: suiteByCode(suite)!,
    session: fromBase64(session),
    encoded: none,
    bundleHash: none,
    dhPrekey: 0,
    kemPrekey: 0,
    oneTime: 0,
    ephemeral: none,
    kemCiphertext: none,
  };
}
