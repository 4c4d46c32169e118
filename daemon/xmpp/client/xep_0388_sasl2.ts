import { SimppdError, toBase64 } from "../../base/mod.ts";
import { el, type Element, Jid, NS } from "../core/mod.ts";
import { ownAddress } from "./login.ts";
import type { Exchange } from "./sasl.ts";
import { refusal, saslData } from "./sasl_failure.ts";
import type { XmppStream } from "./stream.ts";

/** What is asked for within the login (XEP-0388 section 2.3). */
export interface Inline {
  /** UUID that names this device to the server alone. */
  readonly clientId: string;
  /** A stream to go on with (XEP-0198 section 9.2). */
  readonly resume: Element | undefined;
  /** Resource binding with what it enables (XEP-0386). */
  readonly bind: Element | undefined;
  /** `<fast/>` or `<request-token/>` (XEP-0484). */
  readonly fast: Element | undefined;
}

/** What came of it; every part was looked for after the server proved itself. */
export interface Sasl2Result {
  readonly success: Element;
  /** Our full address, when a resource was bound. */
  readonly jid: Jid | undefined;
}

/**
 * Logs in by the Extensible SASL Profile (XEP-0388): no new stream header follows.
 * @throws SimppdError as `login()` does; `token-refused`
 */
export async function loginBySasl2(
  stream: XmppStream,
  exchange: Exchange,
  account: Jid,
  { clientId, resume, bind, fast }: Inline,
): Promise<Sasl2Result> {
  const { mechanism } = exchange.outcome;
  stream.send(el(
    "authenticate",
    { xmlns: NS.sasl2, mechanism },
    el("initial-response", {}, toBase64(exchange.first())),
    el("user-agent", { id: clientId }),
    resume,
    bind,
    fast,
  ));
  let answer = await stream.receive();
  if (answer.is("challenge", NS.sasl2) && exchange.respond !== undefined) {
    const response = await exchange.respond(saslData(answer));
    stream.send(el("response", { xmlns: NS.sasl2 }, toBase64(response)));
    answer = await stream.receive();
  } else if (answer.is("success", NS.sasl2) && exchange.respond !== undefined) {
    throw refused("skipped its challenge");
  }
  if (answer.is("failure", NS.sasl2)) throw refusal(answer, mechanism);
  if (answer.is("continue", NS.sasl2)) {
    throw refused("wants a further step, which is not offered here");
  }
  if (!answer.is("success", NS.sasl2)) throw refused(`answered with <${answer.getName()}>`);
  exchange.verify(saslData(answer.getChild("additional-data", NS.sasl2)));
  return { success: answer, jid: addressIn(answer, account) };
}

/** XEP-0388 names the element `authorization-identifier`, XEP-0386 shows `authorization-identity`. */
function addressIn(success: Element, account: Jid): Jid | undefined {
  const text = success.getChildText("authorization-identifier", NS.sasl2) ??
    success.getChildText("authorization-identity", NS.sasl2);
  if (success.getChild("bound", NS.bind2) !== undefined) return ownAddress(text, account);
  const jid = Jid.tryParse(text ?? undefined);
  if (jid === undefined || !jid.bareEquals(account)) {
    throw new SimppdError("wrong-account", `The server logged us in as another than ${account}.`);
  }
  return undefined;
}

function refused(what: string): SimppdError {
  return new SimppdError("login-refused", `The server ${what} in the login.`);
}
