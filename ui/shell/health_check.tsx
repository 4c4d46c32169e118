import { useSignal } from "@preact/signals";
import { api, type DoctorLine } from "../api/routes.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { text } from "../text/mod.ts";

/** What `simppd doctor` prints, on demand. */
export function HealthCheck() {
  const lines = useSignal<DoctorLine[]>([]);
  const action = useAction();
  const words = text.settings;
  return (
    <>
      <button
        type="button"
        class="button button-small"
        disabled={action.busy.value}
        onClick={() => action.run(async () => lines.value = await api.doctor())}
      >
        {action.busy.value ? text.setup.working : words.healthRun}
      </button>
      <FormError message={action.error.value} />
      <div role="status">
        <ul class="health">
          {lines.value.map((line) => (
            <li key={line.check} class={line.ok ? "mark-good" : "mark-open"}>
              <Icon name={line.ok ? "check" : "alert"} size="s" />
              <span class="visually-hidden">{line.ok ? words.ok : words.notOk}:</span>
              <span>
                <strong>{line.check}</strong> <span dir="auto">{line.detail}</span>
              </span>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}
