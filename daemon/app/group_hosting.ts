import { type Bytes, fromHex, SimppdError, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import {
  decodeAnswer,
  DEFAULT_DATA_SUITES,
  encodeRequest,
  type GroupAnswer,
  printSpecification,
  type ProvedDevice,
  type Specification,
} from "../group/mod.ts";
import { fingerprintOf } from "../simpp/mod.ts";
import type { GroupLink } from "./group_link.ts";

const DAY_MS = 86_400_000;
/** How often a key server is asked, and how long, in ms. */
const [AGAIN, PATIENCE] = [3_000, 30_000];

/** What a person says of a group that is to be. */
export interface NewGroup {
  readonly name: string;
  /** Bare JID. */
  readonly room: string;
  readonly owner: ProvedDevice;
  readonly keyServer: { readonly jid: string; readonly key: Bytes };
}

/** The specification of a group that is made here: who is invited may come, nothing weak. */
export function newSpecification({ name, room, owner, keyServer }: NewGroup): Specification {
  return {
    name,
    group: toHex(systemRandom(16)),
    room,
    // Of whichever device of that account: a backup brings it to another one.
    keyServer: { ...keyServer, device: null },
    degree: 4,
    shape: "tree",
    strategy: "group",
    batchInterval: 0,
    renewInterval: DAY_MS,
    suites: DEFAULT_DATA_SUITES,
    access: [{ kind: "invited" }],
    owners: [{ jid: owner.jid, fingerprint: fingerprintOf(owner.accountKey) }],
    send: "member",
    files: "member",
    display: "member",
    historyDays: 7,
    registrars: [],
  };
}

/** @throws SimppdError `bad-input` unless it is an Ed25519 key in 64 hex digits */
export function readServerKey(hex: string): Bytes {
  if (/^[0-9a-f]{64}$/.test(hex)) return fromHex(hex);
  throw new SimppdError(
    "bad-input",
    "A key server's key has 64 hex digits; it is shown where the key server runs.",
  );
}

/**
 * Asks a key server elsewhere to keep a group.
 * @throws SimppdError `key-server-silent`, or the code of its refusal
 */
export async function haveHosted(control: GroupLink, specification: Specification): Promise<void> {
  const { group, keyServer: { jid } } = specification;
  const request = toHex(systemRandom(16));
  const payload = encodeRequest({
    kind: "host",
    request,
    group,
    specification: printSpecification(specification),
  });
  const { promise, resolve, reject } = Promise.withResolvers<GroupAnswer>();
  const stop = control.received.on(({ from, payload }) => {
    const answer = from.jid === jid ? answerOf(payload) : undefined;
    if (answer?.request === request) resolve(answer);
  });
  let refused: unknown;
  const ask = () => void control.send({ jid }, payload).catch((error) => refused = error);
  const asking = setInterval(ask, AGAIN);
  const ending = setTimeout(() => reject(refused ?? silent(jid)), PATIENCE);
  try {
    ask();
    const answer = await promise;
    if (answer.kind === "done") return;
    const { code, message } = answer.kind === "refused" ? answer : silentOf(jid);
    throw new SimppdError(
      /^[a-z][a-z0-9-]{0,63}$/.test(code) ? code : "refused",
      message.replace(/\p{C}/gu, " ").slice(0, 500),
    );
  } finally {
    clearInterval(asking);
    clearTimeout(ending);
    stop();
  }
}

function answerOf(payload: Bytes): GroupAnswer | undefined {
  try {
    return decodeAnswer(payload);
  } catch {
    return undefined;
  }
}

function silentOf(jid: string) {
  return { code: "key-server-silent", message: `The key server ${jid} does not answer.` };
}
function silent(jid: string): SimppdError {
  const { code, message } = silentOf(jid);
  return new SimppdError(code, message);
}
