import { fromBase64, SimppdError } from "../../base/mod.ts";
import { type Element, NS } from "../core/mod.ts";

/** What a `<failure/>` of either SASL profile means to a person (RFC 6120 section 6.5). */
export function refusal(failure: Element, mechanism: string): SimppdError {
  // Servers differ in the namespace of the condition within SASL2.
  const has = (condition: string) => failure.getChild(condition) !== undefined;
  if (mechanism.startsWith("HT-")) {
    return new SimppdError("token-refused", "The server does not accept the token it gave us.");
  }
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
  const condition = failure.getChildElements().find((child) => child.getNS() === NS.sasl) ??
    failure.getChildElements()[0];
  return new SimppdError(
    "login-refused",
    `The server refused the login: ${condition?.getName().slice(0, 40) ?? "no reason"}.`,
  );
}

/** The bytes within a SASL element; what cannot be decoded is no proof, and fails as one. */
export function saslData(element: Element | undefined): Uint8Array {
  try {
    return fromBase64(element?.getText().trim() ?? "");
  } catch {
    return new Uint8Array(0);
  }
}
