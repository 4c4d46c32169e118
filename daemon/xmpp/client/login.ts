import { SimppdError, toBase64 } from "../../base/mod.ts";
import { el, type Element, Jid, newId, NS, StanzaError } from "../core/mod.ts";
import type { Exchange } from "./sasl.ts";
import { refusal, saslData } from "./sasl_failure.ts";
import type { XmppStream } from "./stream.ts";

/**
 * Logs in (RFC 6120 section 6) and opens the stream that follows.
 * @returns its features
 * @throws SimppdError `bad-password`, `login-key-refused`, `login-downgraded`, `account-disabled`,
 * `login-busy`, `login-refused`, `server-not-proven`
 */
export async function login(stream: XmppStream, exchange: Exchange): Promise<Element> {
  const { mechanism } = exchange.outcome;
  const next = (...wanted: string[]) => answer(stream, mechanism, wanted);
  stream.send(el("auth", { xmlns: NS.sasl, mechanism }, toBase64(exchange.first())));
  const challenge = await next("challenge");
  const response = await exchange.respond!(saslData(challenge));
  stream.send(el("response", { xmlns: NS.sasl }, toBase64(response)));
  const last = await next("challenge", "success");
  exchange.verify(saslData(last));
  if (last.is("challenge")) {
    // The proof may come as a challenge of its own (RFC 6120 section 6.4.4).
    stream.send(el("response", { xmlns: NS.sasl }));
    await next("success");
  }
  return await stream.open(true);
}

/**
 * Binds a resource (RFC 6120 section 7).
 * @returns our full address
 * @throws StanzaError; SimppdError `wrong-account` when the server gives another account's address
 */
export async function bind(stream: XmppStream, account: Jid, resource?: string): Promise<Jid> {
  const id = newId();
  const wish = resource === undefined ? undefined : el("resource", {}, resource);
  stream.send(el("iq", { type: "set", id }, el("bind", { xmlns: NS.bind }, wish)));
  const reply = await stream.receive();
  if (!reply.is("iq", NS.client) || reply.attrs.id !== id) {
    throw new SimppdError("login-refused", "The server did not answer the request to bind.");
  }
  if (reply.attrs.type !== "result") {
    const error = StanzaError.fromElement(reply);
    if (error.condition === "conflict" && resource !== undefined) return bind(stream, account);
    throw error;
  }
  return ownAddress(reply.getChild("bind", NS.bind)?.getChildText("jid"), account);
}

/** The full address the server gave us. @throws SimppdError `wrong-account` */
export function ownAddress(text: string | null | undefined, account: Jid): Jid {
  const jid = Jid.tryParse(text ?? undefined);
  if (jid === undefined || jid.resource === "" || !jid.bareEquals(account)) {
    throw new SimppdError(
      "wrong-account",
      `The server gave an address that is not one of ${account}'s.`,
    );
  }
  return jid;
}

async function answer(
  stream: XmppStream,
  mechanism: string,
  wanted: readonly string[],
): Promise<Element> {
  const element = await stream.receive();
  if (element.getNS() === NS.sasl && wanted.includes(element.getName())) return element;
  if (element.is("failure", NS.sasl)) throw refusal(element, mechanism);
  throw new SimppdError(
    "login-refused",
    `The server answered the login with <${element.getName()}>.`,
  );
}
