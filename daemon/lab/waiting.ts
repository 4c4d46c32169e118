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

/** Looks until a count has not grown for 100 ms, 3 s at most. @returns the count */
export async function settled(count: () => number): Promise<number> {
  let last = count();
  for (let still = 0, tries = 0; still < 5 && tries < 150; tries++) {
    await sleep(20);
    const now = count();
    still = now === last ? still + 1 : 0;
    last = now;
  }
  return last;
}
