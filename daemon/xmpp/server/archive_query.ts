import {
  dataForm,
  el,
  type Element,
  Jid,
  NS,
  pageResult,
  readForm,
  readPageRequest,
  StanzaError,
} from "../core/mod.ts";
import { delayElement } from "./delay.ts";
import type { Host } from "./host.ts";
import { passOn, type Payer } from "./stored_xml.ts";
import { type Archive, type ArchiveFilter, idAt, timeOf } from "./storage/archive.ts";

const TEXT = { type: "text-single", value: "" } as const;

/** What may be asked for (XEP-0313 section 4.1.1). */
export function queryForm(): Element {
  return dataForm("form", NS.archive, {
    with: TEXT,
    start: TEXT,
    end: TEXT,
    "before-id": TEXT,
    "after-id": TEXT,
  });
}

/** A page of an archive: the messages that carry it, and the end that the request is answered with. */
export interface ArchivePage {
  readonly results: readonly Element[];
  readonly fin: Element;
  /** What finding it cost beyond the sending, in bytes of the asker's rate. */
  readonly cost: number;
}

/**
 * Counting a message, in bytes of a rate, and looking which resource it is of; reading one costs a
 * part of its bytes.
 */
const COUNT_COST = 4;
const SCAN_COST = 64;
const READ_COST = 1 / 8;

/**
 * Answers a `<query/>` to the archive of `owner` (XEP-0313 section 4).
 * @throws StanzaError `bad-request`, `item-not-found` for an unknown id
 */
export function queryArchive(
  { storage: { archive }, limits }: Pick<Host, "storage" | "limits">,
  owner: Jid,
  query: Element,
): ArchivePage {
  const { node, queryid } = query.attrs;
  if (node !== undefined) throw new StanzaError("cancel", "item-not-found");
  const page = readPageRequest(query);
  const whole = filterOf(archive, owner, query);
  const filter = { ...whole };
  if (page.after !== undefined) {
    filter.after = Math.max(filter.after, known(archive, filter.owner, page.after));
  }
  if (page.before !== undefined && page.before !== "") {
    filter.before = Math.min(filter.before, known(archive, filter.owner, page.before));
  }
  const most = Math.min(page.max ?? limits.archivePage, limits.archivePage);
  const backwards = page.before !== undefined;
  // One more than asked for tells whether there is more.
  const found = most === 0 ? [] : archive.page(filter, most + 1, backwards);
  let complete = most > 0 && found.length <= most;
  let rows = backwards ? found.slice(-most) : found.slice(0, most);
  const fitting = within(backwards ? [...rows].reverse() : rows, limits.archivePageBytes);
  if (fitting.length < rows.length) complete = false;
  rows = backwards ? fitting.reverse() : fitting;
  if (query.getChild("flip-page") !== undefined) rows = [...rows].reverse();
  const ids = rows.map(({ id }) => String(id)).sort((a, b) => Number(a) - Number(b));
  const count = archive.count({ ...whole, resource: "" });
  const scans = whole.resource !== "" && most > 0;
  let read = READ_COST * found.reduce((sum, { stanza }) => sum + stanza.length, 0);
  const payer = { charge: (bytes: number) => void (read += bytes) };
  const results = rows.flatMap(({ id, stanza }) => result(owner, queryid, id, stanza, payer) ?? []);
  return {
    cost: Math.ceil((scans ? SCAN_COST : COUNT_COST) * count + read),
    results,
    fin: el(
      "fin",
      { xmlns: NS.archive, complete: complete ? "true" : undefined },
      pageResult({
        first: ids[0],
        last: ids.at(-1),
        // No index tells how many are of one resource: it is left out (XEP-0059 section 2.6).
        count: whole.resource === "" ? count : undefined,
      }),
    ),
  };
}

/** First and last message of an archive (XEP-0313 section 4.3). */
export function metadata(archive: Archive, owner: Jid): Element {
  const filter = { ...EVERYTHING, owner: owner.toString() };
  const end = (name: string, last: boolean) => {
    const id = archive.page(filter, 1, last)[0]?.id;
    if (id === undefined) return undefined;
    const timestamp = new Date(timeOf(id)).toISOString();
    return el(name, { id: String(id), timestamp });
  };
  return el("metadata", { xmlns: NS.archive }, end("start", false), end("end", true));
}

const EVERYTHING: ArchiveFilter = {
  owner: "",
  peer: "",
  resource: "",
  after: -1,
  before: Number.MAX_SAFE_INTEGER,
};

function filterOf(archive: Archive, owner: Jid, query: Element): ArchiveFilter {
  const form = query.getChild("x", NS.dataForms);
  const fields = form === undefined ? new Map<string, string[]>() : readForm(form, NS.archive);
  const value = (name: string) => fields.get(name)?.[0] || undefined;
  const filter = { ...EVERYTHING, owner: owner.toString() };
  const peer = value("with");
  if (peer !== undefined) {
    const jid = Jid.tryParse(peer);
    if (jid === undefined) throw new StanzaError("modify", "jid-malformed");
    filter.peer = jid.bare().toString();
    filter.resource = jid.resource;
  }
  const [start, end] = [value("start"), value("end")];
  if (start !== undefined) filter.after = idAt(timeIn(start)) - 1;
  if (end !== undefined) filter.before = idAt(timeIn(end) + 1);
  const [afterId, beforeId] = [value("after-id"), value("before-id")];
  if (afterId !== undefined) {
    filter.after = Math.max(filter.after, known(archive, filter.owner, afterId));
  }
  if (beforeId !== undefined) {
    filter.before = Math.min(filter.before, known(archive, filter.owner, beforeId));
  }
  return filter;
}

/** XEP-0082. @throws StanzaError `bad-request` */
function timeIn(text: string): number {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) throw new StanzaError("modify", "bad-request", "not a time of XEP-0082");
  return time;
}

function known(archive: Archive, owner: string, text: string): number {
  const id = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(id) || !archive.has(owner, id)) {
    throw new StanzaError("cancel", "item-not-found", "no such message in the archive");
  }
  return id;
}

/** As many from the first on as fit; one at least. */
function within<T extends { stanza: string }>(rows: readonly T[], bytes: number): T[] {
  let taken = 0;
  const end = rows.findIndex(({ stanza }) => (taken += stanza.length) > bytes);
  return rows.slice(0, end < 0 ? rows.length : Math.max(1, end));
}

function result(
  owner: Jid,
  queryid: string | undefined,
  id: number,
  stanza: string,
  payer: Payer,
): Element | undefined {
  const message = passOn(stanza, payer);
  if (message === undefined) return undefined;
  const delay = delayElement(owner, timeOf(id));
  delete delay.attrs.from;
  return el(
    "message",
    { xmlns: NS.client, from: owner.toString() },
    el(
      "result",
      { xmlns: NS.archive, queryid, id: String(id) },
      el("forwarded", { xmlns: NS.forward }, delay, message),
    ),
  );
}
