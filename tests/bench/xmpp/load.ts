import { LoadClient, type Target } from "./load_client.ts";
import type { ScramKeys } from "./scram_keys.ts";

/** Two who write to each other. */
export type Pair = readonly [LoadClient, LoadClient];

/** Logs in at once, so that nobody's login waits for too long. */
const AT_ONCE = 8;
/** Messages under way from each of a pair in a flood. */
export const WINDOW = 16;
/** From the end of one round trip of a pair to the start of its next. */
export const PAUSE_MS = 50;
const TEXT = "x".repeat(64);

/** Names of the accounts of a load. */
export function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `load${at}`);
}

/** All of them, logged in. */
export async function loginAll(
  target: Target,
  who: readonly string[],
  keys: ScramKeys,
): Promise<LoadClient[]> {
  const clients: LoadClient[] = [];
  const left = [...who];
  const work = async () => {
    for (let name; (name = left.shift()) !== undefined;) {
      clients.push(await LoadClient.login(target, name, keys));
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } catch (error) {
    left.length = 0;
    await closeAll(clients);
    throw error;
  }
  return clients;
}

export async function closeAll(clients: readonly LoadClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()));
}

export function pairs(clients: readonly LoadClient[]): Pair[] {
  return Array.from(
    { length: clients.length >> 1 },
    (_, at) => [clients[2 * at]!, clients[2 * at + 1]!],
  );
}

let written = 0;

function chat(to: LoadClient): string {
  return `<message to='${to.jid}' type='chat' id='m${written++}'><body>${TEXT}</body></message>`;
}

/** Milliseconds from a message to its answer, one under way in each pair, a pause after each. */
export async function roundTrips(among: readonly Pair[], seconds: number): Promise<number[]> {
  const times: number[] = [];
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const over = performance.now() + seconds * 1000;
  const rounds = among.map(([one, other]) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    for (const { ended, name } of [one, other]) {
      ended.then(() => reject(new Error(`${name} ended`)));
    }
    let begin = 0;
    const send = () => {
      begin = performance.now();
      one.send(chat(other));
    };
    other.onMessages = () => other.send(chat(one));
    one.onMessages = () => {
      const now = performance.now();
      times.push(now - begin);
      if (now >= over) return resolve();
      later(send);
    };
    later(send);
    return promise;
  });
  function later(work: () => void): void {
    // Spread, so that the pairs do not go in step.
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, PAUSE_MS * (0.5 + Math.random()));
    timers.add(timer);
  }
  try {
    await Promise.all(rounds);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  return times;
}

/**
 * Both of each pair keep {@link WINDOW} messages under way to the other.
 * @param enough told of the messages that arrived and the seconds gone; ends the flood
 * @returns what arrived, and in which time, the last ones under way among it
 */
export async function flood(
  among: readonly Pair[],
  enough: (messages: number, seconds: number) => boolean,
): Promise<{ messages: number; seconds: number }> {
  let messages = 0;
  let over = false;
  let underWay = 0;
  const begin = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  for (const pair of among) {
    for (const [one, other] of [pair, [pair[1], pair[0]] as const]) {
      one.ended.then(() => reject(new Error(`${one.name} ended`)));
      one.onMessages = (count) => {
        messages += count;
        underWay -= count;
        if (over) {
          if (underWay === 0) resolve();
          return;
        }
        let more = "";
        for (let n = 0; n < count; n++) more += chat(one);
        underWay += count;
        other.send(more);
      };
    }
  }
  for (const [one, other] of among) {
    underWay += 2 * WINDOW;
    for (let n = 0; n < WINDOW; n++) {
      one.send(chat(other));
      other.send(chat(one));
    }
  }
  const timer = setInterval(() => {
    over ||= enough(messages, (performance.now() - begin) / 1000);
  }, 20);
  try {
    await promise;
  } finally {
    clearInterval(timer);
  }
  return { messages, seconds: (performance.now() - begin) / 1000 };
}
