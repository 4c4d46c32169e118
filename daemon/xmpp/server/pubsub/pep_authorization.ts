import {
  dataForm,
  el,
  type Element,
  Jid,
  newId,
  NS,
  readBoolean,
  readForm,
  StanzaError,
} from "../../core/mod.ts";
import type { Host } from "../host.ts";
import type { Session } from "../session.ts";
import type { PepSubscription } from "../storage/pep_subscriptions.ts";

/** Most requests that an owner is reminded of when it comes online; then come the next ones. */
const MOST_REMINDED = 50;

type Wish = Pick<PepSubscription, "subscriber" | "resource"> & { readonly node: string };

/**
 * Asks the owner whether somebody may subscribe (XEP-0060 section 8.6).
 * @param payer pays for the copies with its rate
 */
export function askOwner(host: Host, account: string, wish: Wish, payer: Session): void {
  const owners = host.sessions.available(account);
  for (const session of owners) session.relay(question(host, account, wish, session));
  payer.charge(owners.length * QUESTION_COST);
}

/** About what a question has. */
const QUESTION_COST = 1_024;

/** Asks a session of the owner again what nobody has answered. */
export function remindOwner(host: Host, session: Session): void {
  const { account } = session;
  for (const wish of host.storage.pepSubscriptions.pending(account, MOST_REMINDED)) {
    const open = host.hooks.passage(host.address(wish.subscriber), session.jid) === "open";
    if (open) session.relay(question(host, account, wish, session));
  }
}

function question(host: Host, account: string, wish: Wish, session: Session): Element {
  const subscriber = host.address(wish.subscriber);
  const jid = wish.resource === "" ? subscriber : subscriber.withResource(wish.resource);
  const form = dataForm("form", NS.pubsubSubscribeAuthorization, {
    "pubsub#node": { type: "text-single", label: "Node", value: wish.node },
    "pubsub#subscriber_jid": {
      type: "jid-single",
      label: "Who wants to subscribe",
      value: jid.toString(),
    },
    "pubsub#allow": { type: "boolean", label: "Allow it?", value: false },
  });
  return el("message", {
    id: newId(),
    from: host.address(account).toString(),
    to: session.jid.toString(),
  }, form);
}

/** What an owner's form says. */
export interface Decision {
  readonly node: string;
  readonly subscriber: Jid;
  readonly allow: boolean;
}

/**
 * Reads the owner's answer out of a message.
 * @returns undefined when it is none; `cancelled` when it leaves the question open
 * @throws StanzaError `bad-request`, `not-acceptable` when it is none that makes sense
 */
export function readDecision(message: Element): Decision | "cancelled" | undefined {
  const form = message.getChildren("x", NS.dataForms).find((x) =>
    x.getChildren("field").some((field) =>
      field.attrs.var === "FORM_TYPE" &&
      field.getChildText("value") === NS.pubsubSubscribeAuthorization
    )
  );
  if (form === undefined) return undefined;
  if (form.attrs.type === "cancel") return "cancelled";
  if (form.attrs.type !== "submit") return undefined;
  const fields = readForm(form, NS.pubsubSubscribeAuthorization);
  const node = fields.get("pubsub#node")?.[0];
  const subscriber = Jid.tryParse(fields.get("pubsub#subscriber_jid")?.[0]);
  if (!node || subscriber === undefined) {
    throw new StanzaError("modify", "bad-request", "expected a node and a subscriber");
  }
  return { node, subscriber, allow: readBoolean(fields.get("pubsub#allow")?.[0] ?? "") };
}
