import { type Bytes, concat, utf8, WireReader, WireWriter } from "../base/mod.ts";
import {
  framed,
  hkdf,
  type KeyPair,
  type Random,
  sha256,
  type Suite,
  suiteByCode,
} from "../crypto/mod.ts";
import type { Bundle } from "./bundle.ts";
import { SimppError } from "./errors.ts";
import type { OneTimePrekey } from "./one_time.ts";

/**
 * The clear part of an opening message (docs/protocol.md "Opening message"): which of the
 * responder's prekeys were used, and what the initiator adds. It repeats in front of every message
 * until the responder has answered.
 */
export interface Opening {
  readonly suite: Suite;
  readonly bundleHash: Bytes;
  readonly dhPrekey: number;
  readonly kemPrekey: number;
  /** 0 when no one-time prekey was used. */
  readonly oneTime: number;
  readonly ephemeral: Bytes;
  /** Empty in a suite without a KEM. */
  readonly kemCiphertext: Bytes;
  readonly encoded: Bytes;
  /** SHA-256 of `encoded`: the session's name, bound into everything it seals. */
  readonly session: Bytes;
}

/** The secret halves of the prekeys an opening names. */
export interface PrekeySecrets {
  readonly dh: KeyPair;
  readonly kem: KeyPair | null;
  readonly oneTime: { readonly dh: KeyPair; readonly kem: KeyPair | null } | null;
}

/** The responder's public prekeys that were used; a one-time KEM prekey takes the signed one's place. */
export interface UsedPrekeys {
  readonly dh: Bytes;
  readonly kem: Bytes;
  readonly oneTimeDh: Bytes;
}

const NONE = new Uint8Array(0);

function sessionName(encoded: Bytes): Bytes {
  return sha256(framed(utf8("simpp session 2"), encoded));
}

function finishOpening(fields: Omit<Opening, "encoded" | "session">): Opening {
  const encoded = new WireWriter().u8(fields.suite.code).raw(fields.bundleHash)
    .u32(fields.dhPrekey).u32(fields.kemPrekey).u32(fields.oneTime)
    .bytes(fields.ephemeral).bytes(fields.kemCiphertext).finish();
  return { ...fields, encoded, session: sessionName(encoded) };
}

/** @throws SimppError `bad-handshake` when malformed or of a suite this simppd does not know */
export function readOpening(encoded: Uint8Array): Opening {
  try {
    const reader = new WireReader(encoded);
    const suite = suiteByCode(reader.u8());
    if (suite === undefined) throw new RangeError("suite unknown");
    const fields = {
      suite,
      bundleHash: reader.raw(32),
      dhPrekey: reader.u32(),
      kemPrekey: reader.u32(),
      oneTime: reader.u32(),
      ephemeral: reader.bytes(),
      kemCiphertext: reader.bytes(),
    };
    reader.end();
    const kemLength = suite.kem?.ciphertextLength ?? 0;
    if (fields.kemCiphertext.length !== kemLength) throw new RangeError("KEM ciphertext length");
    const copy = new Uint8Array(encoded);
    return { ...fields, encoded: copy, session: sessionName(copy) };
  } catch (error) {
    throw new SimppError(
      "bad-handshake",
      "A message could not be read: its start is damaged.",
      error,
    );
  }
}

/**
 * The initiator's half: a fresh ephemeral against the responder's signed prekey and, when there is
 * one, a one-time prekey; where the suite has a KEM, a secret encapsulated to the one-time KEM
 * prekey or the signed one. All go into one KDF (as PQXDH does).
 *
 * @returns `secret` starts the ratchet; `used.dh` is the responder's first ratchet key
 * @throws SimppError `bad-bundle` when a prekey that the suite needs is lacking
 */
export async function openHandshake(
  suite: Suite,
  bundle: Bundle,
  oneTime: OneTimePrekey | null,
  random: Random,
): Promise<{ opening: Opening; secret: Bytes; used: UsedPrekeys }> {
  const { prekeyKinds, dh, kem } = suite;
  const signedDh = ofKind(bundle.prekeys, prekeyKinds.dh);
  const ephemeral = dh.generate(random);
  const signedSecret = dh.shared(ephemeral.secret, signedDh.public);
  const onceDh = oneTime === null ? null : ofKind(oneTime.prekeys, prekeyKinds.dh);
  const onceSecret = onceDh === null ? NONE : dh.shared(ephemeral.secret, onceDh.public);
  const signedKem = kem === null ? null : ofKind(bundle.prekeys, prekeyKinds.kem!);
  const kemPrekey = kem === null || oneTime === null
    ? signedKem
    : ofKind(oneTime.prekeys, prekeyKinds.kem!);
  const sealed = kemPrekey === null ? null : await kem!.encapsulate(kemPrekey.public);
  const opening = finishOpening({
    suite,
    bundleHash: bundle.hash,
    dhPrekey: signedDh.id,
    kemPrekey: signedKem?.id ?? 0,
    oneTime: oneTime?.id ?? 0,
    ephemeral: ephemeral.public,
    kemCiphertext: sealed?.ciphertext ?? NONE,
  });
  const secret = sessionSecret(opening, signedSecret, onceSecret, sealed?.shared ?? NONE);
  const used = {
    dh: signedDh.public,
    kem: kemPrekey?.public ?? NONE,
    oneTimeDh: onceDh?.public ?? NONE,
  };
  return { opening, secret, used };
}

function ofKind<T extends { kind: number }>(prekeys: readonly T[], kind: number): T {
  const found = prekeys.find((prekey) => prekey.kind === kind);
  if (found !== undefined) return found;
  throw new SimppError("bad-bundle", "The contact's published keys lack one that is needed.");
}

/** The responder's half. @throws OpenError when a public value in it is unusable */
export async function acceptHandshake(
  opening: Opening,
  secrets: PrekeySecrets,
): Promise<{ secret: Bytes; used: UsedPrekeys }> {
  const { dh, kem } = opening.suite;
  const signedSecret = dh.shared(secrets.dh.secret, opening.ephemeral);
  const { oneTime } = secrets;
  const onceSecret = oneTime === null ? NONE : dh.shared(oneTime.dh.secret, opening.ephemeral);
  const kemKey = oneTime?.kem ?? secrets.kem;
  const kemSecret = kem === null || kemKey === null
    ? NONE
    : await kem.decapsulate(kemKey.secret, opening.kemCiphertext);
  const secret = sessionSecret(opening, signedSecret, onceSecret, kemSecret);
  const used = {
    dh: secrets.dh.public,
    kem: kemKey?.public ?? NONE,
    oneTimeDh: oneTime?.dh.public ?? NONE,
  };
  return { secret, used };
}

function sessionSecret(
  opening: Opening,
  signedSecret: Bytes,
  onceSecret: Bytes,
  kemSecret: Bytes,
): Bytes {
  const secrets = framed(signedSecret, onceSecret, kemSecret);
  const ikm = concat(new Uint8Array(32).fill(0xff), secrets);
  return hkdf(ikm, opening.session, utf8("simpp session secret 2"), 32);
}

/** One side of a session, as its proof names it. */
export interface Party {
  /** Bare JID. */
  readonly jid: string;
  readonly account: Bytes;
  readonly device: Bytes;
  /** Codes of the suites its policy allows. */
  readonly offered: readonly number[];
}

/** Everything both proofs sign; only the label tells the roles apart. */
export interface Transcript {
  readonly opening: Opening;
  readonly initiator: Party;
  readonly responder: Party;
  readonly prekeys: UsedPrekeys;
}

const LABELS = { initiator: "simpp proof initiator 2", responder: "simpp proof responder 2" };
export type Role = keyof typeof LABELS;

function transcriptBytes(transcript: Transcript): Bytes {
  const { opening, initiator, responder, prekeys } = transcript;
  const writer = new WireWriter().bytes(opening.encoded);
  for (const party of [initiator, responder]) {
    writer.text(party.jid).raw(party.account).raw(party.device)
      .bytes(Uint8Array.from(party.offered));
  }
  return writer.bytes(prekeys.dh).bytes(prekeys.kem).bytes(prekeys.oneTimeDh).finish();
}

/** Signs the transcript with the secret half of `role`'s signing key for the session's suite. */
export function prove(role: Role, secret: Bytes, transcript: Transcript): Bytes {
  const { signer } = transcript.opening.suite;
  return signer.sign(secret, LABELS[role], transcriptBytes(transcript));
}

/** Does `proof` hold under `key` for `role` in this transcript? */
export function proofHolds(role: Role, key: Bytes, transcript: Transcript, proof: Bytes): boolean {
  const { signer } = transcript.opening.suite;
  return signer.verify(key, LABELS[role], transcriptBytes(transcript), proof);
}
