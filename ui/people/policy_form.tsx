/** Which encryption is allowed: for everybody, or for one contact. */
import { useSignal } from "@preact/signals";
import type { SuiteName } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Callout, FormError } from "../parts/field.tsx";
import { text } from "../text/mod.ts";

/** What can be chosen, and how it is spoken of. */
export interface Choices<S extends string> {
  /** Strongest first, as the daemon orders them. */
  readonly all: readonly S[];
  readonly weak: S;
  readonly words: {
    readonly allowed: string;
    readonly asAll: string;
    readonly ownChoice: string;
    readonly names: Readonly<Record<S, string>>;
    readonly explain: Readonly<Record<S, string>>;
    readonly both: string;
    readonly weakWarning: string;
    readonly noneChosen: string;
    readonly save: string;
    readonly saved: string;
  };
}

/** With contacts. */
export const contactSuites = (): Choices<SuiteName> => ({
  all: ["simpp-pq", "simpp-modern", "simpp-2009"],
  weak: "simpp-2009",
  words: text.suites,
});

export interface PolicyFormProps<S extends string> {
  choices: Choices<S>;
  allowed: readonly S[];
  /** What holds for everybody, where this form is about one contact or group; `own`: it has its own. */
  general?: { suites: readonly S[]; own: boolean };
  /** Null: as with everybody. */
  save(suites: S[] | null): Promise<unknown>;
}

export function PolicyForm<S extends string>(
  { choices, allowed, general, save }: PolicyFormProps<S>,
) {
  const own = useSignal(general?.own ?? true);
  const chosen = useSignal<readonly S[]>(allowed);
  const saved = useSignal(false);
  const action = useAction();
  const { words, all } = choices;
  const none = own.value && chosen.value.length === 0;
  const weak = own.value && chosen.value.includes(choices.weak);

  const touch = (act: () => void) => {
    saved.value = false;
    act();
  };
  const toggle = (suite: S) =>
    touch(() => chosen.value = all.filter((one) => (one === suite) !== chosen.value.includes(one)));
  const submit = async (event: Event) => {
    event.preventDefault();
    const suites = own.value ? [...chosen.value] : null;
    saved.value = await action.run(() => save(suites));
  };
  return (
    <form class="policy" onSubmit={submit}>
      {general !== undefined && (
        <fieldset class="choices">
          <legend>{words.allowed}</legend>
          <Choice
            title={words.asAll}
            hint={general.suites.map((suite) => words.names[suite]).join(", ")}
            checked={!own.value}
            onChange={() => touch(() => own.value = false)}
          />
          <Choice
            title={words.ownChoice}
            checked={own.value}
            onChange={() => touch(() => own.value = true)}
          />
        </fieldset>
      )}
      {own.value && (
        <fieldset class="choices" aria-label={words.allowed}>
          {all.map((suite) => (
            <Choice
              key={suite}
              many
              title={words.names[suite]}
              hint={words.explain[suite]}
              checked={chosen.value.includes(suite)}
              onChange={() => toggle(suite)}
            />
          ))}
        </fieldset>
      )}
      <div role="alert">
        {weak && <Callout tone="danger">{words.weakWarning}</Callout>}
        {none && <Callout tone="warning">{words.noneChosen}</Callout>}
      </div>
      <p class="hint">{words.both}</p>
      <FormError message={action.error.value} />
      <div class="policy-foot">
        <button type="submit" class="button button-small" disabled={none || action.busy.value}>
          {words.save}
        </button>
        <span class="hint" role="status">{saved.value && words.saved}</span>
      </div>
    </form>
  );
}

interface ChoiceProps {
  title: string;
  hint?: string;
  /** One of several that may be taken together. */
  many?: boolean;
  checked: boolean;
  onChange(): void;
}

function Choice({ title, hint, many = false, checked, onChange }: ChoiceProps) {
  return (
    <label class="choice">
      {many
        ? <input type="checkbox" checked={checked} onChange={onChange} />
        : <input type="radio" name="policy" checked={checked} onChange={onChange} />}
      <span>
        <span class="choice-title">{title}</span>
        {hint !== undefined && <span class="hint">{hint}</span>}
      </span>
    </label>
  );
}
