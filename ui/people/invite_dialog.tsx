import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../api/routes.ts";
import type { InvitationView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { CopyButton } from "../parts/copy_button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Callout, FormError } from "../parts/field.tsx";
import { QrCode } from "../parts/qr.tsx";
import { when } from "../parts/time.ts";
import { closeDialog } from "../store/dialogs.ts";
import { namesNobody, status } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { OpenInvitations } from "./open_invitations.tsx";

/** Makes an invitation and shows it as link and QR code. */
export function InviteDialog() {
  const invitation = useSignal<InvitationView | null>(null);
  const action = useAction();
  const words = text.invite;
  const make = () => action.run(async () => invitation.value = await api.invite());
  useEffect(() => void make(), []);

  const made = invitation.value;
  const onlyHere = status.value?.server?.host === "127.0.0.1";
  return (
    <Dialog title={words.title} onClose={closeDialog} size="m">
      <p class="lead">{words.lead}</p>
      {namesNobody.value && <Callout tone="warning">{text.settings.namesNobody}</Callout>}
      {onlyHere && <Callout tone="warning">{words.onlyHere}</Callout>}
      <FormError message={action.error.value} />
      {made === null && action.busy.value && <p class="hint" role="status">{words.making}</p>}
      {made !== null && (
        <div class="invite">
          <QrCode value={made.link} label={words.qr} />
          <div class="invite-side">
            <label class="field">
              <span>{words.link}</span>
              <textarea
                class="input literal"
                readOnly
                rows={5}
                value={made.link}
                onFocus={(event) => event.currentTarget.select()}
              />
            </label>
            <CopyButton
              value={made.link}
              label={words.copy}
              class="button button-primary button-wide"
            />
            <p class="hint">{words.once} {words.expires(when(made.expires))}</p>
          </div>
        </div>
      )}
      <OpenInvitations made={made} />
      {(made !== null || action.error.value !== null) && (
        <button
          type="button"
          class="button button-quiet button-start"
          disabled={action.busy.value}
          onClick={make}
        >
          {words.another}
        </button>
      )}
    </Dialog>
  );
}
