import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../api/routes.ts";
import type { ContactView, SafetyView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Callout, FormError } from "../parts/field.tsx";
import { QrCode } from "../parts/qr.tsx";
import { nameOf, putContact } from "../store/contacts.ts";
import { closeDialog } from "../store/dialogs.ts";
import { notify } from "../store/notices.ts";
import { text } from "../text/mod.ts";

/** The safety number in groups of five. */
export function groups(number: string): string[] {
  return number.replace(/\D/g, "").match(/.{1,5}/g) ?? [];
}

/** Compares the safety number with the person it belongs to. */
export function VerifyDialog({ contact }: { contact: ContactView }) {
  const safety = useSignal<SafetyView | null>(null);
  const differs = useSignal(false);
  const action = useAction();
  const name = nameOf(contact);
  const words = text.verify;
  useEffect(() => {
    void action.run(async () => safety.value = await api.safety(contact.jid));
  }, [contact.jid, contact.trust.fingerprint]);

  const shown = safety.value;
  const match = () =>
    action.run(async () => {
      putContact(await api.verify(contact.jid, shown!.number));
      notify("info", words.done(name));
      closeDialog();
    });
  return (
    <Dialog title={words.title(name)} onClose={closeDialog} size="m">
      <p class="lead">{words.lead(name)}</p>
      {contact.trust.state === "verified" && <Callout tone="note">{words.already}</Callout>}
      {shown === null && action.busy.value && <p class="hint" role="status">{words.loading}</p>}
      {shown !== null && (
        <div class="safety">
          <ol class="safety-number" aria-label={words.number}>
            {groups(shown.number).map((group, index) => <li key={index}>{group}</li>)}
          </ol>
          <QrCode value={shown.qr} label={words.qr} />
        </div>
      )}
      <FormError message={action.error.value} />
      <div role="alert">
        {differs.value && <Callout tone="warning">{words.differLead}</Callout>}
      </div>
      {shown !== null && (
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={() => differs.value = true}>
            {words.differ}
          </button>
          <button
            type="button"
            class="button button-primary"
            disabled={action.busy.value}
            onClick={match}
          >
            {words.match}
          </button>
        </footer>
      )}
    </Dialog>
  );
}
