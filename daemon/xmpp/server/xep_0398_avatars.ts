import { createHash } from "node:crypto";
import { el, type Element, NS, StanzaError } from "../core/mod.ts";
import type { IqRequest } from "./hooks.ts";
import type { Extension, Host } from "./host.ts";
import { checkRoom, publish } from "./pubsub/pep_publish.ts";
import { broadcast } from "./presence/presence_fanout.ts";
import { type Photo, photoOf, readVcard, withPhoto, writeVcard } from "./pubsub/vcards.ts";

/** Accounts of whom it is remembered which picture they have. */
const MOST_KEPT = 10_000;

/**
 * One picture for clients of both kinds (XEP-0398): one that is published (XEP-0084) stands in the
 * vCard too, one set there is published, and presence names it (XEP-0153).
 */
export const avatars: Extension = (host) => {
  const { hooks } = host;
  /** SHA-1 of each account's picture, hex; "" for none. */
  const hashes = new Map<string, string>();

  const hashOf = (account: string): string => {
    let hash = hashes.get(account);
    if (hash === undefined) {
      const card = readVcard(host, account);
      const photo = card && photoOf(card);
      hash = photo === undefined ? "" : sha1(photo);
      if (hashes.size >= MOST_KEPT) hashes.clear();
      hashes.set(account, hash);
    }
    return hash;
  };
  const tell = (account: string) => {
    hashes.delete(account);
    for (const session of host.sessions.available(account)) {
      session.presence = hooks.dress(session, session.presence!);
      broadcast(host, session, session.presence);
    }
  };

  hooks.feature("account", NS.avatarConversion);
  hooks.dress = (session, presence) => dressed(presence, hashOf(session.account));
  hooks.removed.on((account) => void hashes.delete(account));
  hooks.vcardSet.on((request, card) => {
    publishPhoto(host, request, photoOf(card));
    tell(request.account);
  });
  hooks.published.on((session, node, item) => {
    if (node !== NS.avatarMetadata) return;
    const { account } = session;
    const info = item.getChild("metadata", NS.avatarMetadata)?.getChild("info");
    const photo = info === undefined ? undefined : published(host, account, info);
    const card = readVcard(host, account);
    if (card === undefined && photo === undefined) return;
    const before = card && photoOf(card);
    if (before?.data === photo?.data) return;
    host.storage.transaction(() => {
      writeVcard(host, account, withPhoto(card, photo));
      checkRoom(host, account);
    });
    tell(account);
  });
};

/** Presence with the hash of the picture, whatever the client wrote of one (section 3.1). */
function dressed(presence: Element, hash: string): Element {
  if (hash === "" && presence.getChild("x", NS.vcardUpdate) === undefined) return presence;
  const copy = el(presence.name, presence.attrs);
  copy.children = presence.children.filter((child) =>
    typeof child === "string" || !child.is("x", NS.vcardUpdate)
  );
  copy.append(el("x", { xmlns: NS.vcardUpdate }, el("photo", {}, hash || undefined)));
  return copy;
}

/** The picture that metadata speak of, when its data were published before. */
function published(host: Host, account: string, info: Element): Photo | undefined {
  const { id = "", type = "image/png" } = info.attrs;
  const item = host.storage.pep.item(account, NS.avatarData, id);
  const data = /^<data[^>]*>([^<]*)</.exec(item?.payload ?? "")?.[1]?.replace(/\s/g, "");
  const photo = data === undefined ? undefined : { type, data };
  return photo !== undefined && sha1(photo) === id ? photo : undefined;
}

/** Publishes what the vCard holds, or that there is no picture any more. */
function publishPhoto(host: Host, request: IqRequest, photo: Photo | undefined): void {
  const send = (node: string, id: string, payload: Element) => {
    const action = el("publish", { node }, el("item", { id }, payload));
    const pubsub = el("pubsub", { xmlns: NS.pubsub }, action);
    publish(host, { ...request, payload: pubsub }, action);
  };
  try {
    if (photo === undefined) {
      const known = host.storage.pep.config(request.account, NS.avatarMetadata) !== undefined;
      if (known) send(NS.avatarMetadata, "", el("metadata", { xmlns: NS.avatarMetadata }));
      return;
    }
    const id = sha1(photo);
    const bytes = String(Math.floor(photo.data.replace(/=+$/, "").length * 3 / 4));
    send(NS.avatarData, id, el("data", { xmlns: NS.avatarData }, photo.data));
    const info = el("info", { id, type: photo.type, bytes });
    send(NS.avatarMetadata, id, el("metadata", { xmlns: NS.avatarMetadata }, info));
  } catch (error) {
    // The vCard is set; that there is no room for the picture beside it changes nothing of that.
    if (!(error instanceof StanzaError)) throw error;
  }
}

function sha1({ data }: Photo): string {
  return createHash("sha1").update(data, "base64").digest("hex");
}
