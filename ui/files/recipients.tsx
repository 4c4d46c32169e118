import type { ComponentChildren } from "preact";
import type { GroupRole, GroupView } from "../api/views.ts";
import { peopleOf } from "../store/groups.ts";
import { text } from "../text/mod.ts";
import { Check } from "./check.tsx";

/** Who of a group may open a file: these people, or these roles; everybody where neither is named. */
export interface WhoMayOpen {
  people?: readonly string[];
  roles?: readonly GroupRole[];
  /** Of everybody: who is in the group when they ask. */
  onRequest: boolean;
}

export const EVERYBODY: WhoMayOpen = { onRequest: false };

const ROLES: readonly GroupRole[] = ["owner", "admin", "member", "listener"];

export interface RecipientsProps {
  group: GroupView;
  who: WhoMayOpen;
  onChange: (who: WhoMayOpen) => void;
}

/** Everybody in the group, a chosen few, or some roles. */
export function Recipients({ group, who, onChange }: RecipientsProps) {
  const words = text.files;
  const { people, roles, onRequest } = who;
  const everybody = people === undefined && roles === undefined;
  const others = peopleOf(group).filter(({ self, trust }) => !self && trust !== "own");
  return (
    <fieldset class="file-recipients">
      <legend>{words.who}</legend>
      <Kind checked={everybody} onChoose={() => onChange(EVERYBODY)}>{words.everybody}</Kind>
      {everybody && (
        <div class="file-recipient">
          <Check
            label={words.onRequest}
            hint={words.onRequestHint}
            checked={onRequest}
            onChange={(on) => onChange({ onRequest: on })}
          />
        </div>
      )}
      <Kind
        checked={people !== undefined}
        onChoose={() => onChange({ people: [], onRequest: false })}
      >
        {words.few}
      </Kind>
      {people !== undefined && others.map(({ jid, name }) => (
        <One
          key={jid}
          checked={people.includes(jid)}
          onChange={(on) => onChange({ people: toggled(people, jid, on), onRequest: false })}
        >
          {name}
        </One>
      ))}
      <Kind
        checked={roles !== undefined}
        onChoose={() => onChange({ roles: [], onRequest: false })}
      >
        {words.roles}
      </Kind>
      {roles !== undefined && ROLES.map((role) => (
        <One
          key={role}
          checked={roles.includes(role)}
          onChange={(on) => onChange({ roles: toggled(roles, role, on), onRequest: false })}
        >
          {text.groups.roles[role]}
        </One>
      ))}
    </fieldset>
  );
}

function toggled<T>(all: readonly T[], one: T, on: boolean): T[] {
  const others = all.filter((other) => other !== one);
  return on ? [...others, one] : others;
}

interface KindProps {
  checked: boolean;
  onChoose: () => void;
  children: ComponentChildren;
}

function Kind({ checked, onChoose, children }: KindProps) {
  return (
    <label class="file-check">
      <input type="radio" name="who" checked={checked} onChange={onChoose} />
      <span>{children}</span>
    </label>
  );
}

interface OneProps {
  checked: boolean;
  onChange: (on: boolean) => void;
  children: ComponentChildren;
}

function One({ checked, onChange, children }: OneProps) {
  return (
    <label class="file-check file-recipient">
      <input
        type="checkbox"
        checked={checked}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      <bdi>{children}</bdi>
    </label>
  );
}
