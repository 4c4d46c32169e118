import { SimppdError } from "../../base/mod.ts";
import { el, type Element, Jid, newId, NS, StanzaError } from "../core/mod.ts";
import { firstOf } from "./connection.ts";
import type { TlsTrust } from "./dial.ts";
import type { Endpoint } from "./endpoints.ts";
import type { XmppStream } from "./stream.ts";

/** An invitation and the account to make with it. */
export interface InvitedRegistration {
  readonly domain: string;
  /** Looked up in DNS when absent. */
  readonly endpoints?: readonly Endpoint[];
  readonly trust: TlsTrust;
  readonly token: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Makes an account with an invitation: the token is shown before the login (XEP-0445), then the
 * account is registered in-band (XEP-0077). The token is used up by success.
 * @throws SimppdError `invitation-used` when the token is not (or no longer) good,
 * `username-taken`, `registration-refused`, `bad-jid`, or why no connection came about
 */
export async function registerByInvitation(invited: InvitedRegistration): Promise<void> {
  const { domain, endpoints, trust, token, username, password } = invited;
  const { local } = Jid.parse(`${username}@${domain}`);
  const route = { domain, trust, ...(endpoints === undefined ? {} : { endpoints }) };
  await firstOf(route, AbortSignal.timeout(30_000), async (stream) => {
    const features = await stream.open();
    if (features.getChild("register") === undefined) {
      throw refused(`${domain} does not let accounts be made from here`);
    }
    await set(stream, domain, el("preauth", { xmlns: NS.preAuth, token })).catch((error) => {
      if (!(error instanceof StanzaError)) throw error;
      throw new SimppdError(
        "invitation-used",
        "This invitation is not good any more: it was used, it expired or it was never given.",
        error,
      );
    });
    const query = el(
      "query",
      { xmlns: NS.register },
      el("username", {}, local),
      el("password", {}, password),
    );
    await set(stream, domain, query).catch((error) => {
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
    await stream.close();
  });
}

async function set(stream: XmppStream, to: string, payload: Element): Promise<void> {
  const id = newId();
  stream.send(el("iq", { type: "set", to, id }, payload));
  const answer = await stream.receive();
  if (!answer.is("iq", NS.client) || answer.attrs.id !== id) {
    throw refused("the server did not answer");
  }
  if (answer.attrs.type !== "result") throw StanzaError.fromElement(answer);
}

function refused(why: string, cause?: unknown): SimppdError {
  return new SimppdError("registration-refused", `The account was not made: ${why}.`, cause);
}
