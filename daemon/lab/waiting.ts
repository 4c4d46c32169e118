import { SimppdError, sleep } from "../base/mod.ts";

/** Looks again, 20 ms apart, until there is something. @throws SimppdError `lab-failed` after 15 s */
export async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  for (let tries = 0; tries < 750; tries++) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(20);
  }
  throw new SimppdError("lab-failed", `The lab waited 15 s in vain for ${what}.`);
}

/** Waits until a count has come to `wanted`, or has not grown for a second. */
export async function settled(count: () => number, wanted: number): Promise<void> {
  let last = count();
  for (let still = 0; last < wanted && still < 50; still++) {
    await sleep(20);
    const now = count();
    if (now !== last) still = 0;
    last = now;
  }
}
