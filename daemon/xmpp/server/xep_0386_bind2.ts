import { toBase64Url, utf8 } from "../../base/mod.ts";
import { hmacSha256 } from "../../crypto/mod.ts";
import { el, type Element, newId, NS } from "../core/mod.ts";
import { bindResource } from "./stream/binding.ts";
import type { Hooks } from "./hooks.ts";
import type { Session } from "./session.ts";
import type { StagedStream } from "./stream/stage.ts";
import type { StreamHost } from "./stream/stream_host.ts";

/** Longest name of a program that goes into a resource. */
const LONGEST_TAG = 40;
/** Bytes of the part of a resource that the server makes. */
const ID_BYTES = 9;

/** Says what can be enabled while binding (XEP-0386 section 3.1). */
export function bind2Feature(hooks: Hooks): Element {
  const features = hooks.bind2Features.map((name) => el("feature", { var: name }));
  return el("bind", { xmlns: NS.bind2 }, el("inline", {}, ...features));
}

/**
 * Binds a resource while logging in, and enables what the client wants with it (XEP-0386).
 * @param client what it calls itself, "" if it does not: the same one gets the same resource, so
 * that its session of before ends
 * @throws StanzaError `resource-constraint`
 * @throws StreamError
 */
export function bind2(
  host: StreamHost,
  stream: StagedStream,
  account: string,
  bind: Element,
  client: string,
): { session: Session; bound: Element } {
  const tag = bind.getChildText("tag", NS.bind2) ?? "";
  const id = client === "" ? newId() : stableId(host, account, tag, client);
  const session = bindResource(host, stream, account, withTag(host, account, tag, id));
  const answers = bind.getChildElements()
    .map((element) => host.hooks.bind2Handler(element)?.(session, element));
  const bound = el("bound", { xmlns: NS.bind2 }, ...answers, ...host.hooks.boundElements(session));
  return { session, bound };
}

/** Nobody learns from it what the client calls itself. */
function stableId(host: StreamHost, account: string, tag: string, client: string): string {
  const secret = host.storage.accounts.secret("resources");
  const mac = hmacSha256(secret, utf8(JSON.stringify([account, tag, client])));
  return toBase64Url(mac.slice(0, ID_BYTES));
}

function withTag(host: StreamHost, account: string, tag: string, id: string): string {
  if (tag === "" || tag.length > LONGEST_TAG) return id;
  try {
    return host.address(account).withResource(`${tag}/${id}`).resource;
  } catch {
    return id;
  }
}
