import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import { Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { PersonFields, personOf, usePerson } from "./person_fields.tsx";
import { SetupForm } from "./setup_form.tsx";

/** Way 2: join by an invitation link. */
export function JoinForm() {
  const link = useSignal("");
  const person = usePerson();
  const words = text.setup;
  return (
    <SetupForm
      forGood={words.joinForGood}
      go={words.joinGo}
      submit={() => api.join(link.value.trim(), personOf(person))}
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
      <PersonFields person={person} />
    </SetupForm>
  );
}
