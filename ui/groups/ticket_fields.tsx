/** What the registrar that a group names wants to see, asked for where one comes in. */
import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { GroupTicketInput } from "../api/group_routes.ts";
import type { GroupView } from "../api/views.ts";
import { Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";

/** Longest file taken, as the daemon takes it. */
const MOST = 32_768;

/** What is filled in; files by their text. */
export interface Ticket {
  readonly registrar: Signal<string>;
  readonly password: Signal<string>;
  readonly certificate: Signal<string>;
  readonly key: Signal<string>;
  readonly ca: Signal<string>;
}

export function useTicket(): Ticket {
  return {
    registrar: useSignal(""),
    password: useSignal(""),
    certificate: useSignal(""),
    key: useSignal(""),
    ca: useSignal(""),
  };
}

/** What names registrars: a group, or one that is to be made. */
type Registered = Pick<GroupView, "registrars">;

/** Does one have to show something? Where SIMPP is enough, the daemon does it by itself. */
export function wantsTicket({ registrars }: Registered): boolean {
  return registrars.length > 0 && registrars.every(({ method }) => method !== "simpp");
}

/** What was filled in, for the registrar that was chosen; undefined: nothing. */
export function ticketOf(group: Registered, ticket: Ticket): GroupTicketInput | undefined {
  if (!wantsTicket(group)) return undefined;
  const { name, method } = chosenOf(group, ticket);
  const wanted = method === "directory" ? ["password"] as const : ["certificate", "key"] as const;
  const filled = [...wanted, "ca" as const].flatMap((field) => {
    const value = ticket[field].value;
    return value === "" ? [] : [[field, value]];
  });
  return filled.length === 0 ? undefined : { registrar: name, ...Object.fromEntries(filled) };
}

const chosenOf = ({ registrars }: Registered, { registrar }: Ticket) =>
  registrars.find(({ name }) => name === registrar.value) ?? registrars[0]!;

/** Nothing where nothing has to be shown. */
export function TicketFields({ group, ticket }: { group: Registered; ticket: Ticket }) {
  const id = useId();
  if (!wantsTicket(group)) return null;
  const words = text.groups.ticket;
  const { name, method, address } = chosenOf(group, ticket);
  return (
    <fieldset class="ticket">
      <legend>{words.heading}</legend>
      <p class="hint">{words.lead}</p>
      {group.registrars.length > 1 && (
        <div class="field">
          <label for={id}>{words.registrar}</label>
          <select
            id={id}
            class="input"
            value={name}
            onChange={({ currentTarget }) => ticket.registrar.value = currentTarget.value}
          >
            {group.registrars.map((one) => (
              <option key={one.name} value={one.name}>{words.way(one.name, one.method)}</option>
            ))}
          </select>
        </div>
      )}
      <p class="hint">
        <bdi>{words.shownTo(name, address)}</bdi>
      </p>
      {method === "directory"
        ? (
          <Field
            key="password"
            label={words.password}
            hint={words.passwordHint}
            value={ticket.password}
            secret
          />
        )
        : (
          <>
            <PemField label={words.certificate} value={ticket.certificate} />
            <PemField label={words.key} hint={words.keyHint} value={ticket.key} />
          </>
        )}
      <details class="members-more">
        <summary>{words.more}</summary>
        <PemField label={words.ca} hint={words.caHint} value={ticket.ca} />
      </details>
    </fieldset>
  );
}

/** A small text file. */
function PemField(
  { label, hint, value }: { label: string; hint?: string; value: Signal<string> },
) {
  const id = useId();
  const wrong = useSignal(false);
  const take = async (file: File | undefined) => {
    wrong.value = file !== undefined && file.size > MOST;
    value.value = file === undefined || wrong.value ? "" : await file.text();
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="input"
        type="file"
        accept=".pem,.crt,.cer,.key"
        aria-describedby={`${id}-hint`}
        onChange={({ currentTarget }) => void take(currentTarget.files?.[0])}
      />
      <p class="hint" id={`${id}-hint`}>
        {wrong.value ? text.groups.ticket.tooLarge : hint}
      </p>
    </div>
  );
}
