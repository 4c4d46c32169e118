import { el, type Element, NS, StanzaError } from "../../core/mod.ts";
import type { IqRequest } from "../hooks.ts";
import type { Host } from "../host.ts";
import type { PepConfig } from "../storage/pep_nodes.ts";
import { configForm, DEFAULT_CONFIG, readConfig } from "./pep_config.ts";
import { NodeAccess } from "./pep_access.ts";
import {
  listAffiliations,
  listSubscriptions,
  setAffiliations,
  setSubscriptions,
} from "./pep_management.ts";
import { audienceOf, notify, tell } from "./pep_notify.ts";
import { checkRoom, nodeOf } from "./pep_publish.ts";
import { endRefused, endSubscriptions, tellSubscriber } from "./pep_subscribe.ts";
import { PubsubError } from "./pubsub_error.ts";

/** Makes a node (XEP-0060 section 8.1). */
export function create(host: Host, { session, payload }: IqRequest, action: Element): undefined {
  const node = nodeOf(action);
  const { pep } = host.storage;
  if (pep.config(session.account, node) !== undefined) throw new StanzaError("cancel", "conflict");
  if (pep.nodes(session.account).length >= host.limits.pepNodes) {
    throw new StanzaError("wait", "resource-constraint", "too many nodes");
  }
  const form = payload.getChild("configure")?.getChild("x", NS.dataForms);
  const config = readConfig(form, DEFAULT_CONFIG, NS.pubsubNodeConfig, host.limits.pepItems);
  host.storage.transaction(() => {
    pep.configure(session.account, node, config);
    checkRoom(host, session.account);
  });
}

/** Requests only the owner makes (XEP-0060 section 8). */
export function manage(host: Host, request: IqRequest): Element | undefined {
  const { session, type, payload } = request;
  const { account } = session;
  const action = payload.getChildElements()[0];
  if (action === undefined) throw new StanzaError("modify", "bad-request");
  if (request.account !== account) throw new StanzaError("auth", "forbidden");
  const kind = `${type} ${action.getName()}`;
  const answer = (child: Element) => el("pubsub", { xmlns: NS.pubsubOwner }, child);
  if (kind === "get default") {
    return answer(el("default", {}, configForm(DEFAULT_CONFIG, rosterGroups(host, account))));
  }
  const node = nodeOf(action);
  const { pep } = host.storage;
  const config = pep.config(account, node);
  if (config === undefined) throw new StanzaError("cancel", "item-not-found");
  switch (kind) {
    case "get configure":
      return answer(el("configure", { node }, configForm(config, rosterGroups(host, account))));
    case "set configure":
      return configure(host, account, node, config, action);
    case "get affiliations":
      return answer(listAffiliations(host, account, node));
    case "set affiliations":
      return setAffiliations(host, account, node, action);
    case "get subscriptions":
      return answer(listSubscriptions(host, account, node));
    case "set subscriptions":
      return setSubscriptions(host, account, node, action);
    case "set delete": {
      // Its subscriptions go with it.
      const audience = audienceOf(host, account, node, config);
      host.storage.transaction(() => pep.delete(account, node));
      tell(host, session, account, audience, el("delete", { node }));
      host.hooks.nodeChanged.run(session, account, node);
      return undefined;
    }
    case "set purge":
      host.storage.transaction(() => pep.purge(account, node));
      notify(host, session, account, node, config, el("purge", { node }));
      host.hooks.nodeChanged.run(session, account, node);
      return undefined;
    default:
      throw new PubsubError("cancel", "feature-not-implemented", "unsupported", {
        feature: action.getName(),
      });
  }
}

function configure(
  host: Host,
  account: string,
  node: string,
  before: PepConfig,
  action: Element,
): undefined {
  const form = action.getChild("x", NS.dataForms);
  if (form?.attrs.type === "cancel") return undefined;
  const after = readConfig(form, before, NS.pubsubNodeConfig, host.limits.pepItems);
  host.storage.transaction(() => host.storage.pep.configure(account, node, after));
  if (before.accessModel !== after.accessModel) remodel(host, account, node, after);
  else endRefused(host, account, node);
}

/** Who may not read under another access model loses its subscription; who waited and may gets it. */
function remodel(host: Host, account: string, node: string, config: PepConfig): void {
  const subscriptions = host.storage.pepSubscriptions.of(account, node);
  const access = NodeAccess.ofMany(host, account, node, config, subscriptions);
  if (config.accessModel === "authorize") {
    // Nobody was let in by the owner yet but those it named.
    const ended = subscriptions.filter(({ subscriber }) => !isNamed(access, account, subscriber));
    return endSubscriptions(host, account, node, ended);
  }
  const waiting = subscriptions.filter(({ subscriber, state }) =>
    state === "pending" && access.may(subscriber)
  );
  const free = host.limits.pepSubscribers - (subscriptions.length - waiting.length);
  const granted = waiting.slice(0, Math.max(0, free));
  host.storage.transaction(() => {
    for (const one of granted) {
      host.storage.pepSubscriptions.put(account, node, { ...one, state: "subscribed" });
    }
  });
  for (const one of granted) tellSubscriber(host, account, node, one, "subscribed");
  endSubscriptions(host, account, node, waiting.slice(granted.length));
  endRefused(host, account, node);
}

function isNamed(access: NodeAccess, account: string, person: string): boolean {
  const affiliation = access.affiliation(person);
  return person === account || affiliation === "member" || affiliation === "publisher";
}

function rosterGroups(host: Host, account: string): string[] {
  const groups = host.storage.rosters.list(account).flatMap((item) => item.groups);
  return [...new Set(groups)].sort().slice(0, MOST_GROUPS_SHOWN);
}

/** Of the owner's roster, in a form. */
const MOST_GROUPS_SHOWN = 200;
