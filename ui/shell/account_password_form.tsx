/** Gives an account that signs in by keys a password too: for other programs, or another device. */
import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import { useAction } from "../parts/action.ts";
import { Field, FormError } from "../parts/field.tsx";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** @param lead what it is wanted for here */
export function AccountPasswordForm({ lead }: { lead: string }) {
  const words = text.accountPassword;
  const fresh = useSignal("");
  const again = useSignal("");
  const said = useSignal("");
  const action = useAction();
  const set = async (event: Event) => {
    event.preventDefault();
    said.value = "";
    const done = await action.run(async () => {
      if (fresh.value !== again.value) throw new Error(words.differ);
      status.value = await api.setPassword(fresh.value);
    });
    if (!done) return;
    fresh.value = again.value = "";
    said.value = words.done;
  };
  return (
    <form class="form" onSubmit={set}>
      <p class="hint">{lead}</p>
      <Field label={words.fresh} value={fresh} secret required autoComplete="new-password" />
      <Field label={words.again} value={again} secret required autoComplete="new-password" />
      <FormError message={action.error.value} />
      <p class="hint" role="status">{said.value}</p>
      <div class="setting">
        <button type="submit" class="button button-small" disabled={action.busy.value}>
          {words.set}
        </button>
      </div>
    </form>
  );
}
