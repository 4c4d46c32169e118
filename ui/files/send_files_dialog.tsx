/** Asks before files leave: which they are, whether they shall open by themselves, and who may have them. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fileApi, type SendOptions } from "../api/file_routes.ts";
import type { FileWay, FileWayView } from "../api/views.ts";
import { Dialog } from "../parts/dialog.tsx";
import { closeDialog } from "../store/dialogs.ts";
import { nameOfJid } from "../store/contacts.ts";
import { sendFiles } from "../store/files.ts";
import { groups } from "../store/groups.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";
import { Check } from "./check.tsx";
import { EVERYBODY, Recipients, type WhoMayOpen } from "./recipients.tsx";
import { sizeOf } from "./sizes.ts";
import { WayChoice } from "./way_choice.tsx";

/** Names that are listed one by one. */
const LISTED = 8;

export function SendFilesDialog({ place, chosen }: { place: string; chosen: readonly File[] }) {
  const words = text.files;
  const group = groups.value.get(place);
  const display = useSignal(false);
  const way = useSignal<FileWay | null>(null);
  const who = useSignal<WhoMayOpen>(EVERYBODY);
  const name = group === undefined ? nameOfJid(place) : nameOfRoom(group);
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  const { people, roles, onRequest } = who.value;
  const ways = useSignal<readonly FileWayView[]>([]);
  useEffect(() => {
    // Without them the daemon refuses what is too large, a moment later.
    void fileApi.ways(place).then((known) => ways.value = known, () => {});
  }, [place]);
  const most = mostOf(ways.value, way.value);
  const tooLarge = chosen.find(({ size }) => size > most);
  const nobody = (people ?? roles)?.length === 0;
  const go = () => {
    const options: SendOptions = {
      display: display.value,
      ...(way.value === null ? {} : { ways: [way.value] }),
      ...(people === undefined ? {} : { people }),
      ...(roles === undefined ? {} : { roles }),
      ...(onRequest ? { keyOnRequest: true } : {}),
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
      <Check
        label={chosen.length > 1 ? words.displayMany : words.display}
        hint={chosen.length > 1 ? words.displayManyHint : words.displayHint}
        checked={display.value}
        onChange={(on) => display.value = on}
      />
      {group !== undefined && (
        <Recipients
          group={group}
          who={who.value}
          onChange={(next) => who.value = next}
        />
      )}
      <WayChoice
        inGroup={group !== undefined}
        way={way.value}
        onChange={(next) => way.value = next}
      />
      {tooLarge !== undefined && (
        <p class="form-error" role="alert">
          <bdi>{words.tooLarge(tooLarge.name, sizeOf(most))}</bdi>
        </p>
      )}
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={closeDialog}>{text.common.cancel}</button>
        <button
          type="button"
          class="button button-primary"
          disabled={nobody || tooLarge !== undefined}
          onClick={go}
        >
          {words.send}
        </button>
      </footer>
    </Dialog>
  );
}

/** Bytes a file may have to go there, by this way or any. */
function mostOf(ways: readonly FileWayView[], way: FileWay | null): number {
  const left = ways.filter(({ kind }) => way === null || kind === way);
  return left.length === 0 ? Infinity : Math.max(...left.map((one) => one.largest ?? Infinity));
}
