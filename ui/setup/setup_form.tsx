/** What the first-run forms share: what cannot be undone, the error, the button. */
import type { ComponentChildren } from "preact";
import type { StatusView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { reload } from "../store/live.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";

export interface SetupFormProps {
  forGood: readonly string[];
  go: string;
  submit(): Promise<StatusView>;
  /** What may help after an error of this code. */
  help?(code: string): ComponentChildren;
  children: ComponentChildren;
}

export function SetupForm({ forGood, go, submit, help, children }: SetupFormProps) {
  const action = useAction();
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    await action.run(async () => {
      status.value = await submit();
      await reload();
    });
  };
  return (
    <form class="form" onSubmit={onSubmit}>
      {children}
      <section class="for-good">
        <h2>{text.setup.forGood}</h2>
        <ul>{forGood.map((line) => <li key={line}>{line}</li>)}</ul>
      </section>
      <FormError message={action.error.value} />
      {action.code.value !== null && help?.(action.code.value)}
      <button type="submit" class="button button-primary button-wide" disabled={action.busy.value}>
        {action.busy.value ? text.setup.working : go}
      </button>
    </form>
  );
}
