import { fromBase64, logOf, SimppdError, toBase64 } from "../../base/mod.ts";
import { el, type Element, Jid, newId, NS, StanzaError } from "../core/mod.ts";
import { chooseLogin, type LoginOutcome, type LoginSecret } from "./sasl.ts";
import type { XmppStream } from "./stream.ts";

/**
 * Logs in (RFC 6120 section 6) and opens the stream that follows.
 * @returns its features, and how the login went
 * @throws SimppdError `no-safe-login`, `bad-password`, `login-key-refused`, `login-downgraded`,
 * `account-disabled`, `login-busy`, `login-refused`, `server-not-proven`
 */
export async function login(
  stream: XmppStream,
  features: Element,
  account: Jid,
  secret: LoginSecret,
): Promise<{ features: Element; outcome: LoginOutcome }> {
  const offered = features.getChild("mechanisms", NS.sasl)?.getChildren("mechanism", NS.sasl)
    .map((mechanism) => mechanism.getText().trim()) ?? [];
  const exchange = chooseLogin(account, secret, offered, stream.endPoint);
  const { outcome } = exchange;
  const { mechanism } = outcome;
  const next = (...wanted: string[]) => answer(stream, mechanism, wanted);
  stream.send(el("auth", { xmlns: NS.sasl, mechanism }, toBase64(exchange.first())));
  const challenge = await next("challenge");
  const response = await exchange.respond(challenge.data);
  stream.send(el("response", { xmlns: NS.sasl }, toBase64(response)));
  const last = await next("challenge", "success");
  exchange.verify(last.data);
  if (last.name === "challenge") {
    // The proof may come as a challenge of its own (RFC 6120 section 6.4.4).
    stream.send(el("response", { xmlns: NS.sasl }));
    await next("success");
  }
  logOf("xmpp").info("logged in as {account} by {mechanism}{profile}, {mutual}", {
    account: account.toString(),
    mechanism,
    profile: outcome.profile === null ? "" : ` (${outcome.profile})`,
    mutual: outcome.mutual ? "mutual authentication complete" : "not bound to the connection",
  });
  return { features: await stream.open(true), outcome };
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
  mechanism: string,
  wanted: readonly string[],
): Promise<{ name: string; data: Uint8Array }> {
  const element = await stream.receive();
  const name = element.getName();
  if (element.getNS() === NS.sasl && wanted.includes(name)) {
    return { name, data: decode(element.getText()) };
  }
  if (element.is("failure", NS.sasl)) throw refusal(element, mechanism);
  throw new SimppdError("login-refused", `The server answered the login with <${name}>.`);
}

function refusal(failure: Element, mechanism: string): SimppdError {
  const has = (condition: string) => failure.getChild(condition, NS.sasl) !== undefined;
  if (has("not-authorized")) {
    return mechanism.startsWith("SCRAM-")
      ? new SimppdError("bad-password", "The server does not accept this name and password.")
      : new SimppdError(
        "login-key-refused",
        "The server does not accept this account's login key.",
      );
  }
  if (has("account-disabled") || has("credentials-expired")) {
    return new SimppdError("account-disabled", "The server says that this account is disabled.");
  }
  if (has("temporary-auth-failure")) {
    return new SimppdError("login-busy", "The server cannot check logins at the moment.");
  }
  const condition = failure.getChildElements()[0]?.getName().slice(0, 40) ?? "no reason";
  return new SimppdError("login-refused", `The server refused the login: ${condition}.`);
}

/** What cannot be decoded is no proof, and fails as one. */
function decode(text: string): Uint8Array {
  try {
    return fromBase64(text.trim());
  } catch {
    return new Uint8Array(0);
  }
}
