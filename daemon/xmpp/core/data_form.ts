import { el, type Element } from "./element.ts";
import { StanzaError } from "./errors.ts";
import { NS } from "./namespaces.ts";

const FORM_TYPE = "FORM_TYPE";

/** One field of a form (XEP-0004 section 3.2). */
export interface Field {
  readonly type:
    | "boolean"
    | "text-single"
    | "text-private"
    | "list-single"
    | "list-multi"
    | "jid-single"
    | "hidden"
    | "jid-multi";
  readonly label?: string;
  readonly value: string | boolean | readonly string[];
  readonly options?: readonly string[];
}

/** A form of the kind `formType` with these fields, by name. */
export function dataForm(
  type: "form" | "result" | "submit",
  formType: string,
  fields: Readonly<Record<string, Field>>,
): Element {
  return el(
    "x",
    { xmlns: NS.dataForms, type },
    fieldElement(FORM_TYPE, { type: "hidden", value: formType }),
    ...Object.entries(fields).map(([name, field]) => fieldElement(name, field)),
  );
}

function fieldElement(name: string, { type, label, value, options = [] }: Field): Element {
  const values = typeof value === "boolean"
    ? [value ? "1" : "0"]
    : typeof value === "string"
    ? [value]
    : value;
  return el(
    "field",
    { var: name, type, label },
    ...options.map((option) => el("option", {}, el("value", {}, option))),
    ...values.map((text) => el("value", {}, text)),
  );
}

/**
 * The values of a submitted form, by name; of a field sent twice the last counts.
 * @throws StanzaError `bad-request` when it is of another kind
 */
export function readForm(form: Element, formType: string): Map<string, string[]> {
  const values = new Map(
    form.getChildren("field").map((field) => [
      field.attrs.var ?? "",
      field.getChildren("value").map((value) => value.getText()),
    ]),
  );
  const kind = values.get(FORM_TYPE)?.[0];
  values.delete(FORM_TYPE);
  // An empty form says "as it is" and needs no kind.
  if (kind === undefined && values.size === 0) return values;
  if (kind !== formType) {
    throw new StanzaError("modify", "bad-request", `expected a form of ${formType}`);
  }
  return values;
}

/** @throws StanzaError `not-acceptable` */
export function readBoolean(text: string): boolean {
  if (text === "1" || text === "true") return true;
  if (text === "0" || text === "false") return false;
  throw new StanzaError("modify", "not-acceptable", "a boolean is 0, 1, true or false");
}
