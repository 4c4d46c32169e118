/** From whom files open by themselves, of which kinds, how large. */
import { displayApi } from "../api/display_routes.ts";
import type { DisplayKind, DisplayPolicyView, DisplaysView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { putDisplays } from "../store/displays.ts";
import { text } from "../text/mod.ts";

const KINDS: readonly DisplayKind[] = ["picture", "pdf", "text", "audio", "video"];
const WHO: readonly DisplayPolicyView["from"][] = ["nobody", "verified", "displayers", "all"];
const SIZES = [1_000_000, 10_000_000, 50_000_000, 200_000_000, 1_000_000_000, 4_000_000_000];

export function DisplayPolicyForm({ view: { policy, command } }: { view: DisplaysView }) {
  const words = text.display.policy;
  const action = useAction();
  const change = (changed: Partial<DisplayPolicyView>) =>
    action.run(async () =>
      putDisplays(await displayApi.setPolicy(null, { ...policy, ...changed }))
    );
  const sizes = [...new Set([...SIZES, policy.maxBytes])].sort((a, b) => a - b);
  return (
    <form class="display-policy" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="choices">
        <legend>{words.title}</legend>
        <p class="hint">{words.lead}</p>
        {WHO.map((from) => (
          <label key={from} class="display-choice">
            <input
              type="radio"
              name="display-from"
              checked={policy.from === from}
              onChange={() => change({ from })}
            />
            <span>{words.from[from]}</span>
          </label>
        ))}
      </fieldset>
      <fieldset class="choices">
        <legend>{words.kinds}</legend>
        {KINDS.map((kind) => (
          <label key={kind} class="display-choice">
            <input
              type="checkbox"
              checked={policy.kinds.includes(kind)}
              onChange={() =>
                change({
                  kinds: KINDS.filter((one) => (one === kind) !== policy.kinds.includes(one)),
                })}
            />
            <span>{words.kind[kind]}</span>
          </label>
        ))}
      </fieldset>
      <label class="display-size">
        <span>{words.size}</span>
        <select
          class="input"
          value={String(policy.maxBytes)}
          onChange={(event) => change({ maxBytes: Number(event.currentTarget.value) })}
        >
          {sizes.map((size) => <option key={size} value={size}>{words.sizes(size)}</option>)}
        </select>
      </label>
      {command !== null && <p class="hint">{words.command(command)}</p>}
      <FormError message={action.error.value} />
    </form>
  );
}
