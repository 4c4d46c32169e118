import { utf8 } from "../../../base/mod.ts";
import { el, type Element, NS, serialise, StanzaError } from "../../core/mod.ts";
import type { IqRequest } from "../hooks.ts";
import type { Host } from "../host.ts";
import type { PepConfig } from "../storage/pep_nodes.ts";
import { NodeAccess } from "./pep_access.ts";
import { itemElement, itemsEvent, notify } from "./pep_notify.ts";
import { nodeOf } from "./pep_publish.ts";
import { PubsubError } from "./pubsub_error.ts";

/** Bytes of items that one answer has at most. */
const ANSWER_BYTES = 190_000;
/** What reading a byte of the items costs who asked, in bytes of its rate. */
const READ_COST = 1 / 8;

/**
 * The settings of a node that the asker may read.
 * @throws StanzaError otherwise (XEP-0060 section 6.5.9)
 */
export function readable(host: Host, { session, account }: IqRequest, node: string): PepConfig {
  const config = host.storage.pep.config(account, node);
  if (config === undefined) throw new StanzaError("cancel", "item-not-found");
  const refusal = NodeAccess.ofFew(host, account, node, config).refusal(session.account);
  if (refusal !== undefined) throw refusal;
  return config;
}

/**
 * The items asked for, the newest ones where they are too many for an answer (XEP-0060 section 6.5;
 * what was left out is told as section 6.5.4 says).
 */
export function retrieve(host: Host, request: IqRequest, action: Element): Element {
  const node = nodeOf(action);
  const config = readable(host, request, node);
  const { pep } = host.storage;
  const ids = action.getChildren("item").map(({ attrs }) => attrs.id ?? "");
  const most = Number(action.attrs.max_items ?? config.maxItems);
  if (!(most >= 1)) throw new StanzaError("modify", "bad-request");
  const found = ids.length > 0
    ? ids.slice(0, host.limits.pepItems).flatMap((id) => pep.item(request.account, node, id) ?? [])
    : pep.items(request.account, node, Math.min(most, config.maxItems)).reverse();
  const read = found.reduce((sum, { payload }) => sum + payload.length, 0);
  request.session.charge(Math.ceil(READ_COST * read));
  // The newest; the rest can be asked for by id.
  const answer = fitting(
    found.toReversed().values().flatMap((item) => {
      const element = itemElement(host, request.session, item);
      return element === undefined ? [] : [element];
    }),
  ).reverse();
  const cut = ids.length === 0 && answer.length > 0 && answer.length < found.length;
  return el(
    "pubsub",
    { xmlns: NS.pubsub },
    el("items", { node }, ...answer),
    cut ? truncated(answer, found.length) : undefined,
  );
}

function truncated(answer: readonly Element[], count: number): Element {
  return el(
    "set",
    { xmlns: NS.resultSet },
    el("first", { index: String(count - answer.length) }, answer[0]!.attrs.id),
    el("last", {}, answer.at(-1)!.attrs.id),
    el("count", {}, String(count)),
  );
}

/** The first of `elements` that together stay within what a stanza may have; one at least. */
export function fitting(elements: Iterable<Element>): Element[] {
  const fit: Element[] = [];
  let bytes = 0;
  for (const element of elements) {
    bytes += utf8(serialise(element)).length;
    if (fit.length > 0 && bytes > ANSWER_BYTES) break;
    fit.push(element);
  }
  return fit;
}

/** Takes back one item: the owner any, a publisher its own (XEP-0060 section 7.2). */
export function retract(host: Host, request: IqRequest, action: Element): undefined {
  const { account, session } = request;
  const node = nodeOf(action);
  const [item, ...others] = action.getChildren("item");
  const id = item?.attrs.id;
  if (id === undefined || others.length > 0) {
    throw new PubsubError("modify", "bad-request", "item-required");
  }
  const { pep } = host.storage;
  const config = pep.config(account, node);
  const own = account === session.account;
  if (!own) {
    const access = config && NodeAccess.ofFew(host, account, node, config);
    const theirs = pep.item(account, node, id)?.publisher === session.account;
    if (!access?.mayPublish(session.account) || !theirs) throw new StanzaError("auth", "forbidden");
  }
  if (config === undefined || !host.storage.transaction(() => pep.retract(account, node, id))) {
    throw new StanzaError("cancel", "item-not-found");
  }
  if (["1", "true"].includes(action.attrs.notify ?? "")) {
    notify(host, session, account, node, config, itemsEvent(node, el("retract", { id })));
  }
  host.hooks.nodeChanged.run(session, account, node);
}
