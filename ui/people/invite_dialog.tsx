import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../api/routes.ts";
import type { InvitationView, OpenInvitationView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { CopyButton } from "../parts/copy_button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Callout, Field, FormError } from "../parts/field.tsx";
import { QrCode } from "../parts/qr.tsx";
import { when } from "../parts/time.ts";
import { closeDialog } from "../store/dialogs.ts";
import { namesNobody, status } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { OpenInvitations } from "./open_invitations.tsx";

/** Shows an invitation as link and QR code: one that nobody used yet, else a new one. */
export function InviteDialog() {
  const shown = useSignal<InvitationView | null>(null);
  const fresh = useSignal(true);
  const open = useSignal<readonly OpenInvitationView[]>([]);
  const note = useSignal("");
  const action = useAction();
  const words = text.invite;
  const load = async () => void (open.value = await api.invitations());
  const make = async () => {
    shown.value = await api.invite(note.value.trim());
    fresh.value = true;
    note.value = "";
    await load();
  };
  useEffect(() => {
    void action.run(async () => {
      await load();
      const unused = open.value.filter(({ link, note }) => link !== null && note === "").at(-1);
      if (unused === undefined) return await make();
      shown.value = { ...unused, link: unused.link! };
      fresh.value = false;
    });
  }, []);
  const revoke = (id: string) =>
    action.run(async () => {
      await api.revokeInvitation(id);
      if (shown.value?.id === id) shown.value = null;
      await load();
    });

  const one = shown.value;
  const onlyHere = status.value?.server?.host === "127.0.0.1";
  return (
    <Dialog title={words.title} onClose={closeDialog} size="m">
      <p class="lead">{words.lead}</p>
      {namesNobody.value && <Callout tone="warning">{words.namesNobody}</Callout>}
      {onlyHere && <Callout tone="warning">{words.onlyHere}</Callout>}
      <FormError message={action.error.value} />
      {one === null && action.busy.value && <p class="hint" role="status">{words.making}</p>}
      {one !== null && <Shown invitation={one} fresh={fresh.value} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(make);
        }}
      >
        <Field label={words.note} hint={words.noteHint} value={note} maxLength={60} />
        <button type="submit" class="button button-quiet button-start" disabled={action.busy.value}>
          {words.another}
        </button>
      </form>
      <OpenInvitations
        open={open.value}
        shown={one?.id}
        busy={action.busy.value}
        show={(invitation) => {
          shown.value = invitation;
          fresh.value = false;
        }}
        revoke={revoke}
      />
    </Dialog>
  );
}

/** @param fresh it was made just now: nobody can have it yet */
function Shown({ invitation, fresh }: { invitation: InvitationView; fresh: boolean }) {
  const { link, note, expires } = invitation;
  const words = text.invite;
  return (
    <div class="invite">
      <QrCode value={link} label={words.qr} />
      <div class="invite-side">
        <label class="field">
          <span>{words.link}{note === "" ? "" : <bdi>({note})</bdi>}</span>
          <textarea
            class="input literal"
            readOnly
            rows={5}
            value={link}
            onFocus={(event) => event.currentTarget.select()}
          />
        </label>
        <CopyButton value={link} label={words.copy} class="button button-primary button-wide" />
        <p class="hint">
          {words.once} {words.expires(when(expires))} {!fresh && words.unused}
        </p>
      </div>
    </div>
  );
}
