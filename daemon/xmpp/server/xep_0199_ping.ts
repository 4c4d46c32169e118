import { NS, StanzaError } from "../core/mod.ts";
import type { Extension } from "./host.ts";

/** Ping (XEP-0199), answered for the server and for one's own account. */
export const ping: Extension = ({ hooks }) => {
  for (const scope of ["server", "account"] as const) {
    hooks.feature(scope, NS.ping);
    hooks.iq(scope, "ping", NS.ping, ({ type, account, session }) => {
      if (type !== "get") throw new StanzaError("modify", "bad-request");
      // Others' accounts do not tell whether they are there.
      if (scope === "account" && account !== session.account) {
        throw new StanzaError("cancel", "service-unavailable");
      }
      return undefined;
    });
  }
};
