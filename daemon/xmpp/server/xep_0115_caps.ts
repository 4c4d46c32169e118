import { createHash } from "node:crypto";
import { el, type Element, NS } from "../core/mod.ts";
import type { Extension } from "./host.ts";
import type { Session } from "./session.ts";

const MOST_CACHED = 500;
/** Only what a client wants to be told of is kept of its features, and not endlessly much. */
const MOST_FEATURES = 64;
const LONGEST_FEATURE = 256;
const HASHES: Record<string, string> = { "sha-1": "sha1", "sha-256": "sha256" };

/**
 * Entity capabilities (XEP-0115): which nodes a client wants to be told of, asked of it once for each
 * hash it announces and remembered for its account, when the answer fits the hash. Nobody else's
 * word counts: what is hashed can be read in more than one way (section 13.2).
 */
export const caps: Extension = ({ hooks }) => {
  const known = new Map<string, ReadonlySet<string>>();

  hooks.available.on((session, before) => {
    const now = announced(session.presence);
    const same = before !== undefined && key("", announced(before)) === key("", now);
    if (same && (session.features !== undefined || now === undefined)) return;
    session.features = undefined;
    if (now === undefined) return;
    const features = known.get(key(session.account, now)!);
    if (features === undefined) ask(session, now);
    else learn(session, features);
  });

  function ask(session: Session, { hash, node, ver }: Caps): void {
    session.ask(el("query", { xmlns: NS.discoInfo, node: `${node}#${ver}` }), (answer) => {
      const info = answer?.getChild("query", NS.discoInfo);
      const current = announced(session.presence);
      if (info === undefined || current?.ver !== ver || current.hash !== hash) return;
      const features = featuresOf(info);
      if (verification(info, hash) === ver) {
        if (known.size >= MOST_CACHED) known.delete(known.keys().next().value!);
        known.set(key(session.account, { hash, ver })!, features);
      }
      learn(session, features);
    });
  }

  function learn(session: Session, features: ReadonlySet<string>): void {
    session.features = features;
    hooks.capable.run(session);
  }
};

interface Caps {
  hash: string;
  node: string;
  ver: string;
}

function announced(presence: Element | undefined): Caps | undefined {
  const { hash, node, ver } = presence?.getChild("c", NS.caps)?.attrs ?? {};
  return hash && node && ver ? { hash, node, ver } : undefined;
}

function key(
  account: string,
  caps: { hash: string; ver: string } | undefined,
): string | undefined {
  return caps && JSON.stringify([account, caps.hash, caps.ver]);
}

function featuresOf(info: Element): Set<string> {
  const features = info.getChildren("feature").map(({ attrs }) => attrs.var ?? "");
  const wanted = features.filter((name) =>
    name.endsWith("+notify") && name.length <= LONGEST_FEATURE
  );
  return new Set(wanted.slice(0, MOST_FEATURES));
}

/**
 * The verification string of section 5.1; undefined for what section 5.4 calls ill-formed, and for
 * what has a separator inside of a part.
 */
function verification(info: Element, hash: string): string | undefined {
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
