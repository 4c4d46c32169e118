import { el, type Element, NS, serialise } from "../../core/mod.ts";
import type { Host } from "../host.ts";
import { PRIVATE_CONFIG } from "./pep_config.ts";
import { passOn, type Payer, readStored } from "../stored_xml.ts";

/** The vCard lies beside the account's nodes, under its quota, and goes with it. */
const ITEM = "current";

/** The account's vCard (XEP-0054); undefined when it never set one. */
export function readVcard({ storage }: Host, account: string): Element | undefined {
  const item = storage.pep.item(account, NS.vcard, ITEM);
  const card = item && readStored(item.payload);
  return card?.is("vCard", NS.vcard) ? card : undefined;
}

/** The same as it is stored, to be sent on. @param payer pays for looking whether it can be read */
export function storedVcard(
  { storage }: Host,
  payer: Payer,
  account: string,
): Element | undefined {
  const item = storage.pep.item(account, NS.vcard, ITEM);
  const isCard = item !== undefined && START.test(item.payload);
  return isCard ? passOn(item.payload, payer) : undefined;
}

/** As {@link writeVcard} writes it. */
const START = /^<vCard xmlns="vcard-temp"[\s/>]/;

/** Call inside a transaction that looks at the account's quota. */
export function writeVcard({ storage }: Host, account: string, vcard: Element): void {
  const copy = el("vCard", { xmlns: NS.vcard });
  copy.children = vcard.children;
  storage.pep.configure(account, NS.vcard, PRIVATE_CONFIG);
  const payload = serialise(copy);
  storage.pep.publish(account, NS.vcard, { id: ITEM, payload, published: Date.now() }, 1);
}

/** A picture as a vCard holds it. */
export interface Photo {
  readonly type: string;
  /** base64, without white space. */
  readonly data: string;
}

/** Kinds of picture that are shown anywhere. */
const TYPES = /^image\/(png|jpeg|gif|webp)$/;

/** The vCard's picture, when it is one. */
export function photoOf(vcard: Element): Photo | undefined {
  const photo = vcard.getChild("PHOTO");
  const data = (photo?.getChildText("BINVAL") ?? "").replace(/\s/g, "");
  const type = photo?.getChildText("TYPE") ?? "image/png";
  if (data === "" || !TYPES.test(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return undefined;
  return { type, data };
}

/** The same vCard with another picture, or none. */
export function withPhoto(vcard: Element | undefined, photo: Photo | undefined): Element {
  const copy = el("vCard", { xmlns: NS.vcard });
  copy.children = (vcard?.children ?? [])
    .filter((child) => typeof child === "string" || child.getName() !== "PHOTO");
  if (photo !== undefined) {
    copy.append(el("PHOTO", {}, el("TYPE", {}, photo.type), el("BINVAL", {}, photo.data)));
  }
  return copy;
}
