import { join } from "node:path";
import type { FileView } from "../../views/mod.ts";
import { App } from "../gate.ts";

/** Two people who met by an invitation, each with a daemon of their own, told each other's address. */
export interface Couple {
  readonly alice: App;
  readonly bob: App;
  readonly aliceJid: string;
  readonly bobJid: string;
  /** Where the state directories are: `alice` and `bob`. */
  readonly root: string;
}

/** Plays with two daemons: Alice's carries the server. */
export async function withCouple(work: (couple: Couple) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "simppd-files-" });
  const apps: App[] = [];
  try {
    for (const name of ["alice", "bob"]) {
      apps.push(await App.open({ state: join(root, name), callHosts: ["127.0.0.1"] }));
    }
    const [alice, bob] = apps as [App, App];
    await alice.carry({ nick: "Alice", reach: "this-machine" });
    await bob.join({ link: (await alice.invite()).link, nick: "Bob" });
    await until(alice, () => alice.contacts().some(({ presence }) => presence === "online"));
    await until(bob, () => bob.contacts().some(({ presence }) => presence === "online"));
    const aliceJid = alice.status().account!.jid;
    const bobJid = bob.status().account!.jid;
    await work({ alice, bob, aliceJid, bobJid, root });
  } finally {
    for (const app of apps.reverse()) await app.close();
    await Deno.remove(root, { recursive: true });
  }
}

/** Waits until `condition` holds, looking again at each event. */
export async function until<T>(
  app: App,
  condition: () => T | undefined | false,
  within = 20_000,
): Promise<T> {
  const found = condition();
  if (found !== undefined && found !== false) return found;
  return await new Promise((resolve, reject) => {
    const stop = app.events.on(() => {
      const now = condition();
      if (now === undefined || now === false) return;
      clearTimeout(timer);
      stop();
      resolve(now);
    });
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`it did not happen within ${within} ms`));
    }, within);
  });
}

/** The newest file of a place in one of these states. */
export function inState(app: App, place: string, ...states: FileView["state"][]) {
  return () => app.files({ place }).find(({ state }) => states.includes(state));
}

/** What is sent: bytes in pieces, told apart by a seed. */
export function content(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = seed * 2_654_435_761 >>> 0;
  for (let at = 0; at < size; at++) {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** The bytes as something to be sent. */
export function sending(bytes: Uint8Array<ArrayBuffer>, piece = 100_000) {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece));
  return { size: bytes.length, bytes: ReadableStream.from(pieces) };
}

/** What a daemon gives out of a file. */
export async function bytesOf(app: App, id: string): Promise<Uint8Array> {
  const source = await app.fileSource(id);
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close?.();
  }
}
