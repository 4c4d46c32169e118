import { type Bytes, fromBase64, SimppdError, toBase64 } from "../base/mod.ts";
import { el, type Element } from "../xmpp/core/mod.ts";
import { FILE_KEY_LENGTH, type FileSuite, sealedLength } from "./sealing.ts";
import { safeName } from "./names.ts";
import { readSources, writeSources } from "./sources.ts";
import type { Source } from "./ways.ts";

/** XEP-0447 */
export const SFS_NS = "urn:xmpp:sfs:0";
/** XEP-0448 */
export const ESFS_NS = "urn:xmpp:esfs:0";
/** XEP-0446 */
const METADATA_NS = "urn:xmpp:file:metadata:0";
/** XEP-0300 */
const HASHES_NS = "urn:xmpp:hashes:2";
/** XEP-0264 */
const THUMBS_NS = "urn:xmpp:thumbs:1";
/** What these XEPs have no name for. */
export const FILES_NS = "urn:simpp:2:files";

const CIPHERS: Readonly<Record<FileSuite, string>> = {
  "chacha20-poly1305": "urn:simpp:2:files:chacha20-poly1305",
  "aes-128-cbc-hmac": "urn:simpp:2:files:aes-128-cbc-hmac",
};

/** The largest thumbnail, in bytes of JPEG. */
export const MOST_THUMBNAIL = 8_192;
/** Widest and highest picture that is said to be one, in pixels. */
export const MOST_PIXELS = 65_535;
const MOST_TYPE = 127;
const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;
const THUMBNAIL = "data:image/jpeg;base64,";

/** What a sender says of a file; it travels sealed, and vouches for the sealed file's every byte. */
export interface FileDescriptor {
  /** 16 random bytes in hex, the sender's. */
  readonly id: string;
  /** As {@link safeName} makes it, also when it was read. */
  readonly name: string;
  /** What the sender takes it for; a receiver looks itself (`sniff`). */
  readonly type: string;
  /** Bytes of the plaintext. */
  readonly size: number;
  readonly suite: FileSuite;
  /** 32 bytes; absent when it is handed out on request. */
  readonly key?: Bytes;
  /** `FileCipher.commitment`, 32 bytes. */
  readonly commitment: Bytes;
  /** SHA-256 of the sealed file, 32 bytes. */
  readonly hash: Bytes;
  /** Bytes of the sealed file; what follows from `size` and `suite`. */
  readonly sealedSize: number;
  readonly sources: readonly Source[];
  /** In pixels, of pictures and films. */
  readonly width?: number;
  readonly height?: number;
  /** A JPEG of up to {@link MOST_THUMBNAIL} bytes. */
  readonly thumbnail?: Bytes;
  /** The sender wishes that it opens by itself. */
  readonly display: boolean;
}

/** `<file-sharing/>` of XEP-0447 with the `<encrypted/>` of XEP-0448. @throws RangeError */
export function writeDescriptor(file: FileDescriptor): Element {
  checkShape(file);
  const { width, height, thumbnail } = file;
  const pixels = (value: number | undefined) => value === undefined ? undefined : `${value}`;
  return el(
    "file-sharing",
    { xmlns: SFS_NS, id: file.id, disposition: file.display ? "inline" : "attachment" },
    el(
      "file",
      { xmlns: METADATA_NS },
      el("media-type", {}, file.type),
      el("name", {}, file.name),
      el("size", {}, `${file.size}`),
      width === undefined ? undefined : el("width", {}, pixels(width)),
      height === undefined ? undefined : el("height", {}, pixels(height)),
      thumbnail && el("thumbnail", {
        xmlns: THUMBS_NS,
        uri: THUMBNAIL + toBase64(thumbnail),
        "media-type": "image/jpeg",
      }),
      file.display ? el("display", { xmlns: FILES_NS }) : undefined,
    ),
    el(
      "sources",
      {},
      el(
        "encrypted",
        { xmlns: ESFS_NS, cipher: CIPHERS[file.suite] },
        file.key && el("key", {}, toBase64(file.key)),
        el("commitment", { xmlns: FILES_NS }, toBase64(file.commitment)),
        el("hash", { xmlns: HASHES_NS, algo: "sha-256" }, toBase64(file.hash)),
        writeSources(file.sources),
      ),
    ),
  );
}

/** Is this what {@link readDescriptor} reads? */
export function isDescriptor(element: Element): boolean {
  return element.is("file-sharing", SFS_NS);
}

/**
 * Reads a descriptor; whoever sent it must be known already. A thumbnail is no more than bytes of
 * the declared kind yet.
 * @throws SimppdError `bad-descriptor`
 */
export function readDescriptor(element: Element): FileDescriptor {
  try {
    return read(element);
  } catch (error) {
    throw new SimppdError("bad-descriptor", "A file's description could not be read.", error);
  }
}

function read(element: Element): FileDescriptor {
  const file = only(element, "file", METADATA_NS);
  const sealed = only(only(element, "sources", SFS_NS), "encrypted", ESFS_NS);
  const suite = (Object.keys(CIPHERS) as FileSuite[])
    .find((name) => CIPHERS[name] === sealed.attrs.cipher);
  if (!isDescriptor(element) || suite === undefined) throw new RangeError("an unknown cipher");
  const size = whole(text(file, "size"));
  const hash = only(sealed, "hash", HASHES_NS);
  if (hash.attrs.algo !== "sha-256") throw new RangeError("an unknown hash");
  const key = sealed.getChild("key", ESFS_NS)?.getText();
  const uri = file.getChild("thumbnail", THUMBS_NS)?.attrs.uri;
  const [width, height] = ["width", "height"].map((name) => file.getChild(name)?.getText());
  const found: FileDescriptor = {
    id: element.attrs.id ?? "",
    name: safeName(text(file, "name")),
    type: text(file, "media-type").toLowerCase(),
    size,
    suite,
    ...(key === undefined ? {} : { key: fixed(key, FILE_KEY_LENGTH) }),
    commitment: fixed(only(sealed, "commitment", FILES_NS).getText(), 32),
    hash: fixed(hash.getText(), 32),
    sealedSize: sealedLength(suite, size),
    sources: readSources(only(sealed, "sources", SFS_NS)),
    ...(width === undefined ? {} : { width: whole(width) }),
    ...(height === undefined ? {} : { height: whole(height) }),
    ...(uri?.startsWith(THUMBNAIL) ? { thumbnail: fromBase64(uri.slice(THUMBNAIL.length)) } : {}),
    display: file.getChild("display", FILES_NS) !== undefined,
  };
  checkShape(found);
  return found;
}

function checkShape(file: FileDescriptor): void {
  const { id, type, size, width = 1, height = 1, thumbnail } = file;
  const pixels = (value: number) => Number.isInteger(value) && value > 0 && value <= MOST_PIXELS;
  const right = /^[0-9a-f]{32}$/.test(id) && type.length <= MOST_TYPE && TYPE.test(type) &&
    Number.isSafeInteger(size) && size >= 0 && pixels(width) && pixels(height) &&
    (thumbnail === undefined || thumbnail.length > 0 && thumbnail.length <= MOST_THUMBNAIL) &&
    (file.key === undefined || file.key.length === FILE_KEY_LENGTH) &&
    file.commitment.length === 32 && file.hash.length === 32 &&
    file.sealedSize === sealedLength(file.suite, size) && file.name === safeName(file.name);
  if (!right) throw new RangeError("a descriptor with fields out of range");
}

function only(parent: Element, name: string, namespace: string): Element {
  const [first, ...others] = parent.getChildren(name, namespace);
  if (first === undefined || others.length > 0) throw new RangeError(`not one ${name}`);
  return first;
}

function text(file: Element, name: string): string {
  return only(file, name, METADATA_NS).getText();
}

function whole(text: string): number {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) throw new RangeError("no whole number");
  return Number(text);
}

function fixed(base64: string, length: number): Bytes {
  const bytes = base64.length > 100 ? undefined : fromBase64(base64);
  if (bytes?.length !== length) throw new RangeError(`not ${length} bytes`);
  return bytes;
}
