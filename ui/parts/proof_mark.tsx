import type { TrustView } from "../api/views.ts";
import { text } from "../text/mod.ts";
import { Icon } from "./icon.tsx";

/**
 * Whether both sides proved themselves: the secure state of the paper's figure 8. It is the keys that
 * were proved; only with keys that a person compared is the mark a good one, and never with the weak
 * profile's.
 */
export function ProofMark({ trust }: { trust: TrustView }) {
  const weak = trust.suite === "simpp-2009";
  const good = trust.mutual && !weak && trust.state === "verified";
  const word = weak && trust.mutual ? "mutualWeak" : trust.mutual ? "mutual" : "notMutual";
  return (
    <span class={good ? "mark mark-good" : "mark mark-open"}>
      <Icon name={trust.mutual ? weak ? "alert" : "lock" : "clock"} size="s" />
      {text.trust[word]}
    </span>
  );
}
