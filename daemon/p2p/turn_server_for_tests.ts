import { type Bytes, utf8 } from "../base/mod.ts";
import {
  decodeStun,
  encodeStun,
  encodeXorAddress,
  StunAttribute,
  type StunAttributeValue,
  StunClass,
  type StunKey,
  type StunMessage,
  StunMethod,
  verifyStun,
} from "./stun.ts";
import { longTermKey, type StunCredentials } from "./stun_credentials.ts";

export const CREDENTIALS: StunCredentials = { username: "1700000000:test", password: "secret" };
export const REALM = "turn.test";
export const KEY: StunKey = { key: longTermKey(CREDENTIALS, REALM, false), sha256: false };

/** An error response with a challenge, or any other. */
export function refusal(
  { method, transaction }: StunMessage,
  status: number,
  ...more: StunAttributeValue[]
): Bytes {
  const code = Uint8Array.of(0, 0, Math.floor(status / 100), status % 100);
  const head = { method, class: StunClass.error, transaction };
  return encodeStun(head, [[StunAttribute.errorCode, code], ...more]);
}

/** What goes with 401 and 438. */
export function challenge(nonce: string): StunAttributeValue[] {
  return [[StunAttribute.realm, utf8(REALM)], [StunAttribute.nonce, utf8(nonce)]];
}

/** A success; `key: null` leaves out what proves it. */
export function success(
  { method, transaction }: StunMessage,
  attributes: StunAttributeValue[],
  key: StunKey | null = KEY,
): Bytes {
  const head = { method, class: StunClass.success, transaction };
  return encodeStun(head, attributes, key === null ? {} : { key });
}

/** `seconds` as LIFETIME has it. */
export function lifetime(seconds: number): StunAttributeValue {
  return [StunAttribute.lifetime, Uint8Array.of(0, 0, seconds >> 8, seconds & 0xff)];
}

/**
 * A TURN server without a network: it answers what it is handed, at once. Tests put another
 * `answer` in its place to make it misbehave.
 */
export class ScriptedTurnServer {
  /** All that came: requests and indications that could be read, and channel data. */
  readonly requests: StunMessage[] = [];
  readonly channelData: Uint8Array[] = [];
  relayed = { host: "192.0.2.50", port: 50_000 };
  mapped = { host: "192.0.2.7", port: 40_000 };
  seconds = 600;
  /** Where answers go. */
  toClient: (bytes: Bytes) => void = () => {};
  answer: (request: StunMessage) => Bytes[] = (request) => this.usual(request);

  take(bytes: Uint8Array): void {
    if (bytes[0]! >> 6 === 1) return void this.channelData.push(bytes.slice());
    const message = decodeStun(bytes.slice());
    if (message === undefined) throw new Error("a message that cannot be read");
    this.requests.push(message);
    if (message.class !== StunClass.request) return;
    for (const answer of this.answer(message)) this.toClient(answer);
  }

  /** What a good server answers. */
  usual(request: StunMessage): Bytes[] {
    const { method, transaction } = request;
    if (!verifyStun(request, KEY)) return [refusal(request, 401, ...challenge("first"))];
    const relayed = encodeXorAddress(this.relayed.host, this.relayed.port, transaction);
    const mapped = encodeXorAddress(this.mapped.host, this.mapped.port, transaction);
    const attributes: StunAttributeValue[] = method === StunMethod.allocate
      ? [[StunAttribute.xorRelayedAddress, relayed], [StunAttribute.xorMappedAddress, mapped]]
      : [];
    return [success(request, [...attributes, lifetime(this.seconds)])];
  }

  of(method: number): StunMessage[] {
    return this.requests.filter((one) => one.method === method);
  }
}
