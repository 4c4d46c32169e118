import { type Bytes, concat, utf8, WireReader, WireWriter } from "../base/mod.ts";
import {
  ed25519,
  framed,
  hkdf,
  type KeyPair,
  type Random,
  sha256,
  type Suite,
  suiteByCode,
} from "../crypto/mod.ts";
import { type Bundle, PREKEY_KIND } from "./bundle.ts";
import { SimppError } from "./errors.ts";

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
}

function finishOpening(fields: Omit<Opening, "encoded" | "session">): Opening {
  const encoded = new WireWriter().u8(fields.suite.code).raw(fields.bundleHash)
    .u32(fields.dhPrekey).u32(fields.kemPrekey).u32(fields.oneTime)
    .bytes(fields.ephemeral).bytes(fields.kemCiphertext).finish();
  return { ...fields, encoded, session: sha256(framed(utf8("simpp session 2"), encoded)) };
}

/** @throws SimppError `bad-handshake` when malformed or of a suite this simppd does not know */
export function readOpening(encoded: Uint8Array): Opening {
  try {
    const reader = new WireReader(encoded);
    const suite = suiteByCode(reader.u8());
    if (suite === undefined) throw new RangeError("suite unknown");
    const opening = finishOpening({
      suite,
      bundleHash: reader.raw(32),
      dhPrekey: reader.u32(),
      kemPrekey: reader.u32(),
      oneTime: reader.u32(),
      ephemeral: reader.bytes(),
      kemCiphertext: reader.bytes(),
    });
    reader.end();
    const kemLength = suite.kem?.ciphertextLength ?? 0;
    if (opening.kemCiphertext.length !== kemLength) throw new RangeError("KEM ciphertext length");
    return opening;
  } catch (error) {
    throw new SimppError(
      "bad-handshake",
      "A message could not be read: its start is damaged.",
      error,
    );
  }
}

/**
 * The initiator's half: a fresh ephemeral against the responder's signed prekey and, where the suite
 * has one, a KEM against its KEM prekey; both secrets go into one KDF (as PQXDH does).
 *
 * @returns `secret` starts the ratchet; `prekey` is the responder's first ratchet key
 * @throws SimppError `bad-bundle` when the bundle lacks a prekey the suite needs
 */
export async function openHandshake(
  suite: Suite,
  bundle: Bundle,
  random: Random,
): Promise<{ opening: Opening; secret: Bytes; prekey: Bytes }> {
  const of = (kind: number) => {
    const found = bundle.prekeys.find((prekey) => prekey.kind === kind);
    if (found === undefined) {
      throw new SimppError("bad-bundle", "The contact's published keys lack one that is needed.");
    }
    return found;
  };
  const dhPrekey = of(PREKEY_KIND.x25519);
  const ephemeral = suite.dh.generate(random);
  const dhSecret = suite.dh.shared(ephemeral.secret, dhPrekey.public);
  const kemPrekey = suite.kem === null ? null : of(PREKEY_KIND.mlkem768);
  const kem = kemPrekey === null ? null : await suite.kem!.encapsulate(kemPrekey.public);
  const opening = finishOpening({
    suite,
    bundleHash: bundle.hash,
    dhPrekey: dhPrekey.id,
    kemPrekey: kemPrekey?.id ?? 0,
    oneTime: 0,
    ephemeral: ephemeral.public,
    kemCiphertext: kem?.ciphertext ?? new Uint8Array(0),
  });
  const secret = sessionSecret(opening, dhSecret, kem?.shared ?? new Uint8Array(0));
  return { opening, secret, prekey: dhPrekey.public };
}

/** The responder's half. @throws OpenError when a public value in it is unusable */
export async function acceptHandshake(opening: Opening, secrets: PrekeySecrets): Promise<Bytes> {
  const dhSecret = opening.suite.dh.shared(secrets.dh.secret, opening.ephemeral);
  const kem = opening.suite.kem;
  if (kem === null) return sessionSecret(opening, dhSecret, new Uint8Array(0));
  if (secrets.kem === null) {
    throw new SimppError("bad-handshake", "A message names a key that this device does not have.");
  }
  const shared = await kem.decapsulate(secrets.kem.secret, opening.kemCiphertext);
  return sessionSecret(opening, dhSecret, shared);
}

function sessionSecret(opening: Opening, dhSecret: Bytes, kemSecret: Bytes): Bytes {
  const ikm = concat(new Uint8Array(32).fill(0xff), framed(dhSecret, kemSecret));
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
  /** The responder's public prekeys that were used. */
  readonly prekeys: { readonly dh: Bytes; readonly kem: Bytes };
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
  return writer.bytes(prekeys.dh).bytes(prekeys.kem).finish();
}

/** Signs the transcript with the device key of `role`. */
export function prove(role: Role, device: KeyPair, transcript: Transcript): Bytes {
  return ed25519.sign(device.secret, LABELS[role], transcriptBytes(transcript));
}

/** Does `proof` hold for `role`'s device in this transcript? */
export function proofHolds(role: Role, transcript: Transcript, proof: Bytes): boolean {
  const device = transcript[role].device;
  return ed25519.verify(device, LABELS[role], transcriptBytes(transcript), proof);
}
