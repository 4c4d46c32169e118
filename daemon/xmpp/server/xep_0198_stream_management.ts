import { toBase64Url } from "../../base/mod.ts";
import {
  el,
  type Element,
  NS,
  readSmCounter,
  type StanzaCondition,
  StreamError,
} from "../core/mod.ts";
import type { Extension, Host } from "./host.ts";
import type { Outlet, Session } from "./session.ts";
import { StreamManagement } from "./stream/stream_management.ts";

/** Random bytes of what a resumption must show. */
const ID_BYTES = 24;
/** Part of what may wait on the wire that a resumed stream may begin with. */
const SHARE_OF_QUEUE = 0.5;

/** Stream management can be enabled while a resource is bound (XEP-0198 section 9). */
export const streamManagement: Extension = (host) => {
  host.hooks.bind2(
    NS.streamManagement,
    (session, element) =>
      element.getName() === "enable" ? enableManagement(host, session, element) : undefined,
  );
};

/** Stream management is offered (XEP-0198 section 2). */
export function managementFeature(): Element {
  return el("sm", { xmlns: NS.streamManagement });
}

/** Answers `<enable/>` of a session (XEP-0198 section 3). */
export function enableManagement(host: Host, session: Session, enable: Element): Element {
  if (session.management !== undefined) return managementFailed("unexpected-request");
  const { limits, resumptions } = host;
  const { resume, max } = enable.attrs;
  const wanted = /^\d{1,9}$/.test(max ?? "") ? Number(max) * 1000 : Infinity;
  const resumeMs = Math.min(wanted, limits.resumeMs);
  const resumable = (resume === "true" || resume === "1") && resumeMs > 0;
  const id = resumable ? toBase64Url(crypto.getRandomValues(new Uint8Array(ID_BYTES))) : undefined;
  session.management = new StreamManagement({
    stanzas: limits.unackedStanzas,
    bytes: Math.min(limits.unackedBytes, limits.outQueueBytes * SHARE_OF_QUEUE),
  }, { id, resumeMs });
  if (id === undefined) return el("enabled", { xmlns: NS.streamManagement });
  resumptions.add(session);
  const seconds = String(Math.floor(resumeMs / 1000));
  return el("enabled", { xmlns: NS.streamManagement, id, resume: "true", max: seconds });
}

/** A session that goes on on a new stream: `attach` once `element` is written. */
export interface Resumed {
  readonly session: Session;
  readonly element: Element;
  attach(outlet: Outlet): void;
}

/**
 * Takes a session of `account` from the stream it was on (XEP-0198 section 5). Nothing of it is
 * under way any more, and all it stored is there for good, when this resolves.
 * @returns `<failed/>` when there is none to be resumed
 * @throws StreamError when the client counts stanzas that were never sent, `resource-constraint` when
 * what it sent cannot be stored now
 */
export async function resumeSession(
  host: Host,
  account: string,
  resume: Element,
): Promise<Resumed | Element> {
  const { hooks, resumptions } = host;
  const { previd = "", h } = resume.attrs;
  const session = resumptions.find(previd, account);
  if (session === undefined) return managementFailed("item-not-found");
  const count = readSmCounter(h);
  if (count === undefined) return managementFailed("bad-request");
  session.outlet?.supersede();
  while (session.working !== undefined) await session.working.catch(() => {});
  const management = session.management!;
  if (!session.open || !management.resumable) return managementFailed("item-not-found");
  session.acknowledged(count);
  if (!host.storage.settle()) {
    throw new StreamError("resource-constraint", "the server's storage is away");
  }
  const element = el("resumed", {
    xmlns: NS.streamManagement,
    previd,
    h: String(management.received),
  });
  const attach = (outlet: Outlet) => {
    // Between two that resume it at once, the later has it.
    session.outlet?.supersede();
    resumptions.came(session);
    session.attach(outlet);
    if (management.relieved()) hooks.relieved.run(session);
  };
  return { session, element, attach };
}

/** `<failed/>` (XEP-0198 section 6). */
export function managementFailed(condition: StanzaCondition): Element {
  return el("failed", { xmlns: NS.streamManagement }, el(condition, { xmlns: NS.stanzas }));
}
