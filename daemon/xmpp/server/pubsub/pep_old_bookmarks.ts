import { el, type Element, NS, StanzaError } from "../../core/mod.ts";
import type { IqRequest } from "../hooks.ts";
import type { Host } from "../host.ts";
import { OLD_ITEM, oldBookmarks } from "./old_bookmarks.ts";
import { PRIVATE_CONFIG, readConfig } from "./pep_config.ts";
import { isBookmarks, keptBookmarks, storePrivate } from "./private_elements.ts";
import { PubsubError } from "./pubsub_error.ts";

/**
 * Answers what an account asks of its own node of older bookmarks, which is none but shows the newer
 * ones (XEP-0402 section 6). @returns undefined when the request is about something else
 */
export function answerOldBookmarks(
  host: Host,
  request: IqRequest,
  action: Element,
): Element | undefined {
  const { account, session, type } = request;
  if (action.attrs.node !== NS.oldBookmarks || account !== session.account) return undefined;
  const answer = (child: Element) => el("pubsub", { xmlns: NS.pubsub }, child);
  switch (`${type} ${action.getName()}`) {
    case "get items": {
      const storage = oldBookmarks(host, session, account, keptBookmarks(host, session, account));
      const item = el("item", { id: OLD_ITEM }, storage);
      return answer(el("items", { node: NS.oldBookmarks }, item));
    }
    case "set publish": {
      checkOptions(host, request);
      const [item, ...others] = action.getChildren("item");
      const [payload, ...more] = item?.getChildElements() ?? [];
      if (payload === undefined || others.length + more.length > 0 || !isBookmarks(payload)) {
        throw new PubsubError("modify", "bad-request", "invalid-payload");
      }
      storePrivate(host, session, [payload]);
      return answer(el("publish", { node: NS.oldBookmarks }, el("item", { id: OLD_ITEM })));
    }
    default:
      throw new StanzaError(
        "cancel",
        "not-allowed",
        "older bookmarks are read and published alone",
      );
  }
}

function checkOptions(host: Host, { payload }: IqRequest): void {
  const options = payload.getChild("publish-options")?.getChild("x", NS.dataForms);
  const { pepItems } = host.limits;
  const wanted = readConfig(options, PRIVATE_CONFIG, NS.pubsubPublishOptions, pepItems);
  if (wanted.accessModel !== "whitelist" || !wanted.persistItems) {
    throw new PubsubError("cancel", "conflict", "precondition-not-met");
  }
}
