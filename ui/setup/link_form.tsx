import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import { Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { readDeviceLink } from "./device_link.ts";
import { SetupForm } from "./setup_form.tsx";

/** Way 4: become a further device of an account, by the link that another device shows. */
export function LinkForm() {
  const link = useSignal("");
  const password = useSignal("");
  const words = text.linking;
  const submit = async () => {
    const read = readDeviceLink(link.value);
    if (read === undefined) throw new Error(words.notALink);
    return await api.signIn({ ...read, password: password.value });
  };
  return (
    <SetupForm forGood={words.forGood} go={words.go} submit={submit}>
      <Field
        label={words.pasted}
        hint={words.pastedHint}
        value={link}
        required
        autoFocus
        literal
        maxLength={2000}
      />
      <Field
        label={words.password}
        value={password}
        secret
        required
        autoComplete="current-password"
      />
    </SetupForm>
  );
}
