import { createHash } from "node:crypto";
import { el, type Element, NS } from "../core/mod.ts";
import type { Hooks, Scope } from "./hooks.ts";

/** Under this and a `#` with the hash, the server answers for its capabilities (XEP-0115). */
export const SERVER_NODE = "urn:simpp:server";

/** What service discovery says of the server or of an account (XEP-0030 section 3.1). */
export function discoInfo(hooks: Hooks, scope: Scope, node?: string): Element {
  const { identities, features } = hooks.disco(scope);
  return el(
    "query",
    { xmlns: NS.discoInfo, node },
    ...identities.map(({ category, type, name }) => el("identity", { category, type, name })),
    ...[...features].map((name) => el("feature", { var: name })),
  );
}

/** Hashes that are known, by their names in XMPP (XEP-0300). */
const HASHES: Record<string, string> = { "sha-1": "sha1", "sha-256": "sha256" };

/**
 * The verification string of capabilities (XEP-0115 section 5.1); undefined for what section 5.4 calls
 * ill-formed, and for what has a separator inside of a part.
 */
export function verification(info: Element, hash: string): string | undefined {
  const algorithm = HASHES[hash];
  if (algorithm === undefined) return undefined;
  if (isAmbiguous(info)) return undefined;
  const identities = info.getChildren("identity").map(({ attrs }) =>
    `${attrs.category ?? ""}/${attrs.type ?? ""}/${attrs["xml:lang"] ?? ""}/${attrs.name ?? ""}`
  );
  const features = info.getChildren("feature").map(({ attrs }) => attrs.var ?? "");
  const forms = info.getChildren("x", NS.dataForms).map(formText);
  const parts = [identities, features, forms];
  if (parts.some((part) => new Set(part).size < part.length)) return undefined;
  const text = [...identities.sort(), ...features.sort()].map((part) => `${part}<`).join("") +
    forms.sort().join("");
  return createHash(algorithm).update(text).digest("base64");
}

function isAmbiguous(info: Element): boolean {
  const identities = info.getChildren("identity").map(({ attrs }) => attrs);
  const fields = info.getChildren("x", NS.dataForms).flatMap((form) => form.getChildren("field"));
  const parts = [
    ...identities.flatMap((attrs) => Object.values(attrs)),
    ...info.getChildren("feature").map(({ attrs }) => attrs.var),
    ...fields.map(({ attrs }) => attrs.var),
    ...fields.flatMap((field) => field.getChildren("value").map((value) => value.getText())),
  ];
  // The name is the last part of an identity: a slash in it is no other part's end.
  return parts.some((part) => part?.includes("<")) ||
    identities.some((attrs) =>
      [attrs.category, attrs.type, attrs["xml:lang"]].some((part) => part?.includes("/"))
    );
}

function formText(form: Element): string {
  const fields = form.getChildren("field").map((field) => ({
    name: field.attrs.var ?? "",
    values: field.getChildren("value").map((value) => `${value.getText()}<`).sort(),
  }));
  const type = fields.find(({ name }) => name === "FORM_TYPE");
  const others = fields.filter((field) => field !== type)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, values }) => `${name}<${values.join("")}`);
  return (type?.values.join("") ?? "") + others.join("");
}
