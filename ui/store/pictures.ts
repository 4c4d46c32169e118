/** Pictures of people, fetched when they are shown first. */
import { signal } from "@preact/signals";
import { api } from "../api/routes.ts";
import { contacts } from "./contacts.ts";
import { status } from "./session.ts";

/** By hash; null while it is fetched, and for one that cannot be had. */
const loaded = signal<ReadonlyMap<string, string | null>>(new Map());

/** Address of somebody's picture for an `<img>`; null when they show none, or until it is here. */
export function pictureOf(jid: string): string | null {
  const { account } = status.value ?? { account: null };
  const hash = account?.jid === jid ? account.picture : contacts.value.get(jid)?.picture ?? null;
  if (hash === null) return null;
  const known = loaded.value.get(hash);
  if (known === undefined) void load(jid, hash);
  return known ?? null;
}

async function load(jid: string, hash: string): Promise<void> {
  // Marked once the drawing that asked for it is over.
  await Promise.resolve();
  if (loaded.peek().has(hash)) return;
  put(hash, null);
  try {
    const { type, data } = await api.picture(jid);
    put(hash, `data:${type};base64,${data}`);
  } catch {
    // It is gone meanwhile: the initials stand for it.
  }
}

function put(hash: string, url: string | null): void {
  loaded.value = new Map(loaded.peek()).set(hash, url);
}

/** Side of one's own picture as it is sent, in pixels. */
const SIDE = 192;

/**
 * The middle of an image file, small enough for everybody, in base64.
 * @throws Error when the browser cannot read it as an image
 */
export async function smallPicture(file: Blob): Promise<string> {
  const image = await createImageBitmap(file);
  const side = Math.min(image.width, image.height);
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const [x, y] = [(image.width - side) / 2, (image.height - side) / 2];
  canvas.getContext("2d")!.drawImage(image, x, y, side, side, 0, 0, SIDE, SIDE);
  image.close();
  const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
  const bytes = new Uint8Array(await jpeg.arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}
