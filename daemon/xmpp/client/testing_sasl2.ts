import { fromBase64, toBase64, utf8 } from "../../base/mod.ts";
import {
  hashedToken,
  NS,
  type SaslOffer,
  scramDerive,
  type ScramMechanism,
  scramNonce,
  scramServer,
} from "../core/mod.ts";
import { DOMAIN, features, PASSWORD, payload, type ScriptedPeer } from "./testing.ts";

const SALT = utf8("0123456789abcdef");
const KEYS = { "sha-1": undefined, "sha-256": undefined } as Record<
  string,
  Awaited<ReturnType<typeof scramDerive>> | undefined
>;

/** What a scripted server offers by SASL2, and how it cheats; all of it may be left out. */
export interface Sasl2Server {
  readonly mechanisms?: readonly string[];
  readonly bindings?: readonly string[];
  readonly fast?: readonly string[];
  /** Within `<inline/>`, in the place of Bind 2 and stream management. */
  readonly inline?: string;
  /** Beside `<authentication/>`. */
  readonly beside?: string;
  readonly token?: string;
  /** What it says in SCRAM that it offered (XEP-0474), in the place of the truth. */
  readonly says?: SaslOffer;
  readonly proof?: (honest: string) => string;
  /** What `<success/>` holds beside the proof. */
  readonly success?: string;
  /** Sent in the place of the answer to `<authenticate/>`. */
  readonly instead?: string;
  /** What follows `<success/>`. */
  readonly after?: string;
}

/** A session bound and managed: what {@link Sasl2Server} answers with unless told. */
export const BOUND = `<authorization-identifier>me@${DOMAIN}/here</authorization-identifier>` +
  `<bound xmlns='${NS.bind2}'>` +
  `<enabled xmlns='${NS.streamManagement}' id='one' resume='true'/></bound>`;

/**
 * Answers one login by SASL2: SCRAM, or a token.
 * @returns the header and the `<authenticate/>` the client sent
 */
export async function admitBySasl2(
  peer: ScriptedPeer,
  server: Sasl2Server = {},
): Promise<{ header: string; authenticate: string; clientFirst: string }> {
  const {
    mechanisms = ["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "PLAIN"],
    bindings = ["tls-server-end-point", "tls-exporter"],
    fast = [],
    inline = `<bind xmlns='${NS.bind2}'><inline><feature var='${NS.streamManagement}'/></inline>` +
      `</bind><sm xmlns='${NS.streamManagement}'/>`,
    success = BOUND,
    after = `<stream:features/>`,
  } = server;
  const header = await peer.read("<stream:stream") + await peer.read(">");
  await peer.write(features(
    `<authentication xmlns='${NS.sasl2}'>` +
      list("mechanism", mechanisms) +
      `<inline>${inline}` +
      (fast.length === 0 ? "" : `<fast xmlns='${NS.fast}'>${list("mechanism", fast)}</fast>`) +
      `</inline></authentication><sasl-channel-binding xmlns='${NS.saslChannelBinding}'>` +
      bindings.map((type) => `<channel-binding type='${type}'/>`).join("") +
      `</sasl-channel-binding>${server.beside ?? ""}`,
  ));
  const authenticate = await peer.read("</authenticate>");
  const response = /<initial-response>([^<]*)</.exec(authenticate)![1]!;
  // A token's message is no text; nobody looks at it as such.
  const first = new TextDecoder().decode(fromBase64(response));
  const result = { header, authenticate, clientFirst: first };
  const [, mechanism = ""] = /mechanism="([^"]+)"/.exec(authenticate)!;
  if (server.instead !== undefined) {
    await peer.write(server.instead);
    return result;
  }
  let proof: string;
  if (mechanism.startsWith("HT-")) {
    const data = mechanism.endsWith("ENDP") ? peer.endPoint : new Uint8Array(0);
    const right = toBase64(hashedToken("Initiator", server.token ?? "", data));
    const sent = fromBase64(response);
    if (toBase64(sent.slice(sent.indexOf(0) + 1)) !== right) {
      await peer.write(
        `<failure xmlns='${NS.sasl2}'><not-authorized xmlns='${NS.sasl}'/></failure>`,
      );
      return result;
    }
    proof = toBase64(hashedToken("Responder", server.token!, data));
  } else {
    const hash = mechanism.startsWith("SCRAM-SHA-256") ? "sha-256" : "sha-1";
    const keys = KEYS[hash] ??= await scramDerive(hash, PASSWORD, SALT, 4096);
    const scram = scramServer(mechanism as ScramMechanism, {
      lookup: () => ({ ...keys, salt: SALT, iterations: 4096 }),
      ...(mechanisms.some((name) => name.endsWith("-PLUS"))
        ? { binding: { type: "tls-server-end-point", data: peer.endPoint } }
        : {}),
      offer: server.says ?? { mechanisms, channelBindings: bindings },
    }, scramNonce);
    await peer.write(element("challenge", await scram.first(first)));
    proof = toBase64(utf8(scram.final(payload(await peer.read("</response>")))));
  }
  const given = server.proof === undefined ? proof : server.proof(proof);
  const data = given === "" ? "" : `<additional-data>${given}</additional-data>`;
  await peer.write(`<success xmlns='${NS.sasl2}'>${data}${success}</success>${after}`);
  return result;
}

function list(name: string, texts: readonly string[]): string {
  return texts.map((text) => `<${name}>${text}</${name}>`).join("");
}

function element(name: string, text: string): string {
  return `<${name} xmlns='${NS.sasl2}'>${toBase64(utf8(text))}</${name}>`;
}
