/** A labelled text field with its hint. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { text } from "../text/mod.ts";
import type { Signal } from "@preact/signals";

export interface FieldProps {
  label: string;
  value: Signal<string>;
  hint?: string;
  /** A password: dots instead of letters. */
  secret?: boolean;
  required?: boolean;
  autoFocus?: boolean;
  autoComplete?: string;
  maxLength?: number;
  /** Addresses and links: no correction, no capitals. */
  literal?: boolean;
}

export function Field(props: FieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const { value, hint, required = false, literal = false } = props;
  // Not the attribute: it scrolls, and a dialogue gives the focus to its heading first.
  useEffect(() => {
    if (props.autoFocus === true) input.current!.focus({ preventScroll: true });
  }, []);
  return (
    <div class="field">
      <label for={id}>
        {props.label}
        {!required && " "}
        {!required && <span class="field-optional">{text.common.optional}</span>}
      </label>
      <input
        id={id}
        ref={input}
        class={literal ? "input literal" : "input"}
        {...props.secret ? { type: "password" } : { type: "text" }}
        value={value.value}
        required={required}
        autoComplete={props.autoComplete ?? "off"}
        maxLength={props.maxLength ?? 1000}
        autoCapitalize={literal ? "none" : "sentences"}
        spellcheck={!literal}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={(event) => value.value = event.currentTarget.value}
      />
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

/** What went wrong with a form, read out when it comes. */
export function FormError({ message }: { message: string | null }) {
  return <div role="alert">{message !== null && <p class="form-error">{message}</p>}</div>;
}

/** A plain warning or note beside a choice. */
export function Callout(
  { tone, children }: { tone: "note" | "good" | "warning" | "danger"; children: ComponentChildren },
) {
  return <div class={`callout callout-${tone}`}>{children}</div>;
}
