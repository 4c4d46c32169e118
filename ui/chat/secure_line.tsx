import type { ContactView } from "../api/views.ts";
import { Icon } from "../parts/icon.tsx";
import { text } from "../text/mod.ts";

/** Whether both sides proved themselves: the secure state of the paper's figure 8. */
export function SecureLine({ contact: { trust } }: { contact: ContactView }) {
  if (trust.suite === null || trust.state === "changed") return null;
  const { mutual } = trust;
  return (
    <p class={`secure-line ${mutual ? "mark-good" : "mark-open"}`}>
      <Icon name={mutual ? "lock" : "clock"} size="s" />
      {mutual ? text.trust.mutual : text.trust.notMutual}
    </p>
  );
}
