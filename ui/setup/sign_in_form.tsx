import { useSignal } from "@preact/signals";
import { api, type SignIn } from "../api/routes.ts";
import { Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { SetupForm } from "./setup_form.tsx";

/** Way 3: sign in to an XMPP account one has. */
export function SignInForm() {
  const jid = useSignal("");
  const password = useSignal("");
  const nick = useSignal("");
  const server = useSignal("");
  const pin = useSignal("");
  const words = text.setup;

  const submit = () => {
    const input: SignIn = {
      jid: jid.value.trim(),
      password: password.value,
      nick: nick.value.trim(),
    };
    if (server.value.trim() !== "") input.server = server.value.trim();
    if (pin.value.trim() !== "") input.pin = pin.value.trim();
    return api.signIn(input);
  };
  return (
    <SetupForm forGood={words.signInForGood} go={words.signInGo} submit={submit}>
      <Field
        label={words.jid}
        hint={words.jidHint}
        value={jid}
        required
        autoFocus
        literal
        autoComplete="username"
      />
      <Field
        label={words.password}
        value={password}
        secret
        required
        autoComplete="current-password"
      />
      <Field
        label={words.nick}
        hint={words.nickHint}
        value={nick}
        required
        autoComplete="nickname"
        maxLength={64}
      />
      <details class="advanced">
        <summary>{words.advanced}</summary>
        <Field label={words.server} hint={words.serverHint} value={server} literal />
        <Field label={words.pin} hint={words.pinHint} value={pin} literal />
      </details>
    </SetupForm>
  );
}
