/** The invitation to a call, as the paper has it: who invites, who is invited, three answers. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CallView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { TrustBadge } from "../parts/trust_badge.tsx";
import { soundBlocked } from "../store/alerts.ts";
import { acceptCall, declineCall, laterCall } from "../store/call_actions.ts";
import { contacts } from "../store/contacts.ts";
import { text } from "../text/mod.ts";

/** A click meant for what was here a moment ago must not answer. */
const ARM_MS = 400;

export function IncomingDialog({ call }: { call: CallView }) {
  const armed = useSignal(false);
  const contact = contacts.value.get(call.contact);
  const name = call.name || call.contact;
  const words = text.call;
  useEffect(() => {
    const timer = setTimeout(() => armed.value = true, ARM_MS);
    return () => clearTimeout(timer);
  }, []);
  const off = !armed.value;

  return (
    <Dialog
      title={words.incoming}
      onClose={() => laterCall(call.id)}
      size="s"
      role="alertdialog"
      insistent
      class="incoming"
    >
      <div class="incoming-who">
        <span class="pulse">
          <Avatar jid={call.contact} name={name} size="l" />
        </span>
        <p class="incoming-name">
          <Name>{name}</Name>
        </p>
        {contact !== undefined && <TrustBadge trust={contact.trust} look="chip" />}
      </div>
      <dl class="facts incoming-facts">
        <dt>{words.inviter}</dt>
        <dd>
          <Jid jid={call.inviter} />
        </dd>
        <dt>{words.invitee}</dt>
        <dd>
          <Jid jid={call.invitee} />
        </dd>
      </dl>
      {soundBlocked.value && <p class="hint">{words.soundOff}</p>}
      <div class="incoming-answers">
        <button
          type="button"
          class="button button-accept"
          disabled={off}
          onClick={() => acceptCall(call.id, true)}
        >
          <Icon name="video" size="s" />
          {words.accept}
        </button>
        <button
          type="button"
          class="button"
          disabled={off}
          onClick={() => acceptCall(call.id, false)}
        >
          <Icon name="video-off" size="s" />
          {words.acceptOff}
        </button>
        <button
          type="button"
          class="button"
          disabled={off}
          onClick={() => laterCall(call.id)}
        >
          <Icon name="clock" size="s" />
          {words.later}
        </button>
        <button
          type="button"
          class="button button-danger-quiet"
          disabled={off}
          onClick={() => declineCall(call.id)}
        >
          <Icon name="hangup" size="s" />
          {words.decline}
        </button>
      </div>
    </Dialog>
  );
}
