import type { ContactView } from "../api/views.ts";
import { ProofMark } from "../parts/proof_mark.tsx";

/** Under the chat's head: whether both sides proved themselves, once there is a session. */
export function SecureLine({ contact: { trust } }: { contact: ContactView }) {
  if (trust.suite === null || trust.state === "changed") return null;
  return (
    <p class="secure-line">
      <ProofMark trust={trust} />
    </p>
  );
}
