/** From whom files open by themselves, of which kinds, how large: of all, or of one group or contact. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { displayApi } from "../api/display_routes.ts";
import type { DisplayKind, DisplayPolicyView, DisplaysView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { contacts, nameOf } from "../store/contacts.ts";
import { putDisplays } from "../store/displays.ts";
import { groups } from "../store/groups.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";

type From = DisplayPolicyView["from"];

const KINDS: readonly DisplayKind[] = ["picture", "pdf", "text", "audio", "video"];
const WHO: readonly From[] = ["nobody", "verified", "displayers", "all"];
/** A contact is one person, whom no group lets do anything. */
const WHETHER: readonly Exclude<From, "displayers">[] = ["nobody", "verified", "all"];
const SIZES = [1_000_000, 10_000_000, 50_000_000, 200_000_000, 1_000_000_000, 4_000_000_000];

export function DisplayPolicyForm({ view }: { view: DisplaysView }) {
  const words = text.display.policy;
  const action = useAction();
  const chosen = useSignal<string | null>(null);
  const place = isThere(chosen.value) ? chosen.value : null;
  const own = place === null ? view.policy : view.places[place];
  const policy = own ?? view.policy;
  const put = (wanted: DisplayPolicyView | null) =>
    action.run(async () => putDisplays(await displayApi.setPolicy(place, wanted)));
  const isContact = place !== null && contacts.value.has(place);
  const choices: [From, string][] = isContact
    ? WHETHER.map((from) => [from, words.whether[from]])
    : WHO.map((from) => [from, words.from[from]]);
  return (
    <form class="display-policy" onSubmit={(event) => event.preventDefault()}>
      <PlaceField place={place} onChoose={(to) => chosen.value = to} places={view.places} />
      <fieldset class="choices">
        <legend class={isContact ? undefined : "visually-hidden"}>
          {isContact ? words.titleOne : words.title}
        </legend>
        <p class="hint">{isContact ? words.leadOne : words.lead}</p>
        {place !== null && (
          <Choice
            label={words.usual}
            checked={own === undefined}
            onChoose={() => put(null)}
          />
        )}
        {choices.map(([from, label]) => (
          <Choice
            key={from}
            label={label}
            checked={own?.from === from}
            onChoose={() => put({ ...policy, from })}
          />
        ))}
      </fieldset>
      {own !== undefined && <Bounds policy={own} put={put} />}
      {view.command !== null && <p class="hint">{words.command(view.command)}</p>}
      <FormError message={action.error.value} />
    </form>
  );
}

/** Whether a group or contact is still known. */
function isThere(place: string | null): boolean {
  return place !== null && (contacts.value.has(place) || groups.value.has(place));
}

/** Whose policy is seen: everybody's, or that of one group or contact. */
function PlaceField(
  { place, places, onChoose }: {
    place: string | null;
    places: DisplaysView["places"];
    onChoose(place: string | null): void;
  },
) {
  const words = text.display.policy;
  const id = useId();
  const sections: [string, [jid: string, name: string][]][] = [
    [words.groups, [...groups.value.values()].map((group) => [group.jid, nameOfRoom(group)])],
    [words.contacts, [...contacts.value.values()].map((one) => [one.jid, nameOf(one)])],
  ];
  return (
    <div class="display-place">
      <label for={id}>{words.place}</label>
      <select
        id={id}
        class="input"
        value={place ?? ""}
        onChange={({ currentTarget }) => onChoose(currentTarget.value || null)}
      >
        <option value="">{words.everywhere}</option>
        {sections.filter(([, of]) => of.length > 0).map(([label, of]) => (
          <optgroup key={label} label={label}>
            {of.toSorted(([, a], [, b]) =>
              a.localeCompare(b)
            ).map(([jid, name]) => (
              <option key={jid} value={jid}>{places[jid] ? words.ofItsOwn(name) : name}</option>
            ))}
          </optgroup>
        ))}
      </select>
    </div>
  );
}

function Choice(
  { label, checked, onChoose }: { label: string; checked: boolean; onChoose(): unknown },
) {
  return (
    <label class="display-choice">
      <input type="radio" name="display-from" checked={checked} onChange={() => void onChoose()} />
      <span>{label}</span>
    </label>
  );
}

function Bounds(
  { policy, put }: { policy: DisplayPolicyView; put(wanted: DisplayPolicyView): unknown },
) {
  const words = text.display.policy;
  const { kinds, maxBytes } = policy;
  const sizes = [...new Set([...SIZES, maxBytes])].sort((a, b) => a - b);
  return (
    <>
      <fieldset class="choices">
        <legend>{words.kinds}</legend>
        {KINDS.map((kind) => (
          <label key={kind} class="display-choice">
            <input
              type="checkbox"
              checked={kinds.includes(kind)}
              onChange={() =>
                void put({
                  ...policy,
                  kinds: KINDS.filter((one) => (one === kind) !== kinds.includes(one)),
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
          value={String(maxBytes)}
          onChange={({ currentTarget }) =>
            void put({ ...policy, maxBytes: Number(currentTarget.value) })}
        >
          {sizes.map((size) => <option key={size} value={size}>{words.sizes(size)}</option>)}
        </select>
      </label>
    </>
  );
}
