import {
  dataForm,
  el,
  type Element,
  Jid,
  newId,
  NS,
  pageRequest,
  readPageResult,
} from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import { type Forwarded, readForwarded } from "./forwarded.ts";

/** A message out of an archive. */
export interface Archived extends Forwarded {
  /** Its id in the archive (XEP-0359). */
  readonly id: string;
}

/** What is asked of an archive. */
export interface ArchiveQuery {
  /** Only what was said with this address. */
  readonly with?: string;
  /** Not before this time, in ms since 1970. */
  readonly start?: number;
  /** Behind this id. */
  readonly after?: string;
  /** Before this id; "" for the newest. */
  readonly before?: string;
  /** Messages of the page; the server may give fewer. */
  readonly max?: number;
}

/** One page, oldest first. */
export interface ArchivePage {
  readonly messages: readonly Archived[];
  /** Id of the last message the server counts into it: also of one that could not be read. */
  readonly last: string | undefined;
  /** There is no more behind it (or before it, when asked backwards). */
  readonly complete: boolean;
}

/** Most messages of one page that are kept; a server that sends more is not heard further. */
const MOST = 500;

/** The account's message archive on its server (XEP-0313). */
export class MessageArchive {
  readonly #client: XmppClient;
  readonly #pages = new Map<string, Archived[]>();

  /** Registers with `client`. */
  constructor(client: XmppClient) {
    this.#client = client;
    client.hooks.message((stanza) => this.#take(stanza));
  }

  /** Does the account have one? @throws StanzaError, SimppdError */
  async exists(): Promise<boolean> {
    const query = el("query", { xmlns: NS.discoInfo });
    const to = this.#client.jid.bare();
    const answer = await this.#client.iq(el("iq", { type: "get" }, query), { to });
    const features = answer.getChild("query", NS.discoInfo)?.getChildren("feature") ?? [];
    return features.some(({ attrs }) => attrs.var === NS.archive);
  }

  /**
   * One page of the archive of our account, or of a room's.
   * @throws StanzaError `item-not-found` when the archive does not know the id any more
   */
  async page(query: ArchiveQuery, room?: Jid): Promise<ArchivePage> {
    const queryid = newId();
    const messages: Archived[] = [];
    const key = `${(room ?? this.#client.jid).bare()} ${queryid}`;
    this.#pages.set(key, messages);
    try {
      const answer = await this.#client.iq(
        el("iq", { type: "set" }, queryElement(queryid, query)),
        room === undefined ? {} : { to: room.bare() },
      );
      const fin = answer.getChild("fin", NS.archive);
      return {
        messages,
        last: fin === undefined ? undefined : readPageResult(fin).last,
        complete: fin?.attrs.complete === "true" || messages.length === 0,
      };
    } finally {
      this.#pages.delete(key);
    }
  }

  #take(stanza: Element): boolean {
    const result = stanza.getChild("result", NS.archive);
    if (result === undefined) return false;
    // Results that nobody asked for are somebody's invention (section 9).
    const from = Jid.tryParse(stanza.attrs.from);
    const messages = this.#pages.get(`${from?.toString()} ${result.attrs.queryid ?? ""}`);
    const id = result.attrs.id ?? "";
    if (messages === undefined || id === "" || messages.length >= MOST) return true;
    const own = from!.equals(this.#client.jid.bare());
    const forwarded = own ? readForwarded(result, from!) : ofRoom(result, from!);
    if (forwarded !== undefined) messages.push({ ...forwarded, id });
    return true;
  }
}

/** What was said in a room comes from an address of that room. */
function ofRoom(result: Element, room: Jid): Forwarded | undefined {
  const forwarded = result.getChild("forwarded", NS.forward);
  const message = forwarded?.getChild("message", NS.client);
  if (!Jid.tryParse(message?.attrs.from)?.bareEquals(room)) return undefined;
  const at = Date.parse(forwarded!.getChild("delay", NS.delay)?.attrs.stamp ?? "");
  return { message: message as Element, at: Number.isNaN(at) ? undefined : at };
}

function queryElement(queryid: string, query: ArchiveQuery): Element {
  const fields = {
    with: query.with,
    start: query.start === undefined ? undefined : new Date(query.start).toISOString(),
  };
  const known = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, { type: "text-single", value }] as const]
  );
  return el(
    "query",
    { xmlns: NS.archive, queryid },
    known.length === 0 ? undefined : dataForm("submit", NS.archive, Object.fromEntries(known)),
    pageRequest(query),
  );
}
