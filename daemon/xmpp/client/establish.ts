import { logOf, SimppdError } from "../../base/mod.ts";
import {
  el,
  type Element,
  type Jid,
  NS,
  type SaslOffer,
  SIMPP_1,
  StreamError,
} from "../core/mod.ts";
import { bind, login } from "./login.ts";
import { chooseLogin, type Exchange, type LoginOutcome, type LoginSecret } from "./sasl.ts";
import type { XmppStream } from "./stream.ts";
import { StreamManagement } from "./xep_0198_sm.ts";
import { loginBySasl2 } from "./xep_0388_sasl2.ts";
import { Fast, type FastTokens } from "./xep_0484_fast.ts";

/** What it takes to log in. */
export interface Credentials {
  readonly account: Jid;
  readonly secret: LoginSecret;
  readonly resource: string;
  readonly clientId: string;
  readonly tokens: FastTokens;
}

/** A stream that is logged in and has an address. */
export interface Established {
  readonly stream: XmppStream;
  readonly outcome: LoginOutcome;
  readonly features: Element;
  /** The new session; `undefined` when the old one was resumed. */
  readonly bound:
    | { readonly jid: Jid; readonly management: StreamManagement | undefined }
    | undefined;
  /** Stanzas that came before stream management began, which counts them not. */
  readonly before: readonly Element[];
  /** What came after that and before the login was done. */
  readonly early: readonly Element[];
}

/** Elements that may come before the one that is waited for. */
const MAX_EARLY = 1_000;

/**
 * Logs in on a stream just made, goes on with `previous` if the server lets us, and binds a
 * resource if not. What the server has of `previous` is acknowledged to it, whether it goes on or
 * not. By SASL2 where the server offers a login there that will do, else by the SASL of RFC 6120.
 * @throws SimppdError, StanzaError, StreamError
 */
export async function establish(
  stream: XmppStream,
  credentials: Credentials,
  previous: StreamManagement | undefined,
): Promise<Established> {
  const offered = await stream.open();
  const authentication = offered.getChild("authentication", NS.sasl2);
  const sasl2 = authentication && offerIn(offered, authentication, NS.sasl2);
  return authentication !== undefined && sasl2 !== undefined && suits(credentials.secret, sasl2)
    ? await bySasl2(stream, credentials, previous, authentication, sasl2)
    : await bySasl(stream, credentials, previous, offered);
}

/** One line for people: who, how, and whether it is the old session. */
export function logEstablished(account: Jid, { outcome, bound }: Established): void {
  const { mechanism, profile, mutual, channelBound } = outcome;
  logOf("xmpp").info("logged in as {account} by {login}: {kind}, {session}", {
    account: account.toString(),
    login: profile === null ? mechanism : `${mechanism} (${profile})`,
    kind: mutual
      ? "mutual authentication complete"
      : `${channelBound ? "" : "not "}bound to the connection`,
    session: bound === undefined ? "session resumed" : "new session",
  });
}

async function bySasl(
  stream: XmppStream,
  { account, secret, resource }: Credentials,
  previous: StreamManagement | undefined,
  offered: Element,
): Promise<Established> {
  const mechanisms = offered.getChild("mechanisms", NS.sasl);
  const exchange = chooseLogin(account, secret, offerIn(offered, mechanisms, NS.sasl), stream);
  const { outcome } = exchange;
  const features = await login(stream, exchange);
  if (await resumes(stream, features, previous)) {
    return { stream, outcome, features, bound: undefined, before: [], early: [] };
  }
  return { stream, outcome, features, ...await bindAnew(stream, features, account, resource) };
}

async function bySasl2(
  stream: XmppStream,
  { account, secret, clientId, tokens }: Credentials & { resource: string },
  previous: StreamManagement | undefined,
  authentication: Element,
  offer: SaslOffer,
): Promise<Established> {
  const inline = authentication.getChild("inline", NS.sasl2);
  const offersBind = inline?.getChild("bind", NS.bind2);
  const fast = "keys" in secret ? undefined : new Fast(tokens, inline, offer, stream);
  const byToken = fast?.exchange(account);
  const exchange: Exchange = byToken ?? chooseLogin(account, secret, offer, stream);
  const { outcome } = exchange;
  const resumesInline = inline?.getChild("sm", NS.streamManagement) !== undefined;
  // Where only the way after the login is left to resume, nothing may be bound before.
  const bindsInline = resumesInline || !previous?.resumable;
  const { success, jid } = await loginBySasl2(stream, exchange, account, {
    clientId,
    resume: resumesInline ? previous?.resume() : undefined,
    bind: bindsInline ? offersBind && bindRequest(offersBind) : undefined,
    fast: byToken !== undefined ? el("fast", { xmlns: NS.fast }) : requestToken(fast),
  }).catch((error) => {
    if (error instanceof SimppdError && error.code === "token-refused") fast?.forget();
    throw error;
  });
  fast?.keep(success);
  const early: Element[] = [];
  const features = await awaited(stream, (element) => element.is("features", NS.stream), early);
  const resumed = success.getChild("resumed", NS.streamManagement);
  if (resumed !== undefined) {
    acceptResumed(resumed, previous);
    return { stream, outcome, features, bound: undefined, before: [], early };
  }
  const failed = success.getChild("failed", NS.streamManagement);
  if (failed !== undefined) acceptFailed(failed, previous);
  if (jid !== undefined) {
    const enabled = success.getChild("bound", NS.bind2)!.getChild("enabled", NS.streamManagement);
    if (enabled === undefined) {
      const { management, before } = await manage(stream, features);
      return {
        stream,
        outcome,
        features,
        bound: { jid, management },
        before: [...early, ...before],
        early: [],
      };
    }
    const management = new StreamManagement(enabled);
    return { stream, outcome, features, bound: { jid, management }, before: [], early };
  }
  if (early.length > 0) throw new StreamError("bad-format", "a stanza out of turn");
  if (failed === undefined && await resumes(stream, features, previous)) {
    return { stream, outcome, features, bound: undefined, before: [], early };
  }
  return { stream, outcome, features, ...await bindAnew(stream, features, account, clientTag) };
}

/** What others see of us in our address, where the server makes the rest of it. */
const clientTag = "simppd";

function bindRequest(offered: Element): Element {
  const features = offered.getChild("inline", NS.bind2)?.getChildren("feature", NS.bind2) ?? [];
  const management = features.some(({ attrs }) => attrs.var === NS.streamManagement);
  return el(
    "bind",
    { xmlns: NS.bind2 },
    el("tag", {}, clientTag),
    management ? StreamManagement.enable() : undefined,
  );
}

function requestToken(fast: Fast | undefined): Element | undefined {
  return fast?.wanted && el("request-token", { xmlns: NS.fast, mechanism: fast.wanted });
}

/** Resumes by the way of XEP-0198 section 5. @returns whether the server agreed */
async function resumes(
  stream: XmppStream,
  features: Element,
  previous: StreamManagement | undefined,
): Promise<boolean> {
  const request = previous?.resume();
  if (request === undefined || features.getChild("sm", NS.streamManagement) === undefined) {
    return false;
  }
  stream.send(request);
  const answer = await stream.receive();
  if (answer.is("resumed", NS.streamManagement)) {
    acceptResumed(answer, previous);
    return true;
  }
  if (!answer.is("failed", NS.streamManagement)) throw outOfTurn(answer);
  acceptFailed(answer, previous);
  return false;
}

function acceptResumed({ attrs }: Element, previous: StreamManagement | undefined): void {
  if (previous?.id === undefined || attrs.previd !== previous.id) {
    throw new StreamError("undefined-condition", "the server resumed a stream that is not ours");
  }
  previous.acknowledged(attrs.h);
}

/** It may still say how much of it had come (XEP-0198 section 5). */
function acceptFailed({ attrs }: Element, previous: StreamManagement | undefined): void {
  if (attrs.h !== undefined) previous?.acknowledged(attrs.h);
}

async function bindAnew(
  stream: XmppStream,
  features: Element,
  account: Jid,
  resource: string,
): Promise<Pick<Established, "bound" | "before" | "early">> {
  if (features.getChild("bind", NS.bind) === undefined) {
    throw new SimppdError("login-refused", "The server offers no resource binding.");
  }
  const jid = await bind(stream, account, resource);
  const { management, before } = await manage(stream, features);
  return { bound: { jid, management }, before, early: [] };
}

/** Begins stream management where it is offered, once a resource is bound (XEP-0198 section 3). */
async function manage(
  stream: XmppStream,
  features: Element,
): Promise<{ management: StreamManagement | undefined; before: Element[] }> {
  const before: Element[] = [];
  if (features.getChild("sm", NS.streamManagement) === undefined) {
    return { management: undefined, before };
  }
  stream.send(StreamManagement.enable());
  const answer = await awaited(
    stream,
    (element) => element.getNS() === NS.streamManagement,
    before,
  );
  if (answer.is("failed")) return { management: undefined, before };
  if (!answer.is("enabled")) throw outOfTurn(answer);
  return { management: new StreamManagement(answer), before };
}

/** The first that `wanted` accepts; what comes before it is kept in `early`. */
async function awaited(
  stream: XmppStream,
  wanted: (element: Element) => boolean,
  early: Element[],
): Promise<Element> {
  for (;;) {
    const element = await stream.receive();
    if (wanted(element)) return element;
    if (early.length >= MAX_EARLY) throw outOfTurn(element);
    early.push(element);
  }
}

/** What the server offers in one profile of SASL. */
function offerIn(features: Element, list: Element | undefined, ns: string): SaslOffer {
  return {
    mechanisms: list?.getChildren("mechanism", ns).map((child) => child.getText().trim()) ?? [],
    channelBindings: features.getChild("sasl-channel-binding", NS.saslChannelBinding)
      ?.getChildren("channel-binding", NS.saslChannelBinding)
      .flatMap(({ attrs }) => attrs.type ?? []),
  };
}

function suits(secret: LoginSecret, { mechanisms }: SaslOffer): boolean {
  return "keys" in secret
    ? mechanisms.includes(SIMPP_1)
    : mechanisms.some((name) => /^SCRAM-SHA-(1|256)(-PLUS)?$/.test(name));
}

function outOfTurn(element: Element): StreamError {
  return new StreamError("bad-format", `<${element.getName().slice(0, 40)}> out of turn`);
}
