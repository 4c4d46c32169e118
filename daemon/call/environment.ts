import type { Random, SuiteId } from "../crypto/mod.ts";
import type { openCamera } from "../capture/mod.ts";
import type { UdpEndpoint } from "../p2p/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";
import type { CallIdentity } from "./identity.ts";
import type { Timeouts } from "./limits.ts";

/** How calls talk to other devices: sealed end to end, by whoever composes the daemon. */
export interface CallSignalling {
  /**
   * Seals `content` in the end-to-end envelope to one device, or to all trusted devices of that
   * account (our own account: all but this device).
   * @param options.store whether the server keeps it for devices that are not there
   * @throws SimppdError when it cannot be sealed or sent
   */
  send(
    to: { jid: string; device?: string },
    content: Element,
    options: { store: boolean },
  ): Promise<void>;
}

/** What is known of a contact, or of one of its devices. */
export interface CallPeer {
  name: string;
  online: boolean;
  /** Account key, hex; null before any key was seen. */
  fingerprint: string | null;
  /** Suites our policy allows with them. */
  suites: readonly SuiteId[];
  verified: boolean;
}

/** Something a person should know about the safety of a call. */
export interface CallSecurityEvent {
  /** Milliseconds since 1970. */
  at: number;
  code: string;
  message: string;
  contact: string;
}

/** What {@link Calls} stands on. */
export interface CallsOptions {
  self: () => CallIdentity;
  signalling: CallSignalling;
  peer(jid: string, device?: string): CallPeer;
  openCamera: typeof openCamera;
  /** A socket for one call; the call closes it. */
  openEndpoint: () => Promise<UdpEndpoint>;
  /** A line in the conversation with a contact. */
  line(contact: string, kind: "missed-call" | "call" | "security", body: string): void;
  random?: Random;
  /** Milliseconds since 1970. */
  now?: () => number;
  timeouts?: Partial<Timeouts>;
}
