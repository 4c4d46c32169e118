import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { api } from "../api/routes.ts";
import { Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { SetupForm } from "./setup_form.tsx";

/** Way 5: restore a backup. */
export function RestoreForm() {
  const id = useId();
  const file = useSignal<File | null>(null);
  const passphrase = useSignal("");
  const lost = useSignal(false);
  const words = text.setup;
  return (
    <SetupForm
      forGood={words.restoreForGood}
      go={words.restoreGo}
      submit={() => api.restore(file.value!, passphrase.value, lost.value)}
    >
      <div class="field">
        <label for={id}>{words.restoreFile}</label>
        <input
          id={id}
          class="input"
          type="file"
          required
          onChange={(event) => file.value = event.currentTarget.files?.[0] ?? null}
        />
      </div>
      <Field label={words.restorePassphrase} value={passphrase} secret required />
      <label class="choice">
        <input
          type="checkbox"
          checked={lost.value}
          onChange={(event) => lost.value = event.currentTarget.checked}
        />
        <span>
          <span class="choice-title">{words.restoreLost}</span>
          <span class="hint">{words.restoreLostHint}</span>
        </span>
      </label>
    </SetupForm>
  );
}
