/**
 * The link that one device shows and a new one takes: where the account is, and nothing secret
 * (docs/operations.md "A second device").
 */
import type { AccountView } from "../api/views.ts";

/** What a new device must know to sign in, but for the password. */
export interface DeviceLink {
  jid: string;
  nick: string;
  /** Servers as a sign-in takes them, with commas between; absent: found by the address. */
  server?: string;
  pin?: string;
}

const PREFIX = "simppd:device?";
const LONGEST = 2000;
/** As many servers as a sign-in takes. */
const MOST = 8;

export function writeDeviceLink({ jid, nick, hosts, pin }: AccountView): string {
  const fields = new URLSearchParams({ jid, nick });
  if (hosts.length > 0) fields.set("server", hosts.slice(0, MOST).join(","));
  if (pin !== null) fields.set("pin", pin);
  return PREFIX + fields;
}

/** Undefined: it is no such link. */
export function readDeviceLink(text: string): DeviceLink | undefined {
  const link = text.trim();
  if (!link.startsWith(PREFIX) || link.length > LONGEST) return undefined;
  const fields = new URLSearchParams(link.slice(PREFIX.length));
  const [jid, nick, server, pin] = ["jid", "nick", "server", "pin"].map((name) => fields.get(name));
  if (!jid?.includes("@")) return undefined;
  return {
    jid,
    nick: nick || jid.split("@")[0]!,
    ...(server ? { server } : {}),
    ...(pin ? { pin } : {}),
  };
}
