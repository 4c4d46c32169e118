import { SimppdError, utf8 } from "../../../base/mod.ts";
import { equal, sha256 } from "../../../crypto/mod.ts";
import type { Exchange } from "../web/exchange.ts";
import { CORS } from "./serve.ts";
import { Uploads } from "./uploads.ts";

/** Takes the file of a slot (XEP-0363 section 6): once, of exactly the size that was said. */
export async function receive(uploads: Uploads, exchange: Exchange): Promise<void> {
  const { rows, folder, limits } = uploads;
  const refuse = (status: number, text: string) => exchange.say(status, text, CORS);
  const target = Uploads.read(exchange.path);
  const slot = target && rows.get(target.hash);
  if (target === undefined || slot?.name !== target.name) return refuse(404, "No such slot.");
  const shown = sha256(utf8(exchange.header("authorization") ?? ""));
  if (!equal(shown, slot.secret_hash)) return refuse(403, "This is not yours to upload.");
  if (slot.state !== "slot") return refuse(409, "This slot was used already.");
  if (Date.now() >= slot.since + limits.uploadSlotMs) return refuse(410, "This slot has run out.");
  const { "content-length": length, "transfer-encoding": coding } = exchange.request.headers;
  if (length === undefined || coding !== undefined) return refuse(411, "Say how long the file is.");
  if (length !== String(slot.size)) return refuse(413, `The slot is for ${slot.size} bytes.`);
  const type = exchange.header("content-type")?.replace(/;.*/s, "").trim().toLowerCase();
  if (type !== undefined && type !== slot.type) return refuse(415, `The slot is for ${slot.type}.`);

  if (!rows.claim(target.hash)) return refuse(409, "This slot was used already.");
  let stored = false;
  try {
    const free = await folder.free();
    if (free - slot.size < limits.uploadDiskReserve) {
      return refuse(507, "The disk of the server is full.");
    }
    exchange.proceed();
    exchange.allow(slot.size);
    await folder.write(slot.file, bytesOf(exchange, slot.size));
    stored = rows.complete(target.hash, Date.now());
    // The account, and with it the slot, was removed meanwhile.
    if (!stored) await folder.remove([slot.file]);
    stored ? exchange.answer(201, CORS) : refuse(404, "No such slot.");
  } catch (error) {
    const full = error instanceof SimppdError &&
      (error.code === "disk-full" || error.code === "database-full");
    if (full) return refuse(507, "The disk of the server is full.");
    // Who went away needs no answer, and is nothing to be logged.
    if (!(error instanceof CutOff)) throw error;
  } finally {
    if (!stored) rows.release(target.hash);
  }
}

/** The client went away before the end of its file. */
class CutOff extends Error {}

async function* bytesOf(exchange: Exchange, size: number): AsyncGenerator<Uint8Array> {
  let came = 0;
  try {
    for await (const bytes of exchange.request as AsyncIterable<Uint8Array>) {
      exchange.moved();
      came += bytes.length;
      if (came > size) break;
      yield bytes;
    }
  } catch (error) {
    throw new CutOff("the upload was cut off", { cause: error });
  }
  if (came !== size) throw new CutOff(`${came} of ${size} bytes came`);
}
