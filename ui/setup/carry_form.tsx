import { useSignal } from "@preact/signals";
import { api, type Reach } from "../api/routes.ts";
import { Callout, Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { SetupForm } from "./setup_form.tsx";

/** Way 1: carry a server here. */
export function CarryForm() {
  const nick = useSignal("");
  const reach = useSignal<Reach>("this-machine");
  const words = text.setup;
  const choices: readonly { value: Reach; title: string; hint: string }[] = [
    { value: "this-machine", title: words.reachHere, hint: words.reachHereHint },
    { value: "network", title: words.reachNetwork, hint: words.reachNetworkHint },
  ];
  return (
    <SetupForm
      forGood={words.carryForGood}
      go={words.carryGo}
      submit={() => api.carry(nick.value.trim(), reach.value)}
    >
      <Field
        label={words.nick}
        hint={words.nickHint}
        value={nick}
        required
        autoFocus
        autoComplete="nickname"
        maxLength={64}
      />
      <fieldset class="choices">
        <legend>{words.reach}</legend>
        {choices.map(({ value, title, hint }) => (
          <label key={value} class="choice">
            <input
              type="radio"
              name="reach"
              checked={reach.value === value}
              onChange={() => reach.value = value}
            />
            <span>
              <span class="choice-title">{title}</span>
              <span class="hint">{hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div role="status">
        {reach.value === "network" && <Callout tone="warning">{words.reachWarning}</Callout>}
      </div>
    </SetupForm>
  );
}
