import { fromBase64, fromUtf8, SimppdError, toBase64, utf8 } from "../../base/mod.ts";
import {
  el,
  type Element,
  Jid,
  newId,
  NS,
  scramClient,
  type ScramMechanism,
  scramNonce,
  StanzaError,
} from "../core/mod.ts";
import type { XmppStream } from "./stream.ts";

/** Best first. PLAIN is not here and never will be: it hands the password to whoever answers. */
const MECHANISMS: ScramMechanism[] = ["SCRAM-SHA-256", "SCRAM-SHA-1"];

/**
 * Logs in (RFC 6120 section 6) and opens the stream that follows.
 * @returns its features
 * @throws SimppdError `no-safe-login`, `bad-password`, `account-disabled`, `login-busy`,
 * `login-refused`, `server-not-proven`
 */
export async function login(
  stream: XmppStream,
  features: Element,
  user: string,
  password: string,
): Promise<Element> {
  const offered = features.getChild("mechanisms", NS.sasl)?.getChildren("mechanism", NS.sasl)
    .map((mechanism) => mechanism.getText().trim()) ?? [];
  const mechanism = MECHANISMS.find((mechanism) => offered.includes(mechanism));
  if (mechanism === undefined) {
    throw new SimppdError(
      "no-safe-login",
      `The server offers no login that keeps the password from it: expected ${
        MECHANISMS.join(" or ")
      }, it has ${offered.join(", ").slice(0, 200) || "none"}.`,
    );
  }
  const scram = scramClient(mechanism, user, password, scramNonce);
  stream.send(el("auth", { xmlns: NS.sasl, mechanism }, base64(scram.first())));
  const challenge = await answer(stream, "challenge");
  stream.send(el("response", { xmlns: NS.sasl }, base64(await scram.respond(challenge.text))));
  const last = await answer(stream, "challenge", "success");
  scram.verify(last.text);
  if (last.name === "challenge") {
    // The proof may come as a challenge of its own (RFC 6120 section 6.4.4).
    stream.send(el("response", { xmlns: NS.sasl }));
    await answer(stream, "success");
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
  const jid = Jid.tryParse(reply.getChild("bind", NS.bind)?.getChildText("jid") ?? undefined);
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
  ...wanted: string[]
): Promise<{ name: string; text: string }> {
  const element = await stream.receive();
  const name = element.getName();
  if (element.getNS() === NS.sasl && wanted.includes(name)) {
    return { name, text: decode(element.getText()) };
  }
  if (element.is("failure", NS.sasl)) throw refusal(element);
  throw new SimppdError("login-refused", `The server answered the login with <${name}>.`);
}

function refusal(failure: Element): SimppdError {
  const has = (condition: string) => failure.getChild(condition, NS.sasl) !== undefined;
  if (has("not-authorized")) {
    return new SimppdError("bad-password", "The server does not accept this name and password.");
  }
  if (has("account-disabled") || has("credentials-expired")) {
    return new SimppdError("account-disabled", "The server says that this account is disabled.");
  }
  if (has("temporary-auth-failure")) {
    return new SimppdError("login-busy", "The server cannot check passwords at the moment.");
  }
  const condition = failure.getChildElements()[0]?.getName().slice(0, 40) ?? "no reason";
  return new SimppdError("login-refused", `The server refused the login: ${condition}.`);
}

function base64(text: string): string {
  return toBase64(utf8(text));
}

/** What cannot be decoded is no proof, and fails as one. */
function decode(text: string): string {
  try {
    return fromUtf8(fromBase64(text.trim()));
  } catch {
    return "";
  }
}
