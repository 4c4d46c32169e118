import { el, NS } from "../core/mod.ts";
import type { Extension } from "./host.ts";

/** The session request of RFC 3921, which older clients still send: it does nothing. */
export const sessionIq: Extension = ({ hooks }) => {
  hooks.streamFeature("bound", () => el("session", { xmlns: NS.session }, el("optional")));
  for (const scope of ["server", "account"] as const) {
    hooks.iq(scope, "session", NS.session, () => undefined);
  }
};
