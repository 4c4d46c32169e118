import { type Bytes, SimppdError, toHex } from "../base/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import {
  decodeAnswer,
  encodeRequest,
  type GroupAnswer,
  type GroupRequest,
  type Question,
} from "../group/mod.ts";
import type { GroupLink } from "./group_link.ts";

/** How often a key server or registrar is asked, and how long, in ms. */
const [AGAIN, PATIENCE] = [3_000, 30_000];

/**
 * Asks a key server or registrar about a group that this device is no member of (yet).
 * @param group 32 hex digits
 * @param silent what is thrown when nobody answers
 * @throws SimppdError `silent`, or the code of a refusal
 */
export async function askOnce(
  control: GroupLink,
  jid: string,
  group: string,
  question: Question,
  silent: SimppdError,
): Promise<GroupAnswer> {
  const request = toHex(systemRandom(16));
  const payload = encodeRequest({ ...question, request, group } as GroupRequest);
  const { promise, resolve, reject } = Promise.withResolvers<GroupAnswer>();
  const stop = control.received.on(({ from, payload }) => {
    const answer = from.jid === jid ? answerOf(payload) : undefined;
    if (answer?.request === request) resolve(answer);
  });
  let refused: unknown;
  const ask = () => void control.send({ jid }, payload).catch((error) => refused = error);
  const asking = setInterval(ask, AGAIN);
  const ending = setTimeout(() => reject(refused ?? silent), PATIENCE);
  try {
    ask();
    const answer = await promise;
    if (answer.kind !== "refused") return answer;
    throw new SimppdError(
      /^[a-z][a-z0-9-]{0,63}$/.test(answer.code) ? answer.code : "refused",
      answer.message.replace(/\p{C}/gu, " ").slice(0, 500),
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
