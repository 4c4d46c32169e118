import type { ContactView } from "../api/views.ts";
import { Icon } from "../parts/icon.tsx";
import { acceptCall, declineCall } from "../store/call_actions.ts";
import { putAside } from "../store/calls.ts";
import { nameOf } from "../store/contacts.ts";
import { text } from "../text/mod.ts";

/** A call of this contact that was put aside: it may still be accepted. */
export function LaterBar({ contact }: { contact: ContactView }) {
  const call = putAside.value.find((waiting) => waiting.contact === contact.jid);
  if (call === undefined) return null;
  return (
    <div class="banner banner-call" role="status">
      <Icon name="video" />
      <div class="banner-line">
        <h3>{text.call.laterHint(nameOf(contact))}</h3>
        <div class="banner-answers">
          <button
            type="button"
            class="button button-small button-primary"
            onClick={() => acceptCall(call.id, true)}
          >
            {text.call.accept}
          </button>
          <button
            type="button"
            class="button button-small"
            onClick={() => acceptCall(call.id, false)}
          >
            {text.call.acceptOff}
          </button>
          <button type="button" class="button button-small" onClick={() => declineCall(call.id)}>
            {text.call.decline}
          </button>
        </div>
      </div>
    </div>
  );
}
