/** Which encryption is allowed: for everybody, or for one contact. */
import { useSignal } from "@preact/signals";
import type { SuiteName } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Callout, FormError } from "../parts/field.tsx";
import { text } from "../text/mod.ts";

/** Strongest first, as the daemon orders them. */
const SUITES: readonly SuiteName[] = ["simpp-pq", "simpp-modern", "simpp-2009"];

/** A list of suites in plain words. */
export function suiteWords(suites: readonly SuiteName[]): string {
  return suites.map((suite) => text.suites.names[suite]).join(", ");
}

export interface PolicyFormProps {
  allowed: readonly SuiteName[];
  /** What holds for everybody, where this form is about one contact; `own`: it has its own. */
  general?: { suites: readonly SuiteName[]; own: boolean };
  /** Null: as with everybody. */
  save(suites: SuiteName[] | null): Promise<unknown>;
}

export function PolicyForm({ allowed, general, save }: PolicyFormProps) {
  const own = useSignal(general?.own ?? true);
  const chosen = useSignal<readonly SuiteName[]>(allowed);
  const saved = useSignal(false);
  const action = useAction();
  const words = text.suites;
  const none = own.value && chosen.value.length === 0;
  const weak = own.value && chosen.value.includes("simpp-2009");

  const touch = (act: () => void) => {
    saved.value = false;
    act();
  };
  const toggle = (suite: SuiteName) =>
    touch(() =>
      chosen.value = SUITES.filter((one) => (one === suite) !== chosen.value.includes(one))
    );
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
            hint={suiteWords(general.suites)}
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
          {SUITES.map((suite) => (
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
