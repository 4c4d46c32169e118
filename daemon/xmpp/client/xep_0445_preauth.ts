import { SimppdError } from "../../base/mod.ts";
import {
  el,
  type Element,
  Jid,
  loginKeysElement,
  newId,
  NS,
  type PublicLoginKey,
  readLoginKeys,
  StanzaError,
} from "../core/mod.ts";
import { firstOf } from "./connection.ts";
import type { TlsTrust } from "./dial.ts";
import type { Endpoint } from "./endpoints.ts";
import type { XmppStream } from "./stream.ts";

/** An invitation and the account to make with it: with a password, or with login keys. */
export type InvitedRegistration =
  & Invited
  & ({ readonly password: string } | { readonly loginKeys: readonly PublicLoginKey[] });

/** {@link InvitedRegistration} without what the account logs in with. */
export interface Invited {
  readonly domain: string;
  /** Looked up in DNS when absent. */
  readonly endpoints?: readonly Endpoint[];
  readonly trust: TlsTrust;
  readonly token: string;
  readonly username: string;
}

/**
 * Makes an account with an invitation: the token is shown before the login (XEP-0445), then the
 * account is registered in-band (XEP-0077). The token is used up by success.
 * @returns the server's own login keys, to be pinned, for the profiles it took of `loginKeys`
 * @throws SimppdError `invitation-used` when the token is not (or no longer) good,
 * `username-taken`, `registration-refused`, `bad-jid`, or why no connection came about
 */
export async function registerByInvitation(
  invited: InvitedRegistration,
): Promise<PublicLoginKey[]> {
  const { domain, endpoints, trust, token, username } = invited;
  const { local } = Jid.parse(`${username}@${domain}`);
  const byKeys = "loginKeys" in invited;
  if (byKeys && trust.kind !== "pin") {
    throw refused("login keys are exchanged with a server whose key is pinned only");
  }
  const route = { domain, trust, ...(endpoints === undefined ? {} : { endpoints }) };
  return await firstOf(route, AbortSignal.timeout(30_000), async (stream) => {
    const features = await stream.open();
    if (features.getChild("register") === undefined) {
      throw refused(`${domain} does not let accounts be made from here`);
    }
    await set(stream, domain, el("preauth", { xmlns: NS.preAuth, token })).catch((error) => {
      if (!(error instanceof StanzaError)) throw error;
      throw new SimppdError(
        "invitation-used",
        "This invitation is not good any more: it was used, revoked or never " +
          "given, or it expired.",
        error,
      );
    });
    const query = el(
      "query",
      { xmlns: NS.register },
      el("username", {}, local),
      byKeys ? loginKeysElement(invited.loginKeys) : el("password", {}, invited.password),
    );
    const answer = await set(stream, domain, query).catch((error) => {
      if (!(error instanceof StanzaError)) throw error;
      if (error.condition === "conflict") {
        throw new SimppdError(
          "username-taken",
          `The name ${local} is taken at ${domain}; choose another one.`,
          error,
        );
      }
      throw refused(error.text ?? error.condition, error);
    });
    const keys = byKeys ? pinned(answer, invited.loginKeys) : [];
    await stream.close();
    return keys;
  });
}

/** The server's login keys out of its answer, for profiles of ours. */
function pinned(answer: Element, ours: readonly PublicLoginKey[]): PublicLoginKey[] {
  const simpp = answer.getChild("query", NS.register)?.getChild("simpp", NS.simppLogin);
  const keys = (simpp === undefined ? [] : readLoginKeys(simpp, "server"))
    .filter(({ profile }) => ours.some((key) => key.profile === profile));
  if (keys.length === 0) throw refused("the server gave no login key of its own");
  return keys;
}

async function set(stream: XmppStream, to: string, payload: Element): Promise<Element> {
  const id = newId();
  stream.send(el("iq", { type: "set", to, id }, payload));
  const answer = await stream.receive();
  if (!answer.is("iq", NS.client) || answer.attrs.id !== id) {
    throw refused("the server did not answer");
  }
  if (answer.attrs.type !== "result") throw StanzaError.fromElement(answer);
  return answer;
}

function refused(why: string, cause?: unknown): SimppdError {
  return new SimppdError("registration-refused", `The account was not made: ${why}.`, cause);
}
