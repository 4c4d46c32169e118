/** What is used of blowfish-node; its own types call the class a default export, which it is not. */
export default class Blowfish {
  static readonly MODE: { readonly CBC: 1 };
  static readonly PADDING: { readonly PKCS5: 0 };
  static readonly TYPE: { readonly UINT8_ARRAY: 1 };
  constructor(key: Uint8Array, mode: 1, padding: 0);
  setIv(iv: Uint8Array): void;
  encode(data: Uint8Array): Uint8Array;
  decode(data: Uint8Array, type: 1): Uint8Array;
}
