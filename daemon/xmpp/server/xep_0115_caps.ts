import { el, type Element, NS } from "../core/mod.ts";
import { discoInfo, SERVER_NODE, verification } from "./disco_info.ts";
import type { Extension } from "./host.ts";
import type { Session } from "./session.ts";

const MOST_CACHED = 500;
/** Only what a client wants to be told of is kept of its features, and not endlessly much. */
const MOST_FEATURES = 64;
const LONGEST_FEATURE = 256;

/**
 * Entity capabilities (XEP-0115): which nodes a client wants to be told of, asked of it once for each
 * hash it announces and remembered for its account, when the answer fits the hash. Nobody else's
 * word counts: what is hashed can be read in more than one way (section 13.2). What the server itself
 * can do stands in its stream features (section 6.3).
 */
export const caps: Extension = ({ hooks }) => {
  const known = new Map<string, ReadonlySet<string>>();

  hooks.feature("server", NS.caps);
  hooks.streamFeature("bound", () => {
    // SHA-1 is what every client knows, and no secrecy rests on it.
    const ver = verification(discoInfo(hooks, "server"), "sha-1");
    return el("c", { xmlns: NS.caps, hash: "sha-1", node: SERVER_NODE, ver });
  });

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
