/** What the account's server keeps of its messages (XEP-0441): asked when settings are opened. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../api/routes.ts";
import type { ArchiveView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Field, FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { text } from "../text/mod.ts";

const DEFAULTS = ["always", "roster", "never"] as const;
const LISTS = ["always", "never"] as const;

export function ArchiveSettings() {
  const words = text.archive;
  const kept = useSignal<ArchiveView | null>(null);
  const action = useAction();
  useEffect(() => void action.run(async () => kept.value = await api.archive()), []);
  const change = (next: ArchiveView) =>
    action.run(async () => kept.value = await api.setArchive(next));
  const now = kept.value;
  return (
    <>
      <p class="hint">{words.lead}</p>
      {now === null && action.busy.value && <p class="hint" role="status">{words.asking}</p>}
      {now !== null && (
        <>
          <div class="segments" role="radiogroup" aria-label={words.title}>
            {DEFAULTS.map((one) => (
              <label key={one} class="segment">
                <input
                  type="radio"
                  name="archive"
                  checked={now.default === one}
                  disabled={action.busy.value}
                  onChange={() => void change({ ...now, default: one })}
                />
                <span>{words.defaults[one]}</span>
              </label>
            ))}
          </div>
          <Exceptions kept={now} change={change} busy={action.busy.value} />
        </>
      )}
      <FormError message={action.error.value} />
    </>
  );
}

interface ExceptionsProps {
  kept: ArchiveView;
  change: (next: ArchiveView) => Promise<boolean>;
  busy: boolean;
}

/** Addresses with a choice of their own. */
function Exceptions({ kept, change, busy }: ExceptionsProps) {
  const words = text.archive;
  const jid = useSignal("");
  const without = (one: string): ArchiveView => ({
    ...kept,
    always: kept.always.filter((each) => each !== one),
    never: kept.never.filter((each) => each !== one),
  });
  const add = async (list: (typeof LISTS)[number]) => {
    const one = jid.value.trim();
    if (one === "") return;
    const rest = without(one);
    if (await change({ ...rest, [list]: [...rest[list], one] })) jid.value = "";
  };
  return (
    <>
      <ul class="archive-list" aria-label={words.exceptions}>
        {LISTS.flatMap((list) =>
          kept[list].map((one) => (
            <li key={one} class="setting">
              <span>
                <bdi>{one}</bdi>: {words.lists[list]}
              </span>
              <button
                type="button"
                class="button-icon"
                aria-label={words.remove(one)}
                title={words.remove(one)}
                disabled={busy}
                onClick={() => void change(without(one))}
              >
                <Icon name="close" size="s" />
              </button>
            </li>
          ))
        )}
      </ul>
      <Field label={words.address} value={jid} literal />
      <div class="settings-row">
        {LISTS.map((list) => (
          <button
            key={list}
            type="button"
            class="button button-small"
            disabled={busy || jid.value.trim() === ""}
            onClick={() => void add(list)}
          >
            {words.add[list]}
          </button>
        ))}
      </div>
    </>
  );
}
