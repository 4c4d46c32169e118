/** What is shown, waits and was shown; who may show. */
import { useRef } from "preact/hooks";
import { displayApi } from "../api/display_routes.ts";
import type { DisplayItemView, DisplaysView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Name } from "../parts/jid.tsx";
import { when } from "../parts/time.ts";
import { withNames } from "../store/contacts.ts";
import { choose, current, displays, putDisplays } from "../store/displays.ts";
import { text } from "../text/mod.ts";
import { whoseWords } from "./display_stage.tsx";
import { DisplayPolicyForm } from "./policy_form.tsx";

export function HistoryPanel() {
  const view = displays.value;
  return view === null ? null : <Panel view={view} />;
}

function Panel({ view }: { view: DisplaysView }) {
  const words = text.display;
  const action = useAction();
  // With nothing else to see; then as the person leaves it.
  const startsOpen = useRef(view.items.length === 0).current;
  const over = view.items.some(({ state }) => state !== "showing");
  return (
    <aside class="display-panel" aria-label={words.history}>
      <details class="display-who" open={startsOpen}>
        <summary>{words.policy.title}</summary>
        <DisplayPolicyForm view={view} />
      </details>
      <h3>{words.history}</h3>
      {view.items.length === 0 ? <p class="hint">{words.none}</p> : (
        <ul class="display-list">
          {view.items.map((item) => <Row key={item.id} item={item} />)}
        </ul>
      )}
      {over && (
        <button
          type="button"
          class="button button-small"
          disabled={action.busy.value}
          onClick={() => action.run(async () => putDisplays(await displayApi.forget()))}
        >
          {words.forget}
        </button>
      )}
      <FormError message={action.error.value} />
    </aside>
  );
}

function Row({ item }: { item: DisplayItemView }) {
  const words = text.display;
  const action = useAction();
  const { id, name, state, reason, available, at } = item;
  const isSeen = current.value?.id === id;
  const show = () => action.run(async () => putDisplays(await displayApi.show(id)));
  return (
    <li class={`display-row display-row-${state}`}>
      <div class="display-row-text">
        <p class="display-row-name">
          <Name>{name}</Name>
        </p>
        <p class="display-row-sub">{whoseWords(item)} · {when(at)}</p>
        <p class="display-row-sub">
          {words.states[state === "withheld" && !available ? "never" : state]}
          {reason !== null && <bdi>: {withNames(reason.message)}</bdi>}
        </p>
        <FormError message={action.error.value} />
      </div>
      {state === "showing"
        ? (
          <button
            type="button"
            class="button button-small"
            aria-pressed={isSeen}
            disabled={isSeen}
            onClick={() => choose(id)}
          >
            {isSeen ? words.seen : words.see}
            <span class="visually-hidden">{name}</span>
          </button>
        )
        : available && (
          <button
            type="button"
            class="button button-small"
            disabled={action.busy.value}
            onClick={show}
          >
            {words.show} <span class="visually-hidden">{name}</span>
          </button>
        )}
    </li>
  );
}
