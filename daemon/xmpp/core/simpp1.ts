import { type Bytes, utf8, WireReader, WireWriter } from "../../base/mod.ts";
import {
  aesGcmOpen,
  aesGcmSeal,
  framed,
  hkdf,
  hmacSha256,
  type LoginProfile,
  sha256,
} from "../../crypto/mod.ts";

/** The mechanism's name in SASL. */
export const SIMPP_1 = "SIMPP-1";
/** Bytes of {@link endPointOf}. */
export const END_POINT_LENGTH = 32;

/** What a message may have at most, whatever it says of its own lengths. */
const MAX_MESSAGE = 4096;
const MAX_MECHANISMS = 32;
const MAX_PROFILES = 16;
const NONCE = 32;
const MAC = 32;
/** First byte of each message: none can be taken for another. */
const KIND = { clientFirst: 1, serverOffer: 2, clientFinal: 3, serverFinal: 4 } as const;

/** Labels of the two signatures. */
export const LABEL = { server: "SIMPP-1 server", client: "SIMPP-1 client" } as const;

/**
 * What both sides of a TLS connection know of the server's end: SHA-256 of its certificate (DER).
 * For certificates signed with SHA-256 this is `tls-server-end-point` (RFC 5929 section 4).
 */
export function endPointOf(certificate: Uint8Array): Bytes {
  return sha256(certificate);
}

/** client-first */
export interface ClientFirst {
  readonly nonce: Bytes;
  /** Bare JID of the account. */
  readonly jid: string;
  /** Code of the profile of this login. */
  readonly profile: number;
  /** Codes of all profiles the client would use. */
  readonly profiles: readonly number[];
  readonly ephemeral: Bytes;
  /** SASL mechanisms as it saw them offered. */
  readonly mechanisms: readonly string[];
}

/** What the server adds, before its signature. */
export interface ServerOffer {
  readonly nonce: Bytes;
  readonly ephemeral: Bytes;
  /** Codes of all profiles the server lets in. */
  readonly profiles: readonly number[];
  /** SASL mechanisms it really offered. */
  readonly mechanisms: readonly string[];
}

export function writeClientFirst(first: ClientFirst): Bytes {
  const out = new WireWriter().u8(KIND.clientFirst).raw(first.nonce).text(first.jid)
    .u8(first.profile).bytes(Uint8Array.from(first.profiles)).bytes(first.ephemeral);
  return writeMechanisms(out, first.mechanisms).finish();
}

/** @throws RangeError, TypeError when it is something else */
export function readClientFirst(bytes: Uint8Array): ClientFirst {
  return read(bytes, KIND.clientFirst, (reader) => ({
    nonce: reader.raw(NONCE),
    jid: reader.text(),
    profile: reader.u8(),
    profiles: profiles(reader),
    ephemeral: reader.bytes(),
    mechanisms: mechanisms(reader),
  }));
}

export function writeServerOffer(offer: ServerOffer): Bytes {
  const out = new WireWriter().u8(KIND.serverOffer).raw(offer.nonce).bytes(offer.ephemeral)
    .bytes(Uint8Array.from(offer.profiles));
  return writeMechanisms(out, offer.mechanisms).finish();
}

/** @throws RangeError, TypeError when it is something else */
export function readServerOffer(bytes: Uint8Array): ServerOffer {
  return read(bytes, KIND.serverOffer, (reader) => ({
    nonce: reader.raw(NONCE),
    ephemeral: reader.bytes(),
    profiles: profiles(reader),
    mechanisms: mechanisms(reader),
  }));
}

/** server-first: the offer, and the server's signature. */
export function writeServerFirst(offer: Uint8Array, signature: Uint8Array): Bytes {
  return new WireWriter().bytes(offer).bytes(signature).finish();
}

/** @throws RangeError when it is something else */
export function readServerFirst(bytes: Uint8Array): { offer: Bytes; signature: Bytes } {
  checkSize(bytes);
  const reader = new WireReader(bytes);
  const parts = { offer: reader.bytes(), signature: reader.bytes() };
  reader.end();
  return parts;
}

/** client-final: the sealed client signature, and a confirmation that the keys are shared. */
export function writeClientFinal(sealed: Uint8Array, confirmation: Uint8Array): Bytes {
  return new WireWriter().u8(KIND.clientFinal).bytes(sealed).raw(confirmation).finish();
}

/** @throws RangeError when it is something else */
export function readClientFinal(bytes: Uint8Array): { sealed: Bytes; confirmation: Bytes } {
  return read(bytes, KIND.clientFinal, (reader) => ({
    sealed: reader.bytes(),
    confirmation: reader.raw(MAC),
  }));
}

export function writeServerFinal(confirmation: Uint8Array): Bytes {
  return new WireWriter().u8(KIND.serverFinal).raw(confirmation).finish();
}

/** @throws RangeError when it is something else */
export function readServerFinal(bytes: Uint8Array): Bytes {
  return read(bytes, KIND.serverFinal, (reader) => reader.raw(MAC));
}

/** What the server signs, and what each side must have seen alike. */
export interface Transcript {
  readonly clientFirst: Uint8Array;
  readonly offer: Uint8Array;
  readonly domain: string;
  readonly endPoint: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** The bytes the server signs. */
export function writeTranscript(transcript: Transcript): Bytes {
  return new WireWriter().bytes(transcript.clientFirst).bytes(transcript.offer)
    .text(transcript.domain).raw(transcript.endPoint).bytes(transcript.serverKey).finish();
}

/** What comes of one exchange once the server has signed. */
export class LoginSecrets {
  /** Name of this exchange: it covers the transcript and the server's signature. */
  readonly #name: Bytes;
  readonly #key: Bytes;
  readonly #nonce: Bytes;
  readonly #clientMac: Bytes;
  readonly #serverMac: Bytes;

  /** @param shared of the two ephemerals */
  constructor(shared: Uint8Array, transcript: Uint8Array, serverSignature: Uint8Array) {
    this.#name = sha256(framed(transcript, serverSignature));
    const keys = hkdf(shared, this.#name, utf8("SIMPP-1 keys"), 108);
    this.#key = keys.slice(0, 32);
    this.#nonce = keys.slice(32, 44);
    this.#clientMac = keys.slice(44, 76);
    this.#serverMac = keys.slice(76);
  }

  /** The bytes the client signs. */
  clientMessage(clientKey: Uint8Array): Bytes {
    return framed(this.#name, clientKey);
  }

  /** Seals the client's signature: the key and nonce serve this once. */
  seal(signature: Uint8Array): Bytes {
    return aesGcmSeal(this.#key, this.#nonce, signature, this.#name);
  }
  /** @throws OpenError */
  open(sealed: Uint8Array): Bytes {
    return aesGcmOpen(this.#key, this.#nonce, sealed, this.#name);
  }

  clientConfirmation(sealed: Uint8Array): Bytes {
    return hmacSha256(this.#clientMac, framed(this.#name, sealed));
  }
  serverConfirmation(clientFinal: Uint8Array): Bytes {
    return hmacSha256(this.#serverMac, framed(this.#name, clientFinal));
  }
}

/** An ephemeral of a profile, or a RangeError. */
export function checkEphemeral(profile: LoginProfile, ephemeral: Uint8Array): void {
  if (ephemeral.length !== profile.dh.publicLength) throw new RangeError("ephemeral length");
}

/** Do both lists hold the same names in the same order? */
export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

function read<T>(bytes: Uint8Array, kind: number, fields: (reader: WireReader) => T): T {
  checkSize(bytes);
  const reader = new WireReader(bytes);
  if (reader.u8() !== kind) throw new RangeError("another kind of message");
  const value = fields(reader);
  reader.end();
  return value;
}

function checkSize(bytes: Uint8Array): void {
  if (bytes.length > MAX_MESSAGE) {
    throw new RangeError(`a message of ${bytes.length} bytes, ${MAX_MESSAGE} are allowed`);
  }
}

function profiles(reader: WireReader): number[] {
  const codes = [...reader.bytes()];
  if (codes.length > MAX_PROFILES) throw new RangeError("too many profiles");
  return codes;
}

function writeMechanisms(out: WireWriter, names: readonly string[]): WireWriter {
  if (names.length > MAX_MECHANISMS) throw new RangeError("too many mechanisms");
  out.u8(names.length);
  for (const name of names) out.text(name);
  return out;
}

function mechanisms(reader: WireReader): string[] {
  const count = reader.u8();
  if (count > MAX_MECHANISMS) throw new RangeError("too many mechanisms");
  return Array.from({ length: count }, () => reader.text());
}
