/** What a new group is made with, beside its name: where its keys are kept, who vouches, how it is sealed. */
import { type Signal, useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { NewGroupInput } from "../api/group_routes.ts";
import type { GroupRegistrarView } from "../api/views.ts";
import { Callout, Field } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { type Ticket, TicketFields, ticketOf, useTicket } from "./ticket_fields.tsx";

export interface NewGroup {
  readonly keyServer: Signal<string>;
  readonly serverKey: Signal<string>;
  /** A registrar a line. */
  readonly registrars: Signal<string>;
  readonly weak: Signal<boolean>;
  readonly ticket: Ticket;
}

export function useNewGroup(): NewGroup {
  return {
    keyServer: useSignal(""),
    serverKey: useSignal(""),
    registrars: useSignal(""),
    weak: useSignal(false),
    ticket: useTicket(),
  };
}

/** What was filled in, as the daemon takes it. */
export function newGroupInput(
  { keyServer, serverKey, registrars, weak, ticket }: NewGroup,
): Omit<NewGroupInput, "name" | "server"> {
  const [jid, key] = [keyServer.value.trim(), serverKey.value.trim().toLowerCase()];
  const lines = linesOf(registrars.value);
  const shown = ticketOf({ registrars: readRegistrars(lines) }, ticket);
  return {
    ...jid === "" && key === "" ? {} : { keyServer: { jid, key } },
    ...lines.length === 0 ? {} : { registrars: lines },
    ...weak.value ? { suites: ["lsim-2003"] } : {},
    ...shown === undefined ? {} : { ticket: shown },
  };
}

const linesOf = (typed: string) =>
  typed.split("\n").map((line) => line.trim()).filter((line) => line !== "");

const METHODS: readonly string[] = ["simpp", "certificate", "directory"];

/** The lines that read; what is wrong with the others the daemon says. */
function readRegistrars(lines: readonly string[]): GroupRegistrarView[] {
  return lines.flatMap((line) => {
    const [name = "", , method = "", address = ""] = line.split(/\s+/);
    if (address === "" || !METHODS.includes(method)) return [];
    return [{ name, method: method as GroupRegistrarView["method"], address }];
  });
}

/** Who keeps the keys, and to whom members have to show themselves: said before it is made. */
export function NewGroupLead({ keyServer, serverKey, registrars }: NewGroup) {
  const words = text.groups;
  const jid = keyServer.value.trim();
  const elsewhere = jid !== "" || serverKey.value.trim() !== "";
  return (
    <Callout tone="note">
      <p>
        <bdi>{elsewhere ? words.elsewhere.lead(jid) : words.makeLead}</bdi>
      </p>
      {readRegistrars(linesOf(registrars.value)).map(({ name, method, address }) => (
        <p key={`${name} ${address}`}>
          <bdi>{words.vouching.named(name, words.vouching.ways[method], address)}</bdi>
        </p>
      ))}
    </Callout>
  );
}

/** Choices that few need, folded away. */
export function NewGroupFields({ group }: { group: NewGroup }) {
  const words = text.groups;
  const { elsewhere, vouching, weak } = words;
  const registrars = readRegistrars(linesOf(group.registrars.value));
  const id = useId();
  return (
    <>
      <details class="members-more">
        <summary>{elsewhere.more}</summary>
        <div class="form">
          <Field
            key="key-server"
            label={elsewhere.jid}
            hint={elsewhere.jidHint}
            value={group.keyServer}
            literal
          />
          <Field
            key="server-key"
            label={elsewhere.key}
            hint={elsewhere.keyHint}
            value={group.serverKey}
            literal
          />
        </div>
      </details>
      <details class="members-more">
        <summary>{vouching.more}</summary>
        <div class="form">
          <LinesField label={vouching.label} hint={vouching.hint} value={group.registrars} />
          <TicketFields group={{ registrars }} ticket={group.ticket} />
        </div>
      </details>
      <details class="members-more">
        <summary>{weak.more}</summary>
        <div class="form">
          <label class="room-understood">
            <input
              type="checkbox"
              aria-describedby={id}
              checked={group.weak.value}
              onChange={({ currentTarget }) => group.weak.value = currentTarget.checked}
            />
            <span>{weak.make}</span>
          </label>
          <div id={id}>
            <Callout tone="danger">{weak.warning}</Callout>
          </div>
        </div>
      </details>
    </>
  );
}

/** Some lines of text. */
export function LinesField(
  { label, hint, value }: { label: string; hint: string; value: Signal<string> },
) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class="input literal lines"
        rows={4}
        maxLength={32_768}
        autoCapitalize="none"
        spellcheck={false}
        aria-describedby={`${id}-hint`}
        value={value.value}
        onInput={({ currentTarget }) => value.value = currentTarget.value}
      />
      <p class="hint" id={`${id}-hint`}>{hint}</p>
    </div>
  );
}
