import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, type SignIn } from "../api/routes.ts";
import { Callout, Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { SetupForm } from "./setup_form.tsx";

/** Way 3: sign in to an XMPP account one has. */
export function SignInForm() {
  const jid = useSignal("");
  const password = useSignal("");
  const nick = useSignal("");
  const server = useSignal("");
  const pin = useSignal("");
  const advanced = useSignal(false);
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
  const help = (code: string) =>
    code === "untrusted-certificate" && (
      <PinHelp
        given={pin.value.trim() !== ""}
        show={() => advanced.value = true}
      />
    );
  return (
    <SetupForm forGood={words.signInForGood} go={words.signInGo} submit={submit} help={help}>
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
      <details
        class="advanced"
        open={advanced.value}
        onToggle={(event) => advanced.value = event.currentTarget.open}
      >
        <summary>{words.advanced}</summary>
        <Field label={words.server} hint={words.serverHint} value={server} literal />
        <Field label={words.pin} hint={words.pinHint} value={pin} literal />
      </details>
    </SetupForm>
  );
}

/** How to pin the key of a server whose certificate no authority vouches for. */
function PinHelp({ given, show }: { given: boolean; show(): void }) {
  const words = text.setup.pinHelp;
  useEffect(() => void show(), []);
  return (
    <Callout tone="warning">
      <p>{given ? words.wrong : words.lead}</p>
      <ul class="pin-help">
        <li>{words.simppd}</li>
        <li>
          {words.other} <code>{words.command}</code>
        </li>
      </ul>
      <p>{words.careful}</p>
      <div class="banner-answers">
        <button type="button" class="button button-small" onClick={show}>{words.show}</button>
      </div>
    </Callout>
  );
}
