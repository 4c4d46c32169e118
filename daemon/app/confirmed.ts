import { SimppdError } from "../base/mod.ts";
import type { XmppClient } from "../xmpp/client/mod.ts";

/**
 * Resolves once the server has taken all that was sent before.
 * @throws SimppdError `not-confirmed`: it may or may not have left
 */
export async function confirmed(client: XmppClient): Promise<void> {
  try {
    await client.confirm();
  } catch (error) {
    throw new SimppdError(
      "not-confirmed",
      "The connection ended before the server confirmed the message.",
      error,
    );
  }
}
