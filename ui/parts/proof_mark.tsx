import type { TrustView } from "../api/views.ts";
import { text } from "../text/mod.ts";
import { Icon } from "./icon.tsx";

/**
 * Whether both sides proved themselves: the secure state of the paper's figure 8. A proof by the
 * weak profile is not called secure.
 */
export function ProofMark({ trust }: { trust: TrustView }) {
  const weak = trust.suite === "simpp-2009";
  const good = trust.mutual && !weak;
  const word = weak && trust.mutual ? "mutualWeak" : trust.mutual ? "mutual" : "notMutual";
  return (
    <span class={good ? "mark mark-good" : "mark mark-open"}>
      <Icon name={good ? "lock" : trust.mutual ? "alert" : "clock"} size="s" />
      {text.trust[word]}
    </span>
  );
}
