import { randomBytes } from "node:crypto";
import { type Bytes, SimppdError } from "../base/mod.ts";
import {
  decodeStun,
  encodeStun,
  type StunAttributeValue,
  StunClass,
  stunError,
  type StunMessage,
  type StunMethod,
  verifyStun,
} from "./stun.ts";
import { answerChallenge, type StunCredentials, type StunLogin } from "./stun_credentials.ts";

const RTO = 500;
/** Times a request is sent, each wait twice as long as the one before. */
const MOST_SENT = 7;
/** The wait after the last one, in first waits. */
const LAST_WAIT = 16;
/** Requests under way at a time. */
const MOST_PENDING = 48;
/** Challenges answered for one request: the first one, and nonces that ran out. */
const MOST_CHALLENGES = 3;
const UNAUTHENTICATED = 401;
const STALE_NONCE = 438;

/** A server said no, with the code of RFC 8489 section 18.5 or RFC 8656 section 19. */
export class StunRefusal extends SimppdError {
  constructor(readonly status: number) {
    super("stun-refused", `The STUN or TURN server refused (${status}).`);
  }
}

interface Pending {
  readonly login: StunLogin | undefined;
  settle(answer: StunMessage): void;
}

export interface StunClientOptions {
  /** Towards the one server this client talks to. */
  readonly send: (bytes: Bytes) => void;
  readonly credentials?: StunCredentials;
  /** First wait for an answer, in ms; 500 as RFC 8489 section 6.2.1 has it when absent. */
  readonly rto?: number;
}

/**
 * Requests to one STUN or TURN server over UDP, sent again until they are answered. Only an answer
 * to a request under way counts, and once we have shown a name, only one that knows our password;
 * anything else is as if it had not come.
 */
export class StunClient {
  readonly #options: StunClientOptions;
  readonly #pending = new Map<string, Pending>();
  #login: StunLogin | undefined;

  constructor(options: StunClientOptions) {
    this.#options = options;
  }

  /**
   * @param attributes made anew for each try, by its transaction
   * @returns the success
   * @throws StunRefusal; SimppdError `stun-no-answer`, `stun-refused`; the signal's reason
   */
  async request(
    method: StunMethod,
    attributes: (transaction: Bytes) => readonly StunAttributeValue[],
    signal: AbortSignal,
  ): Promise<StunMessage> {
    for (let challenges = 0; challenges <= MOST_CHALLENGES; challenges++) {
      const login = this.#login;
      const answer = await this.#transact(method, attributes, login, signal);
      if (answer.class === StunClass.success) {
        if (answer.strange) break;
        return answer;
      }
      const status = stunError(answer);
      const asked = status === UNAUTHENTICATED && login === undefined || status === STALE_NONCE;
      if (!asked) throw new StunRefusal(status ?? 0);
      const { credentials } = this.#options;
      const next = credentials && answerChallenge(answer, credentials);
      if (next === undefined) throw new StunRefusal(status);
      this.#login = next;
    }
    throw new SimppdError("stun-refused", "The STUN or TURN server answers with nonsense.");
  }

  /** Sends a message that nobody answers. */
  indicate(
    method: StunMethod,
    attributes: (transaction: Bytes) => readonly StunAttributeValue[],
    { fingerprint = true } = {},
  ): void {
    const transaction = newTransaction();
    const head = { method, class: StunClass.indication, transaction };
    this.#options.send(encodeStun(head, attributes(transaction), { fingerprint }));
  }

  /** Takes what came from the server's address. @returns whether it answered something */
  receive(bytes: Uint8Array): boolean {
    const message = decodeStun(bytes);
    if (message === undefined || message.class < StunClass.success) return false;
    const key = message.transaction.toHex();
    const pending = this.#pending.get(key);
    if (pending === undefined || !isGenuine(message, pending.login)) return false;
    this.#pending.delete(key);
    pending.settle(message);
    return true;
  }

  async #transact(
    method: StunMethod,
    attributes: (transaction: Bytes) => readonly StunAttributeValue[],
    login: StunLogin | undefined,
    signal: AbortSignal,
  ): Promise<StunMessage> {
    signal.throwIfAborted();
    if (this.#pending.size >= MOST_PENDING) {
      throw new SimppdError("stun-no-answer", "Too many STUN requests wait for an answer.");
    }
    const transaction = newTransaction();
    const all = [...attributes(transaction), ...login?.attributes ?? []];
    const head = { method, class: StunClass.request, transaction };
    const request = encodeStun(head, all, login === undefined ? {} : { key: login.key });
    const { promise, resolve, reject } = Promise.withResolvers<StunMessage>();
    const key = transaction.toHex();
    this.#pending.set(key, { login, settle: resolve });
    const { rto = RTO } = this.#options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const send = (sent: number) => {
      if (sent > MOST_SENT) {
        return reject(new SimppdError("stun-no-answer", "The STUN or TURN server is silent."));
      }
      this.#options.send(request);
      const wait = sent === MOST_SENT ? LAST_WAIT * rto : rto * 2 ** (sent - 1);
      timer = setTimeout(() => send(sent + 1), wait);
    };
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    send(1);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      this.#pending.delete(key);
    }
  }
}

/** RFC 8489 section 9.2.5: a challenge cannot prove itself, everything else must. */
function isGenuine(message: StunMessage, login: StunLogin | undefined): boolean {
  if (login === undefined || verifyStun(message, login.key)) return true;
  const status = message.class === StunClass.error ? stunError(message) : undefined;
  return status === STALE_NONCE || status === UNAUTHENTICATED;
}

function newTransaction(): Bytes {
  return new Uint8Array(randomBytes(12));
}
