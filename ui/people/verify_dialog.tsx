import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api } from "../api/routes.ts";
import type { ContactView, SafetyView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { CopyButton } from "../parts/copy_button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Callout, FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { QrCode } from "../parts/qr.tsx";
import { nameOf, putContact } from "../store/contacts.ts";
import { closeDialog } from "../store/dialogs.ts";
import { text } from "../text/mod.ts";
import { VerifyByCode } from "./verify_by_code.tsx";

/** The safety number in groups of five. */
export function groups(number: string): string[] {
  return number.replace(/\D/g, "").match(/.{1,5}/g) ?? [];
}

/** What comparing came to: nothing yet, the same, or not the same. */
type Outcome = "open" | "same" | "differs";

/** Compares the safety number, or the code of it, with the person it belongs to. */
export function VerifyDialog({ contact }: { contact: ContactView }) {
  const safety = useSignal<SafetyView | null>(null);
  const outcome = useSignal<Outcome>("open");
  const action = useAction();
  const name = nameOf(contact);
  const words = text.verify;
  useEffect(() => {
    void action.run(async () => safety.value = await api.safety(contact.jid));
  }, [contact.jid, contact.trust.fingerprint]);

  const verify = async (by: { number: string } | { qr: string }) => {
    outcome.value = "open";
    const done = await action.run(async () => putContact(await api.verify(contact.jid, by)));
    if (done) outcome.value = "same";
    else if (action.code.value === "not-trusted") outcome.value = "differs";
  };
  /** Nothing is sent to keys that are not theirs, until a person accepts them. */
  const refuse = async () => {
    outcome.value = "differs";
    await action.run(async () => putContact(await api.decide(contact.jid, false)));
  };
  const shown = safety.value;
  if (outcome.value === "same") return <Verified name={name} />;
  return (
    <Dialog title={words.title(name)} onClose={closeDialog} size="m">
      <p class="lead">{words.lead(name)}</p>
      {contact.trust.state === "verified" && <Callout tone="note">{words.already}</Callout>}
      {shown === null && action.busy.value && <p class="hint" role="status">{words.loading}</p>}
      {shown !== null && (
        <>
          <div class="safety">
            <ol class="safety-number" aria-label={words.number}>
              {groups(shown.number).map((group, index) => <li key={index}>{group}</li>)}
            </ol>
            <div class="safety-code">
              <QrCode value={shown.qr} label={words.qr} />
              <CopyButton
                value={shown.qr}
                label={words.copyCode}
                class="button button-quiet button-small"
              />
            </div>
          </div>
          <VerifyByCode name={name} onCode={(qr) => void verify({ qr })} />
        </>
      )}
      <FormError message={outcome.value === "differs" ? null : action.error.value} />
      <div role="alert">
        {outcome.value === "differs" && <Mismatch reason={action.error.value} name={name} />}
      </div>
      {shown !== null && (
        <footer class="dialog-foot">
          {/* After a warning no button says that all is well: one has to compare again. */}
          {outcome.value === "differs"
            ? (
              <>
                <button type="button" class="button" onClick={() => outcome.value = "open"}>
                  {words.again}
                </button>
                <button type="button" class="button" onClick={closeDialog}>
                  {text.common.close}
                </button>
              </>
            )
            : (
              <>
                <button type="button" class="button" onClick={() => void refuse()}>
                  {words.differ}
                </button>
                <button
                  type="button"
                  class="button button-primary"
                  disabled={action.busy.value}
                  onClick={() => verify({ number: shown.number })}
                >
                  {words.match}
                </button>
              </>
            )}
        </footer>
      )}
    </Dialog>
  );
}

function Mismatch({ reason, name }: { reason: string | null; name: string }) {
  const title = useRef<HTMLParagraphElement>(null);
  const words = text.verify;
  useEffect(() => title.current!.scrollIntoView({ block: "center" }), []);
  return (
    <Callout tone="danger">
      <p class="callout-title" ref={title}>
        <Icon name="shield-alert" size="s" />
        {words.mismatch}
      </p>
      {reason !== null && <p>{reason}</p>}
      <p>{words.differLead(name)}</p>
    </Callout>
  );
}

function Verified({ name }: { name: string }) {
  const words = text.verify;
  return (
    <Dialog title={words.doneTitle} onClose={closeDialog} size="s">
      <div class="verified" role="status">
        <span class="verified-mark">
          <Icon name="shield-check" size="l" />
        </span>
        <p class="verified-word">{words.done(name)}</p>
        <p class="hint">{text.trust.explain.verified}</p>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button button-primary" onClick={closeDialog}>
          {words.doneClose}
        </button>
      </footer>
    </Dialog>
  );
}
