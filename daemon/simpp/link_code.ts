import { type Bytes, utf8 } from "../base/mod.ts";
import { framed } from "../crypto/mod.ts";
import { slowDigits } from "./digits.ts";
import { samePublic } from "./identity.ts";

/** Codes that are remembered, since each costs some milliseconds. */
const MAX_CODES = 8;

/**
 * The code that both screens show while a device is linked (docs/protocol.md "Further devices"): 30
 * digits of account key and device key in groups of five. Who stands between the two screens
 * chooses one key of each code, so that it is not enough that a given code is hard to meet: there
 * are as many as make two equal ones hard to find.
 */
export class LinkCodes {
  readonly #known: { account: Bytes; device: Bytes; code: string }[] = [];

  of(account: Bytes, device: Bytes): string {
    const known = this.#known.find((each) =>
      samePublic(each.account, account) && samePublic(each.device, device)
    );
    if (known !== undefined) return known.code;
    const name = framed(utf8("simpp link 3"), account, device);
    const code = slowDigits(name, account).match(/.{5}/g)!.join(" ");
    this.#known.push({ account, device, code });
    if (this.#known.length > MAX_CODES) this.#known.shift();
    return code;
  }
}

/** Does what a person typed or saw name the same code? Spaces do not matter. */
export function sameCode(a: string, b: string): boolean {
  const [one, other] = [a, b].map((code) => code.replace(/\s/g, ""));
  return one === other && one !== "";
}
