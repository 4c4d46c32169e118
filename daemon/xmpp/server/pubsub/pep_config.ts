import { dataForm, type Element, NS, readBoolean, readForm, StanzaError } from "../../core/mod.ts";
import type { PepConfig } from "../storage/pep_nodes.ts";
import { PubsubError } from "./pubsub_error.ts";

/** What a node is when nothing is said (XEP-0163 section 2: only who sees the presence reads it). */
export const DEFAULT_CONFIG: PepConfig = {
  accessModel: "presence",
  rosterGroups: [],
  publishModel: "publishers",
  maxItems: 1,
  persistItems: true,
  sendLast: "on_sub_and_presence",
};

/** Of what the account alone reads and nobody is told. */
export const PRIVATE_CONFIG: PepConfig = {
  ...DEFAULT_CONFIG,
  accessModel: "whitelist",
  sendLast: "never",
};

const ACCESS_MODELS = ["open", "presence", "roster", "authorize", "whitelist"] as const;
const PUBLISH_MODELS = ["publishers", "subscribers", "open"] as const;
/** As many as a contact may be in (RFC 6121 says nothing of it), and as long. */
const MOST_GROUPS = 16;
const LONGEST_GROUP = 255;

/** The node's settings as a form (XEP-0060 section 8.2). @param groups the owner's roster has */
export function configForm(config: PepConfig, groups: readonly string[] = []): Element {
  const list = (value: string, options: readonly string[]) =>
    ({ type: "list-single", value, options }) as const;
  return dataForm("form", NS.pubsubNodeConfig, {
    "pubsub#access_model": list(config.accessModel, ACCESS_MODELS),
    "pubsub#roster_groups_allowed": {
      type: "list-multi",
      value: config.rosterGroups,
      options: groups,
    },
    "pubsub#publish_model": list(config.publishModel, PUBLISH_MODELS),
    "pubsub#max_items": { type: "text-single", value: String(config.maxItems) },
    "pubsub#persist_items": { type: "boolean", value: config.persistItems },
    "pubsub#send_last_published_item": list(config.sendLast, ["never", "on_sub_and_presence"]),
  });
}

/**
 * The settings a submitted form asks for; those it does not name stay as in `base`. Settings this
 * server does not have are passed over.
 * @throws StanzaError `not-acceptable` on values that cannot be had, `bad-request` on a form of
 * another kind
 */
export function readConfig(
  form: Element | undefined,
  base: PepConfig,
  formType: string,
  mostItems: number,
): PepConfig {
  if (form === undefined) return base;
  let config = base;
  for (const [name, values] of readForm(form, formType)) {
    config = { ...config, ...setting(name.replace(/^pubsub#/, ""), values, mostItems) };
  }
  return config;
}

function setting(name: string, values: string[], mostItems: number): Partial<PepConfig> {
  const value = values[0] ?? "";
  switch (name) {
    case "access_model": {
      const accessModel = ACCESS_MODELS.find((model) => model === value);
      if (accessModel === undefined) {
        throw new PubsubError("modify", "not-acceptable", "unsupported-access-model");
      }
      return { accessModel };
    }
    case "roster_groups_allowed":
      return { rosterGroups: groupsOf(values) };
    case "publish_model": {
      const publishModel = PUBLISH_MODELS.find((model) => model === value);
      if (publishModel === undefined) {
        throw new StanzaError("modify", "not-acceptable", `no publish model "${value}"`);
      }
      return { publishModel };
    }
    case "max_items": {
      if (value === "max") return { maxItems: mostItems };
      const maxItems = /^[1-9]\d{0,5}$/.test(value) ? Number(value) : NaN;
      if (!(maxItems <= mostItems)) {
        throw new StanzaError("modify", "not-acceptable", `max_items is 1 to ${mostItems}`);
      }
      return { maxItems };
    }
    case "persist_items":
      return { persistItems: readBoolean(value) };
    case "send_last_published_item":
      return { sendLast: value === "never" ? "never" : "on_sub_and_presence" };
    default:
      return {};
  }
}

/** Each once, in one order, so that equal choices are equal. */
function groupsOf(values: readonly string[]): string[] {
  const groups = [...new Set(values.filter((group) => group !== ""))].sort();
  if (groups.length > MOST_GROUPS || groups.some((group) => group.length > LONGEST_GROUP)) {
    throw new StanzaError(
      "modify",
      "not-acceptable",
      `at most ${MOST_GROUPS} groups of at most ${LONGEST_GROUP} characters`,
    );
  }
  return groups;
}

/** Is a node as `publish-options` wants it? Only what they name counts. */
export function fulfils(config: PepConfig, wanted: PepConfig): boolean {
  return config.accessModel === wanted.accessModel && config.maxItems === wanted.maxItems &&
    config.persistItems === wanted.persistItems && config.sendLast === wanted.sendLast &&
    config.publishModel === wanted.publishModel &&
    config.rosterGroups.join("\n") === wanted.rosterGroups.join("\n");
}
