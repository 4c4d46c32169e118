import { type Bytes, concat, utf8 } from "../base/mod.ts";
import {
  equal,
  framed,
  type KeyPair,
  OpenError,
  type Random,
  strongestCommon,
  type Suite,
  suite,
  SUITE_IDS,
  type SuiteId,
} from "../crypto/mod.ts";
import type { Bundle } from "./bundle.ts";
import type { DeviceList } from "./device_list.ts";
import { SimppError } from "./errors.ts";
import {
  acceptHandshake,
  openHandshake,
  type Opening,
  type Party,
  type PrekeySecrets,
  proofHolds,
  prove,
  type Role,
  type Transcript,
} from "./handshake.ts";
import { type CertifiedKey, isCertified, samePublic } from "./identity.ts";
import type { OneTimePrekey } from "./one_time.ts";
import { joinPayload, type ProofBlock, splitPayload } from "./proof.ts";
import { type Ratchet, ratchetOpen, ratchetSeal, startReceiving, startSending } from "./ratchet.ts";

/**
 * `opened`: we wrote first and have no answer; `answered`: we answered and prove ourselves until we
 * hear that it arrived; `mutual`: both sides have proved themselves, the state the paper announces.
 */
export type Phase = "opened" | "answered" | "mutual";

/** A session with one device of a contact: a value, replaced at each step. */
export interface Session {
  readonly role: "initiator" | "responder";
  readonly phase: Phase;
  readonly transcript: Transcript;
  readonly ratchet: Ratchet;
}

/** This device, as sessions need it. */
export interface Self {
  readonly jid: string;
  readonly account: Bytes;
  readonly device: KeyPair;
  readonly devices: DeviceList;
  /** Signing keys for suites that do not sign with the device key. */
  readonly certified: ReadonlyMap<SuiteId, CertifiedKey>;
  /** Codes of the suites our policy allows with this contact. */
  readonly offered: readonly number[];
}

const PACKET = { opening: 1, message: 2 } as const;
/** Bytes of the session's name that stand in front of a message. */
const NAME = 16;

function partyOf(self: Self): Party {
  return {
    jid: self.jid,
    account: self.account,
    device: self.device.public,
    offered: self.offered,
  };
}

const PACKET_CONTEXT = utf8("simpp packet 2");

function context(session: Bytes): Bytes {
  return framed(PACKET_CONTEXT, session);
}

/** Opens a session with a device from its bundle; nothing is sent yet. */
export async function initiate(
  chosen: Suite,
  self: Self,
  peer: { jid: string; account: Bytes },
  bundle: Bundle,
  oneTime: OneTimePrekey | null,
  random: Random,
): Promise<Session> {
  const { opening, secret, used } = await openHandshake(chosen, bundle, oneTime, random);
  const transcript: Transcript = {
    opening,
    initiator: partyOf(self),
    // What it offers us it says in its own proof; what it published is bound by the bundle's hash.
    responder: { ...peer, device: bundle.device, offered: [] },
    prekeys: used,
  };
  const ratchet = startSending(chosen, secret, used.dh, random);
  return { role: "initiator", phase: "opened", transcript, ratchet };
}

/** Seals `content` into a packet. The returned session must be stored before the packet leaves. */
export function sealPacket(
  session: Session,
  self: Self,
  content: Uint8Array,
  random: Random,
): { session: Session; packet: Bytes } {
  const { transcript, role, phase } = session;
  const { opening } = transcript;
  const proof = phase === "mutual" ? null : proofOf(role, self, transcript);
  const { state, message } = ratchetSeal(
    opening.suite,
    session.ratchet,
    joinPayload(proof, content),
    context(opening.session),
    random,
  );
  const front = phase === "opened"
    ? concat(Uint8Array.of(PACKET.opening), length16(opening.encoded), opening.encoded)
    : concat(Uint8Array.of(PACKET.message), opening.session.subarray(0, NAME));
  return { session: { ...session, ratchet: state }, packet: concat(front, message) };
}

function proofOf(role: Role, self: Self, transcript: Transcript) {
  const { suite } = transcript.opening;
  const certified = suite.signsWithDeviceKey ? null : self.certified.get(suite.id)!;
  return {
    devices: self.devices.encoded,
    device: self.device.public,
    offered: transcript[role].offered,
    signing: certified === null
      ? null
      : { public: certified.public, certificate: certified.certificate },
    signature: prove(role, (certified ?? self.device).secret, transcript),
  };
}

/** A packet taken apart, nothing in it believed yet. */
export interface Packet {
  /** In clear, of a first message. */
  readonly opening: Bytes | null;
  /** The start of the session's name, of a later one; empty with an opening. */
  readonly session: Bytes;
  readonly message: Bytes;
}

/** @throws OpenError when it is no packet */
export function readPacket(packet: Bytes): Packet {
  if (packet[0] === PACKET.message && packet.length > 1 + NAME) {
    const session = packet.slice(1, 1 + NAME);
    return { opening: null, session, message: packet.slice(1 + NAME) };
  }
  if (packet[0] === PACKET.opening && packet.length > 3) {
    const end = 3 + (packet[1]! << 8 | packet[2]!);
    if (packet.length > end) {
      const opening = packet.slice(3, end);
      return { opening, session: new Uint8Array(0), message: packet.slice(end) };
    }
  }
  throw new OpenError();
}

/** What an opened packet gives. */
export interface Opened {
  readonly session: Session;
  readonly content: Bytes;
  /** The sender's device list, when it proved itself with this packet. */
  readonly devices: DeviceList | null;
}

/** Opens a packet of a session we have. @throws OpenError, SimppError; the session is unchanged then */
export function openPacket(
  session: Session,
  self: Self,
  message: Bytes,
  random: Random,
): Opened {
  const { opening } = session.transcript;
  const { state, plaintext } = ratchetOpen(
    opening.suite,
    session.ratchet,
    message,
    context(opening.session),
    random,
  );
  const { proof, content } = splitPayload(plaintext);
  const next = { ...session, ratchet: state };
  if (session.role === "initiator" && session.phase === "opened") {
    if (proof === null) throw badProof();
    const transcript = checkProof("responder", session.transcript, proof, self);
    return { session: { ...next, transcript, phase: "mutual" }, content, devices: proof.devices };
  }
  // The initiator leaves its proof away once ours has reached it. That stands inside the seal: the
  // opening in front of a packet could be taken off by anybody.
  const confirmed = session.role === "responder" && proof === null;
  return { session: confirmed ? { ...next, phase: "mutual" } : next, content, devices: null };
}

/** Answers an opening: the responder's first step. @throws OpenError, SimppError */
export async function respond(
  self: Self,
  jid: string,
  opening: Opening,
  message: Bytes,
  secrets: PrekeySecrets,
  random: Random,
): Promise<Opened & { devices: DeviceList }> {
  const { secret, used } = await acceptHandshake(opening, secrets);
  const { state, plaintext } = ratchetOpen(
    opening.suite,
    startReceiving(secret, secrets.dh),
    message,
    context(opening.session),
    random,
  );
  const { proof, content } = splitPayload(plaintext);
  if (proof === null) throw badProof();
  const transcript = checkProof(
    "initiator",
    {
      opening,
      initiator: { jid, account: proof.devices.account, device: proof.device, offered: [] },
      responder: { ...partyOf(self), offered: [] },
      prekeys: used,
    },
    proof,
    self,
  );
  const session: Session = {
    role: "responder",
    phase: "answered",
    transcript: { ...transcript, responder: partyOf(self) },
    ratchet: state,
  };
  return { session, content, devices: proof.devices };
}

/** The transcript with what the peer says it offered, once its proof holds. @throws SimppError */
function checkProof(
  role: "initiator" | "responder",
  transcript: Transcript,
  proof: ProofBlock,
  self: Self,
): Transcript {
  const peer = transcript[role];
  const complete = { ...transcript, [role]: { ...peer, offered: proof.offered } };
  const { suite: used } = transcript.opening;
  const listed = proof.devices.devices.some((device) => samePublic(device, peer.device));
  if (
    !listed || !equal(proof.device, peer.device) || !equal(proof.devices.account, peer.account) ||
    (proof.signing === null) !== used.signsWithDeviceKey ||
    (proof.signing !== null && !isCertified(used, peer.device, proof.signing)) ||
    !proofHolds(role, proof.signing?.public ?? peer.device, complete, proof.signature)
  ) throw badProof();
  const ours = SUITE_IDS.filter((id) => self.offered.includes(suite(id).code));
  if (!ours.includes(used.id)) {
    throw new SimppError(
      "no-common-suite",
      `A contact wrote with the encryption ${used.id}, which your settings do not allow for them.`,
    );
  }
  const best = strongestCommon(ours, proof.offered);
  if (best?.id !== used.id) {
    throw new SimppError(
      "downgrade",
      "Somebody between you and this contact hid a stronger encryption that both of you offer, so " +
        "the session was refused. Try again over another network.",
    );
  }
  return complete;
}

function badProof(): SimppError {
  return new SimppError("bad-handshake", "A message came whose sender could not prove who it is.");
}

function length16(bytes: Bytes): Bytes {
  return Uint8Array.of(bytes.length >> 8, bytes.length & 0xff);
}
