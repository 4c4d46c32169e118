/** What a new account's person is called; and in its address, where the name has no letter for one. */
import { type Signal, useSignal } from "@preact/signals";
import type { NewPerson } from "../api/routes.ts";
import { Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";

export interface Person {
  nick: Signal<string>;
  username: Signal<string>;
}

export const usePerson = (): Person => ({ nick: useSignal(""), username: useSignal("") });

/** Does the daemon need to be told what to call somebody in an address? */
function isUnaddressable(nick: string): boolean {
  return nick.trim() !== "" && !/[a-z0-9]/i.test(nick.normalize("NFKD"));
}

export function personOf({ nick, username }: Person): NewPerson {
  const called = { nick: nick.value.trim() };
  return isUnaddressable(nick.value) ? { ...called, username: username.value.trim() } : called;
}

export function PersonFields({ person, first = false }: { person: Person; first?: boolean }) {
  const words = text.setup;
  return (
    <>
      <Field
        label={words.nick}
        hint={words.nickHint}
        value={person.nick}
        required
        autoFocus={first}
        autoComplete="nickname"
        maxLength={64}
      />
      {isUnaddressable(person.nick.value) && (
        <Field
          label={words.username}
          hint={words.usernameHint}
          value={person.username}
          required
          literal
          maxLength={64}
        />
      )}
    </>
  );
}
