import { type Bytes, fromBase64, fromUtf8, SimppdError, toBase64, utf8 } from "../base/mod.ts";
import {
  aesGcmOpen,
  aesGcmSeal,
  checkCost,
  framed,
  OpenError,
  type ScryptCost,
} from "../crypto/mod.ts";

/** How the key that wraps the master key is come by. */
export type Wrapping =
  | { readonly keeper: "passphrase"; readonly cost: ScryptCost; readonly salt: string }
  | { readonly keeper: "keyring"; readonly item: string };

/** `key.json`: the master key, sealed, and what is needed to open it but the secret itself. */
export interface WrappedKey {
  readonly version: 1;
  /** The state directory's random name, that can be told while it is locked. */
  readonly name: string;
  readonly wrapping: Wrapping;
  /** Base64: AES-256-GCM of the master key. */
  readonly sealed: string;
}

const ZERO_NONCE = new Uint8Array(12); // every wrapping key seals one thing, once

function bound(name: string, wrapping: Wrapping): Bytes {
  const { keeper } = wrapping;
  const rest = keeper === "passphrase"
    ? [fromBase64(wrapping.salt), Uint8Array.of(...costOf(wrapping.cost))]
    : [utf8(wrapping.item)];
  return framed(utf8("simppd key 1"), utf8(name), utf8(keeper), ...rest);
}

const costOf = ({ logN, r, p }: ScryptCost) => [logN, r, p];

/** @param key 32 bytes, used for nothing else */
export function wrapKey(key: Bytes, name: string, wrapping: Wrapping, master: Bytes): Bytes {
  const sealed = aesGcmSeal(key, ZERO_NONCE, master, bound(name, wrapping));
  const file: WrappedKey = { version: 1, name, wrapping, sealed: toBase64(sealed) };
  return utf8(JSON.stringify(file, null, 2) + "\n");
}

/** @throws OpenError when the key is another one, or anything in the file was changed */
export function unwrapKey(key: Bytes, { name, wrapping, sealed }: WrappedKey): Bytes {
  const master = aesGcmOpen(key, ZERO_NONCE, fromBase64(sealed), bound(name, wrapping));
  if (master.length !== 32) throw new OpenError();
  return master;
}

/** Reads `key.json`. @throws SimppdError `key-damaged` */
export function readWrappedKey(path: string, bytes: Uint8Array): WrappedKey {
  try {
    const { version, name, wrapping, sealed } = JSON.parse(fromUtf8(bytes)) as WrappedKey;
    if (version !== 1 || !/^[\w-]{1,64}$/.test(name)) throw new TypeError("version or name");
    if (fromBase64(sealed).length !== 48) throw new TypeError("sealed");
    if (wrapping.keeper === "passphrase") {
      const { keeper, salt, cost } = wrapping;
      checkCost(cost);
      if (fromBase64(salt).length !== 16) throw new TypeError("salt");
      return { version, name, sealed, wrapping: { keeper, salt, cost } };
    }
    const { keeper, item } = wrapping;
    if (keeper !== "keyring" || !/^[0-9a-f]{32}$/.test(item)) throw new TypeError("item");
    return { version, name, sealed, wrapping: { keeper, item } };
  } catch (error) {
    throw new SimppdError(
      "key-damaged",
      `${path} is damaged, or a newer simppd wrote it. Put the right file back: without it nothing ` +
        "in this directory can be opened.",
      error,
    );
  }
}
