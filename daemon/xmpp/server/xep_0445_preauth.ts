import { el, NS, StanzaError } from "../core/mod.ts";
import type { Extension } from "./host.ts";
import { UNGUESSABLE_COST } from "./login/login.ts";

/** What XEP-0445 section 4 has servers announce. */
const IBR_TOKEN = "urn:xmpp:ibr-token:0";

/** Pre-authenticated registration (XEP-0445): an invitation's token opens the door to XEP-0077. */
export const preauth: Extension = (host) => {
  host.hooks.streamFeature("login", () => el("register", { xmlns: NS.invite }));
  host.hooks.streamFeature("login", () => el("register", { xmlns: IBR_TOKEN }));
  host.hooks.loginIq("preauth", NS.preAuth, (login, type, payload) => {
    const token = payload.attrs.token ?? "";
    if (type !== "set" || token === "") throw new StanzaError("modify", "bad-request");
    if (host.storage.invitations.inviterOf(token, Date.now()) === undefined) {
      login.charge(UNGUESSABLE_COST);
      throw new StanzaError(
        "cancel",
        "item-not-found",
        "This invitation was used already or has run out; ask for a new one.",
      );
    }
    login.invitation = token;
    return undefined;
  });
};
