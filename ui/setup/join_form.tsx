import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import { Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { SetupForm } from "./setup_form.tsx";

/** Way 2: join by an invitation link. */
export function JoinForm() {
  const link = useSignal("");
  const nick = useSignal("");
  const words = text.setup;
  return (
    <SetupForm
      forGood={words.joinForGood}
      go={words.joinGo}
      submit={() => api.join(link.value.trim(), nick.value.trim())}
    >
      <Field
        label={words.link}
        hint={words.linkHint}
        value={link}
        required
        autoFocus
        literal
        maxLength={4000}
      />
      <Field
        label={words.nick}
        hint={words.nickHint}
        value={nick}
        required
        autoComplete="nickname"
        maxLength={64}
      />
    </SetupForm>
  );
}
