import {
  type Bytes,
  fromBase64,
  fromUtf8,
  SimppdError,
  toBase64,
  utf8,
  WireReader,
  WireWriter,
} from "../base/mod.ts";
import type { KeyPair } from "../crypto/mod.ts";
import type { Vault } from "./vault.ts";

/** What is pinned for a contact. */
export interface StoredTrust {
  readonly jid: string;
  readonly state: "first-use" | "verified" | "changed";
  readonly account: Bytes;
  readonly number: number;
  readonly list: Bytes;
  readonly offered: Bytes | null;
}

/** Both halves together, so that nobody puts another public one beside a secret. */
export function sealPair(vault: Vault, place: string, pair: KeyPair): Bytes {
  const halves = new WireWriter().bytes(pair.public).raw(pair.secret).finish();
  return vault.seal(place, halves);
}

/** @throws OpenError when it is not what {@link sealPair} made for this place */
export function openPair(vault: Vault, place: string, sealed: Uint8Array): KeyPair {
  const halves = vault.open(place, sealed);
  const key = new WireReader(halves).bytes();
  return { public: key, secret: halves.slice(2 + key.length) };
}

const trustPlace = (jid: string) => `trust/${jid}`;

/** A pin is sealed as a whole: who may write the file alone makes nobody verified. */
export function sealTrust(vault: Vault, { jid, ...pin }: StoredTrust): Bytes {
  const json = {
    ...pin,
    account: toBase64(pin.account),
    list: toBase64(pin.list),
    offered: pin.offered === null ? null : toBase64(pin.offered),
  };
  return vault.seal(trustPlace(jid), utf8(JSON.stringify(json)));
}

/** @throws SimppdError `pin-damaged` when it is not what {@link sealTrust} made for this contact */
export function openTrust(vault: Vault, jid: string, sealed: Uint8Array): StoredTrust {
  const pin = JSON.parse(fromUtf8(openPin(vault, jid, sealed)));
  return {
    jid,
    state: pin.state,
    account: fromBase64(pin.account),
    number: pin.number,
    list: fromBase64(pin.list),
    offered: pin.offered === null ? null : fromBase64(pin.offered),
  };
}

function openPin(vault: Vault, jid: string, sealed: Uint8Array): Bytes {
  try {
    return vault.open(trustPlace(jid), sealed);
  } catch (error) {
    throw new SimppdError(
      "pin-damaged",
      `What simppd's database says of the keys of ${jid} was changed by another program, and is not ` +
        "believed. Put the database back as it was, or restore a backup.",
      error,
    );
  }
}
