/** Shown while the daemon is locked: asks for the passphrase, and nothing else works. */
import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import { useAction } from "../parts/action.ts";
import { Field, FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { reload } from "../store/live.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";

export function UnlockPage() {
  const passphrase = useSignal("");
  const action = useAction();
  const words = text.unlock;
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    await action.run(async () => {
      status.value = await api.unlock(passphrase.value);
      await reload();
    });
    passphrase.value = "";
  };
  return (
    <main class="page page-narrow">
      <div class="brand">
        <Icon name="key" size="l" />
      </div>
      <h1>{words.title}</h1>
      <p class="lead">{words.lead}</p>
      <form class="form" onSubmit={onSubmit}>
        <Field
          label={words.passphrase}
          value={passphrase}
          secret
          required
          autoFocus
          autoComplete="current-password"
        />
        <FormError message={action.error.value} />
        <button
          type="submit"
          class="button button-primary button-wide"
          disabled={action.busy.value}
        >
          {action.busy.value ? text.setup.working : words.go}
        </button>
      </form>
    </main>
  );
}
