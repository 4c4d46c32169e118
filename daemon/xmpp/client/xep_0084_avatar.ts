import { createHash } from "node:crypto";
import { type Bytes, Emitter, fromBase64, logOf, toBase64 } from "../../base/mod.ts";
import { el, type Element, Jid, NS } from "../core/mod.ts";
import type { XmppClient } from "./client.ts";
import type { Pep, PepItem } from "./xep_0163_pep.ts";

/** Kinds of picture that are taken; by what the bytes are, not by what is said of them. */
export type AvatarType = "image/png" | "image/jpeg" | "image/gif" | "image/webp";

/** A person's picture. */
export interface Avatar {
  readonly type: AvatarType;
  readonly data: Bytes;
}

/** Bytes of the largest picture that is fetched or published. */
export const MOST_AVATAR_BYTES = 98_304;
/** Contacts of whom it is remembered that they publish. */
const MOST_PUBLISHERS = 10_000;
const SHA1 = /^[0-9a-f]{40}$/;

/**
 * Pictures of contacts: those they publish (XEP-0084), and for whom publishes none the one that their
 * presence names (XEP-0153, in the vCard of XEP-0054). Everybody who sees our presence sees ours;
 * none of it is sealed.
 */
export class Avatars {
  /** A contact has this picture now: its SHA-1 in hex, or null. */
  readonly changed: Emitter<{ readonly jid: string; readonly hash: string | null }> = new Emitter();
  readonly #client: XmppClient;
  readonly #pep: Pep;
  /** Who published; their presence is not asked for a picture any more. */
  readonly #publishers = new Set<string>();

  /** Registers with `client`. */
  constructor(client: XmppClient, pep: Pep) {
    this.#client = client;
    this.#pep = pep;
    pep.onEvent(NS.avatarMetadata, (from, items) => this.#announced(from, items));
    client.hooks.presence((stanza) => this.#seen(stanza));
  }

  /**
   * The picture of that hash; undefined when it is not there, too large or not what it says.
   * @throws StanzaError, SimppdError
   */
  async fetch(jid: string, hash: string): Promise<Avatar | undefined> {
    const published = await this.#pep.fetch(jid, NS.avatarData, { itemId: hash });
    const text = published.find(({ id }) => id === hash)?.payload.getText() ??
      await this.#fromVcard(jid);
    return text === undefined ? undefined : checked(text, hash);
  }

  /** Publishes our picture, or that we have none. @throws StanzaError, SimppdError */
  async publish(avatar: Avatar | null): Promise<void> {
    if (avatar === null) {
      const none = el("metadata", { xmlns: NS.avatarMetadata });
      return await this.#pep.publish(NS.avatarMetadata, "none", none);
    }
    const { type, data } = avatar;
    const id = avatarHash(data);
    const options = { maxItems: 1, persist: true } as const;
    const content = el("data", { xmlns: NS.avatarData }, toBase64(data));
    await this.#pep.publish(NS.avatarData, id, content, options);
    const info = el("info", { id, type, bytes: String(data.length) });
    const metadata = el("metadata", { xmlns: NS.avatarMetadata }, info);
    await this.#pep.publish(NS.avatarMetadata, id, metadata, options);
  }

  async #fromVcard(jid: string): Promise<string | undefined> {
    const request = el("iq", { type: "get" }, el("vCard", { xmlns: NS.vcard }));
    const answer = await this.#client.iq(request, { to: jid });
    const photo = answer.getChild("vCard", NS.vcard)?.getChild("PHOTO");
    return photo?.getChildText("BINVAL") ?? undefined;
  }

  #announced(from: Jid, items: readonly PepItem[]): void {
    const jid = from.bare().toString();
    if (this.#publishers.size >= MOST_PUBLISHERS) this.#publishers.clear();
    this.#publishers.add(jid);
    const metadata = items.at(-1)?.payload;
    if (metadata === undefined) return;
    const id = metadata.getChildren("info").find(({ attrs }) =>
      SHA1.test(attrs.id ?? "") && attrs.url === undefined
    )?.attrs.id;
    this.changed.emit({ jid, hash: id ?? null });
  }

  #seen(stanza: Element): void {
    if (stanza.attrs.type !== undefined) return;
    const photo = stanza.getChild("x", NS.vcardUpdate)?.getChild("photo");
    const jid = Jid.parse(stanza.attrs.from!).bare().toString();
    if (photo === undefined || this.#publishers.has(jid)) return;
    const hash = photo.getText().trim().toLowerCase();
    if (hash === "" || SHA1.test(hash)) this.changed.emit({ jid, hash: hash || null });
  }
}

/** SHA-1 in hex, by which a picture is named (XEP-0084 section 4.1). It proves nothing. */
export function avatarHash(data: Uint8Array): string {
  return createHash("sha1").update(data).digest("hex");
}

/** What kind of picture the bytes begin like; undefined for anything else. */
export function avatarType(data: Uint8Array): AvatarType | undefined {
  const begins = (at: number, ...bytes: number[]) =>
    bytes.every((byte, i) => data[at + i] === byte);
  if (begins(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "image/png";
  if (begins(0, 0xff, 0xd8, 0xff)) return "image/jpeg";
  if (begins(0, 0x47, 0x49, 0x46, 0x38)) return "image/gif";
  const webp = begins(0, 0x52, 0x49, 0x46, 0x46) && begins(8, 0x57, 0x45, 0x42, 0x50);
  return webp ? "image/webp" : undefined;
}

function checked(text: string, hash: string): Avatar | undefined {
  const base64 = text.replace(/\s/g, "");
  if (base64.length > MOST_AVATAR_BYTES * 4 / 3 + 4) return undefined;
  try {
    const data = fromBase64(base64);
    const type = avatarType(data);
    if (type !== undefined && avatarHash(data) === hash) return { type, data };
  } catch {
    // Not base64: no picture.
  }
  logOf("xmpp").debug("a picture is not what it says");
  return undefined;
}
