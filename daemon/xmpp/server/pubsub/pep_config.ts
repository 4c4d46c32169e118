import { el, type Element, NS, StanzaError } from "../../core/mod.ts";
import type { PepConfig } from "../storage/pep_nodes.ts";
import { PubsubError } from "./pubsub_error.ts";

/** What a node is when nothing is said (XEP-0163 section 2: only who sees the presence reads it). */
export const DEFAULT_CONFIG: PepConfig = {
  accessModel: "presence",
  maxItems: 1,
  persistItems: true,
  sendLast: "on_sub_and_presence",
};

const ACCESS_MODELS = ["open", "presence", "whitelist"] as const;

/** The node's settings as a form (XEP-0060 section 8.2). */
export function configForm(config: PepConfig): Element {
  const field = (name: string, type: string, value: string, options: readonly string[] = []) =>
    el(
      "field",
      { var: `pubsub#${name}`, type },
      ...options.map((option) => el("option", {}, el("value", {}, option))),
      el("value", {}, value),
    );
  return el(
    "x",
    { xmlns: NS.dataForms, type: "form" },
    el("field", { var: "FORM_TYPE", type: "hidden" }, el("value", {}, NS.pubsubNodeConfig)),
    field("access_model", "list-single", config.accessModel, ACCESS_MODELS),
    field("max_items", "text-single", String(config.maxItems)),
    field("persist_items", "boolean", config.persistItems ? "1" : "0"),
    field("send_last_published_item", "list-single", config.sendLast, [
      "never",
      "on_sub_and_presence",
    ]),
  );
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
  const fields = new Map(
    form.getChildren("field").map((field) => [field.attrs.var, field.getChildText("value") ?? ""]),
  );
  if (fields.get("FORM_TYPE") !== formType) throw new StanzaError("modify", "bad-request");
  let config = base;
  for (const [name, value] of fields) {
    config = { ...config, ...setting(name?.replace(/^pubsub#/, "") ?? "", value, mostItems) };
  }
  return config;
}

function setting(name: string, value: string, mostItems: number): Partial<PepConfig> {
  switch (name) {
    case "access_model": {
      const accessModel = ACCESS_MODELS.find((model) => model === value);
      if (accessModel === undefined) {
        throw new PubsubError("modify", "not-acceptable", "unsupported-access-model");
      }
      return { accessModel };
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
      return { persistItems: truth(value) };
    case "send_last_published_item":
      return { sendLast: value === "never" ? "never" : "on_sub_and_presence" };
    default:
      return {};
  }
}

function truth(value: string): boolean {
  if (["1", "true"].includes(value)) return true;
  if (["0", "false"].includes(value)) return false;
  throw new StanzaError("modify", "not-acceptable", "a boolean is 0, 1, true or false");
}

/** Is a node as `publish-options` wants it? Only what they name counts. */
export function fulfils(config: PepConfig, wanted: PepConfig): boolean {
  return config.accessModel === wanted.accessModel && config.maxItems === wanted.maxItems &&
    config.persistItems === wanted.persistItems && config.sendLast === wanted.sendLast;
}
