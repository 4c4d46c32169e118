import { SimppdError } from "../../base/mod.ts";
import {
  el,
  type Element,
  loginKeysElement,
  NS,
  type PublicLoginKey,
  readLoginKeys,
  StanzaError,
  StreamError,
} from "../core/mod.ts";
import type { IqRequest } from "./hooks.ts";
import type { Extension, Host } from "./host.ts";
import type { AccountSecret } from "./options.ts";
import { changePassword, makeAccount, removeAccount } from "./login/registration.ts";

/** What deriving keys costs who asks for it, in bytes of its rate. */
const DERIVATION_COST = 200_000;

/**
 * In-band registration (XEP-0077): a new account for who showed an invitation, a new password or
 * the end for who is logged in.
 */
export const register: Extension = (host) => {
  host.hooks.streamFeature("login", () => el("register", { xmlns: NS.registerFeature }));
  host.hooks.loginIq("query", NS.register, async (login, type, payload) => {
    if (login.invitation === undefined) {
      throw new StanzaError("auth", "forbidden", "Accounts here are made by invitation only.");
    }
    if (type === "get") return form();
    const { username, secret } = newAccount(payload);
    let serverKeys: PublicLoginKey[];
    try {
      ({ serverKeys } = await makeAccount(host, username, secret, login.invitation));
    } catch (error) {
      throw stanzaError(error);
    }
    login.invitation = undefined;
    if (serverKeys.length === 0) return undefined;
    return el("query", { xmlns: NS.register }, loginKeysElement(serverKeys));
  });
  for (const scope of ["server", "account"] as const) {
    host.hooks.iq(scope, "query", NS.register, (request) => {
      if (scope === "account" && request.account !== request.session.account) {
        throw new StanzaError("auth", "forbidden");
      }
      return change(host, request);
    });
  }
  host.hooks.feature("server", NS.register);
};

function form(username = ""): Element {
  return el(
    "query",
    { xmlns: NS.register },
    el("instructions", {}, "Choose a user name and a password."),
    el("username", {}, username),
    el("password"),
  );
}

/** A user name, and a password or, in its place, login keys of SIMPP-1. */
function newAccount(query: Element): { username: string; secret: AccountSecret } {
  const simpp = query.getChild("simpp", NS.simppLogin);
  const username = query.getChildText("username");
  if (simpp === undefined || !username) {
    const { username, password } = fields(query);
    return { username, secret: password };
  }
  if (query.getChild("password") !== undefined) {
    throw new StanzaError("modify", "bad-request", "a password or login keys, not both");
  }
  try {
    return { username, secret: { loginKeys: readLoginKeys(simpp, "client") } };
  } catch (error) {
    throw stanzaError(error);
  }
}

function fields(query: Element): { username: string; password: string } {
  const username = query.getChildText("username");
  const password = query.getChildText("password");
  if (!username || !password) {
    throw new StanzaError("modify", "not-acceptable", "username and password are needed");
  }
  return { username, password };
}

async function change(host: Host, request: IqRequest): Promise<Element | undefined> {
  const { session, type, payload } = request;
  const { account } = session;
  if (type === "get") {
    const answer = form(account);
    answer.append(el("registered"));
    return answer;
  }
  if (payload.getChild("remove") !== undefined) {
    if (payload.getChildElements().length > 1) throw new StanzaError("modify", "bad-request");
    removeAccount(host, account);
    throw new StreamError("not-authorized", "the account was removed");
  }
  const { username, password } = fields(payload);
  session.charge(DERIVATION_COST);
  if (host.localAccount(`${username}@${host.domain}`) !== account) {
    throw new StanzaError("cancel", "not-allowed", "only one's own password can be changed");
  }
  try {
    await changePassword(host, account, password);
  } catch (error) {
    throw stanzaError(error);
  }
  return undefined;
}

function stanzaError(error: unknown): unknown {
  if (!(error instanceof SimppdError)) return error;
  switch (error.code) {
    case "account-exists":
      return new StanzaError("cancel", "conflict", error.publicMessage);
    case "invitation-invalid":
      return new StanzaError("cancel", "item-not-found", error.publicMessage);
    case "bad-username":
    case "bad-password":
    case "bad-login-keys":
      return new StanzaError("modify", "not-acceptable", error.publicMessage);
    default:
      return error;
  }
}
