import { join } from "node:path";
import { toBase64Url } from "../base/mod.ts";

const NAME = /^open-[\w-]+\.html$/;

/**
 * Writes a page that leads to a launch link, readable by its owner only: the link would stand in the
 * browser's arguments otherwise, for every user of the machine to read and to use first.
 * @returns its path
 */
export async function writeLaunchPage(state: string, link: string): Promise<string> {
  const name = toBase64Url(crypto.getRandomValues(new Uint8Array(12)));
  const path = join(state, `open-${name}.html`);
  const page = `<!doctype html><meta charset="utf-8"><title>simppd</title>
<meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=${link}">
<a href="${link}">Open simppd</a>
`;
  await Deno.writeTextFile(path, page, { mode: 0o600, createNew: true });
  return path;
}

/** Removes launch pages older than `age` ms; @returns how many are left */
export async function sweepLaunchPages(state: string, age: number): Promise<number> {
  let left = 0;
  for await (const { name } of Deno.readDir(state)) {
    if (!NAME.test(name)) continue;
    const path = join(state, name);
    const { mtime } = await Deno.lstat(path).catch(() => ({ mtime: null }));
    if (mtime !== null && Date.now() - mtime.getTime() < age) left++;
    else await Deno.remove(path).catch(() => {});
  }
  return left;
}

/** Sweeps while a daemon runs, its own pages and those of `simppd open`. @returns ends it */
export function keepSwept(state: string): () => Promise<void> {
  const sweep = (age: number) => sweepLaunchPages(state, age).then(() => {}, () => {});
  const timer = setInterval(() => void sweep(PAGE_LIFE), PAGE_LIFE / 2);
  return () => {
    clearInterval(timer);
    return sweep(0);
  };
}

/** A browser that starts anew on a slow machine reads its page within this, in ms. */
const PAGE_LIFE = 30_000;
