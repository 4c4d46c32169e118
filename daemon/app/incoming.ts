import type { SuiteId } from "../crypto/mod.ts";
import type { Element } from "../xmpp/core/mod.ts";

/** A message as chats take it: opened from its seal, or in clear (`suite` is "none"). */
export interface Incoming {
  /** Bare JID; our own for a copy of what another device of ours sent. */
  readonly from: string;
  readonly suite: SuiteId | "none";
  /** By which a message in clear is known. */
  readonly id?: string;
  readonly envelope: {
    /** Bare JID of the receiver. */
    readonly to: string;
    /** Milliseconds since 1970, by the sender's clock. */
    readonly time: number;
    readonly content: readonly Element[];
  };
}
