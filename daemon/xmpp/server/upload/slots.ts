import { el, type Element, type Jid, NS, StanzaError } from "../../core/mod.ts";
import { safeFileName } from "./file_name.ts";
import type { Uploads } from "./uploads.ts";

const MAX_NAME = 1_000;
/** `type/subtype`, of the longest that RFC 6838 allows; parameters are dropped. */
const TYPE = /^([\w!#$&^.+-]{1,64}\/[\w!#$&^.+-]{1,64})\s*(?:;.*)?$/s;
/** When to ask again while the server itself has no room. */
const RETRY_MS = 600_000;

/** Answers a request for a slot (XEP-0363 section 4). @throws StanzaError why there is none */
export async function slotFor(uploads: Uploads, account: Jid, request: Element): Promise<Element> {
  const { filename = "", size: sizeText = "", "content-type": wanted = "" } = request.attrs;
  const name = filename.length > MAX_NAME ? undefined : safeFileName(filename);
  if (name === undefined) throw bad("a filename has 1 to 1000 characters");
  const size = /^[1-9]\d{0,14}$/.test(sizeText) ? Number(sizeText) : undefined;
  if (size === undefined) throw bad("the size is a number of bytes, 1 at least");
  const type = wanted === "" ? "application/octet-stream" : TYPE.exec(wanted)?.[1]?.toLowerCase();
  if (type === undefined) throw bad("the content-type is none");
  if (size > uploads.limits.uploadFileBytes) throw new TooLarge(uploads.limits.uploadFileBytes);

  // What is asked of the disk stands before the rest: from there to the row nothing comes between.
  const free = await uploads.folder.free();
  checkRoom(uploads, account.local, size, free);
  const { url, authorization } = uploads.makeSlot(account.local, name, type, size);
  return el(
    "slot",
    { xmlns: NS.upload },
    el("put", { url }, el("header", { name: "Authorization" }, authorization)),
    el("get", { url }),
  );
}

function checkRoom(uploads: Uploads, account: string, size: number, free: number): void {
  const { limits, rows } = uploads;
  const taken = rows.taken(account);
  const slots = rows.slots(account);
  const now = Date.now();
  if (size > limits.uploadBytes) throw new TooLarge(limits.uploadBytes);
  if (slots.open >= limits.uploadSlots) {
    const retry = (slots.oldest ?? now) + limits.uploadSlotMs;
    throw new NoRoom(`${slots.open} slots wait for their files already`, retry);
  }
  if (taken.files >= limits.uploadFiles || taken.bytes + size > limits.uploadBytes) {
    const retry = (rows.oldest(account) ?? now) + limits.uploadAgeMs;
    throw new NoRoom("the files of this account take up all that it may have", retry);
  }
  const full = rows.taken().bytes + size > limits.uploadBytesInAll ||
    free - rows.promised() - size < limits.uploadDiskReserve;
  if (full) throw new NoRoom("the server has no room for this file", now + RETRY_MS);
}

function bad(text: string): StanzaError {
  return new StanzaError("modify", "bad-request", text);
}

/** XEP-0363 section 5: the file is larger than any may be. */
class TooLarge extends StanzaError {
  constructor(readonly most: number) {
    super("modify", "not-acceptable", `A file may have ${most} bytes at most.`, "file-too-large");
  }
  override toElement(): Element {
    const element = super.toElement();
    const most = el("max-file-size", {}, String(this.most));
    element.append(el("file-too-large", { xmlns: NS.upload }, most));
    return element;
  }
}

/** XEP-0363 section 5: a quota is used up, until `retry`. */
class NoRoom extends StanzaError {
  constructor(text: string, readonly retry: number) {
    super("wait", "resource-constraint", text, "retry");
  }
  override toElement(): Element {
    const element = super.toElement();
    const stamp = new Date(this.retry).toISOString();
    element.append(el("retry", { xmlns: NS.upload, stamp }));
    return element;
  }
}
