import { useSignal } from "@preact/signals";
import { api, type Reach } from "../api/routes.ts";
import { Callout } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { PersonFields, personOf, usePerson } from "./person_fields.tsx";
import { SetupForm } from "./setup_form.tsx";

/** Way 1: carry a server here. */
export function CarryForm() {
  const person = usePerson();
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
      submit={() => api.carry(personOf(person), reach.value)}
    >
      <PersonFields person={person} first />
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
