import { SimppdError } from "../../base/mod.ts";
import { el, NS, StanzaError } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";

/**
 * Gives our own account a password (XEP-0077 section 3.3), for programs that log in with one.
 * @throws SimppdError `password-refused` with the server's reason; `not-online`, `timeout`
 */
export async function setPassword(client: XmppClient, password: string): Promise<void> {
  const { local, domain } = client.jid;
  const query = el(
    "query",
    { xmlns: NS.register },
    el("username", {}, local),
    el("password", {}, password),
  );
  try {
    await client.iq(el("iq", { type: "set" }, query), { to: domain });
  } catch (error) {
    if (!(error instanceof StanzaError)) throw error;
    throw new SimppdError(
      "password-refused",
      `The server did not take the password: ${error.text ?? error.condition}`,
      error,
    );
  }
}
