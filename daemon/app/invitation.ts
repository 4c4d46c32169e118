import { fromBase64Url, fromHex, SimppdError, toBase64Url, toHex } from "../base/mod.ts";
import { Jid } from "../xmpp/core/mod.ts";

/** What an invitation link says (docs/protocol.md "Invitation link"). */
export interface Invitation {
  /** Where the account is to be made. */
  readonly domain: string;
  /** Who invites, of that domain; undefined: who runs the server, and no contact comes of it. */
  readonly inviter: Jid | undefined;
  /** What the inviter is called; the contact's name until there is another. */
  readonly name?: string;
  /** Where the server may be reached, best first: `host:port`, direct TLS. */
  readonly hosts: readonly { host: string; port: number }[];
  /** base64url SHA-256 of the server's public key (SPKI). */
  readonly pin: string;
  /**
   * The inviter's account fingerprint, 64 hex digits; absent when whoever made the link could not
   * know it: then the keys that are seen first count.
   */
  readonly fingerprint?: string;
  /** Single-use token (XEP-0445), base64url of 16 bytes. */
  readonly token: string;
}

const MAX_LINK = 2048;
const MAX_HOSTS = 8;
const MAX_NAME = 60;

/** What stands for a fingerprint that is not known. Said, so that a link cut short is not taken. */
const NO_FINGERPRINT = "none";

/**
 * `xmpp:INVITER?roster;preauth=TOKEN;ibr=y;name=…;hosts=…;pin=…;account=…`, or, of who runs the server,
 * `xmpp:DOMAIN?register;preauth=TOKEN;hosts=…;pin=…`: an invitation other clients understand
 * (XEP-0379, XEP-0445), with what simppd needs to find and to trust the server.
 */
export function writeInvitation(invitation: Invitation): string {
  const { domain, inviter, pin, token } = invitation;
  const hosts = invitation.hosts.map(writeHost);
  const server = `hosts=${hosts.join(",")};pin=${pin}`;
  if (inviter === undefined) {
    return `xmpp:${encodeURI(domain)}?register;preauth=${token};${server}`;
  }
  const { fingerprint, name } = invitation;
  const called = name === undefined ? "" : `name=${encodeURIComponent(name.toWellFormed())};`;
  const account = fingerprint === undefined ? NO_FINGERPRINT : toBase64Url(fromHex(fingerprint));
  return `xmpp:${encodeURI(inviter.bare().toString())}?roster;preauth=${token}` +
    `;ibr=y;${called}${server};account=${account}`;
}

/** @throws SimppdError `bad-invitation` */
export function readInvitation(link: string): Invitation {
  const refuse = (what: string) =>
    new SimppdError(
      "bad-invitation",
      `This is not a whole invitation link (${what}). Copy it again, from "xmpp:" to its end.`,
    );
  const text = link.trim();
  const match = /^xmpp:([^?]+)\?(roster|register);(.+)$/.exec(text);
  if (text.length > MAX_LINK || match === null) throw refuse("it should begin with xmpp:");
  const fields = new Map(
    match[3]!.split(";").map((field) => {
      const at = field.indexOf("=");
      return [field.slice(0, at), field.slice(at + 1)] as const;
    }),
  );
  const bytesOf = (name: string, length: number) => {
    try {
      const bytes = fromBase64Url(fields.get(name) ?? "");
      if (bytes.length === length) return bytes;
    } catch { /* told below */ }
    throw refuse(`its ${name} is missing or damaged`);
  };
  const invited = match[2] === "roster";
  const from = Jid.tryParse(decoded(match[1]!));
  if (from === undefined || (from.local !== "") !== invited) {
    throw refuse(`the ${invited ? "inviter" : "server"} is no address`);
  }
  const hosts = (fields.get("hosts") ?? "").split(",").map(readHost);
  if (hosts.length > MAX_HOSTS || hosts.some((host) => host === undefined)) {
    throw refuse("its hosts are missing or damaged");
  }
  const name = decoded(fields.get("name") ?? "").slice(0, MAX_NAME);
  return {
    domain: from.domain,
    inviter: invited ? from.bare() : undefined,
    ...(invited && name !== "" ? { name } : {}),
    hosts: hosts as { host: string; port: number }[],
    pin: toBase64Url(bytesOf("pin", 32)),
    ...(invited && fields.get("account") !== NO_FINGERPRINT
      ? { fingerprint: toHex(bytesOf("account", 32)) }
      : {}),
    token: toBase64Url(bytesOf("preauth", 16)),
  };
}

/** A percent-decoded part of a URI; nothing when it is malformed. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** `host:port` or `[v6]:port`, as {@link readHost} reads it. */
export function writeHost({ host, port }: { host: string; port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `host:port` or `[v6]:port`. */
export function readHost(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) return undefined;
  return { host: match[1] ?? match[2]!, port };
}
