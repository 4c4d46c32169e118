/** Asks before files leave: which they are, whether they shall open by themselves, and who may have them. */
import { useSignal } from "@preact/signals";
import type { GroupView } from "../api/views.ts";
import type { SendOptions } from "../api/file_routes.ts";
import { Dialog } from "../parts/dialog.tsx";
import { closeDialog } from "../store/dialogs.ts";
import { nameOfJid } from "../store/contacts.ts";
import { sendFiles } from "../store/files.ts";
import { groups, peopleOf } from "../store/groups.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";
import { sizeOf } from "./sizes.ts";

/** Names that are listed one by one. */
const LISTED = 8;

export function SendFilesDialog({ place, chosen }: { place: string; chosen: readonly File[] }) {
  const words = text.files;
  const group = groups.value.get(place);
  const display = useSignal(false);
  const onRequest = useSignal(false);
  const people = useSignal<ReadonlySet<string> | null>(null);
  const name = group === undefined ? nameOfJid(place) : nameOfRoom(group);
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  const nobody = people.value?.size === 0;
  const go = () => {
    const options: SendOptions = {
      display: display.value,
      ...(people.value === null ? {} : { people: [...people.value] }),
      ...(onRequest.value ? { keyOnRequest: true } : {}),
    };
    closeDialog();
    void sendFiles(place, chosen, options);
  };
  return (
    <Dialog title={words.sendTitle(chosen.length, name)} onClose={closeDialog} size="s">
      <ul class="file-list">
        {chosen.slice(0, LISTED).map((file, at) => (
          <li key={at}>
            <bdi>{file.name}</bdi> <span class="hint">{sizeOf(file.size)}</span>
          </li>
        ))}
        {chosen.length > LISTED && <li class="hint">{words.more(chosen.length - LISTED)}</li>}
      </ul>
      {chosen.length > 1 && <p class="hint">{words.total(sizeOf(total))}</p>}
      <Check label={words.display} hint={words.displayHint} checked={display} />
      {group !== undefined && <Recipients group={group} people={people} onRequest={onRequest} />}
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={closeDialog}>{text.common.cancel}</button>
        <button type="button" class="button button-primary" disabled={nobody} onClick={go}>
          {words.send}
        </button>
      </footer>
    </Dialog>
  );
}

interface Switch {
  value: boolean;
}

function Check({ label, hint, checked }: { label: string; hint: string; checked: Switch }) {
  return (
    <label class="file-check">
      <input
        type="checkbox"
        checked={checked.value}
        onChange={({ currentTarget }) => checked.value = currentTarget.checked}
      />
      <span>
        {label}
        <span class="hint">{hint}</span>
      </span>
    </label>
  );
}

/** Everybody in the group, or a chosen few. */
function Recipients(
  { group, people, onRequest }: {
    group: GroupView;
    people: { value: ReadonlySet<string> | null };
    onRequest: Switch;
  },
) {
  const words = text.files;
  const others = peopleOf(group).filter(({ self, trust }) => !self && trust !== "own");
  const chosen = people.value;
  const toggle = (jid: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(jid);
    else next.delete(jid);
    people.value = next;
  };
  return (
    <fieldset class="file-recipients">
      <legend>{words.who}</legend>
      <label class="file-check">
        <input
          type="radio"
          name="who"
          checked={chosen === null}
          onChange={() => people.value = null}
        />
        <span>{words.everybody}</span>
      </label>
      <label class="file-check">
        <input
          type="radio"
          name="who"
          checked={chosen !== null}
          onChange={() => people.value = new Set()}
        />
        <span>{words.few}</span>
      </label>
      {chosen !== null &&
        others.map(({ jid, name }) => (
          <label key={jid} class="file-check file-recipient">
            <input
              type="checkbox"
              checked={chosen.has(jid)}
              onChange={({ currentTarget }) => toggle(jid, currentTarget.checked)}
            />
            <bdi>{name}</bdi>
          </label>
        ))}
      {chosen === null && (
        <Check label={words.onRequest} hint={words.onRequestHint} checked={onRequest} />
      )}
    </fieldset>
  );
}
