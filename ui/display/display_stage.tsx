/** The stage in the dashboard: what is shown, large, and beside it what was and who may. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { displayApi } from "../api/display_routes.ts";
import type { DisplayItemView } from "../api/views.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Name } from "../parts/jid.tsx";
import { nameOfJid } from "../store/contacts.ts";
import { closeStage, current, nameOfPlace, putDisplays } from "../store/displays.ts";
import { report } from "../store/notices.ts";
import { rooms } from "../store/rooms.ts";
import { setKiosk } from "../store/route.ts";
import { text } from "../text/mod.ts";
import { DisplayFrame } from "./display_frame.tsx";
import { FullscreenButton } from "./fullscreen.tsx";
import { HistoryPanel } from "./history_panel.tsx";

export function DisplayStage() {
  const stage = useRef<HTMLElement>(null);
  const panel = useSignal(false);
  const item = current.value;
  const words = text.display;
  useEffect(() => stage.current?.focus(), []);
  return (
    <section
      ref={stage}
      class={`display ${panel.value || item === undefined ? "display-with-panel" : ""}`}
      aria-label={item === undefined ? words.title : words.stage(item.name)}
      tabIndex={-1}
    >
      <div class="display-main">
        <header class="display-head">
          <Tool icon="back" label={words.back} onClick={closeStage} />
          <div class="display-title">
            <h2>
              <Name>{item?.name ?? words.title}</Name>
            </h2>
            {item !== undefined && <p>{whoseWords(item)}</p>}
          </div>
          {item !== undefined && <Deeds item={item} />}
          <FullscreenButton stage={stage} />
          <Tool icon="screen" label={words.kiosk} onClick={() => setKiosk(true)} />
          <Tool
            icon="clock"
            label={panel.value ? words.hideHistory : words.showHistory}
            pressed={panel.value}
            onClick={() => panel.value = !panel.value}
          />
        </header>
        {item === undefined
          ? (
            <div class="display-empty">
              <Icon name="screen" size="l" />
              <p class="empty-title">{words.empty}</p>
              <p class="hint">{words.emptyLead}</p>
            </div>
          )
          : <DisplayFrame key={item.id} item={item} />}
      </div>
      {(panel.value || item === undefined) && <HistoryPanel />}
      {/* What opens by itself is said, too. */}
      <p class="visually-hidden" role="status">
        {item === undefined ? "" : shownWords(item)}
      </p>
    </section>
  );
}

function Deeds({ item }: { item: DisplayItemView }) {
  const words = text.display;
  const { id, place, mine } = item;
  return (
    <>
      {mine && place !== null && (
        <Tool
          icon="block"
          label={words.clear}
          onClick={() => displayApi.clear(place).then(putDisplays, report)}
        />
      )}
      <Tool
        icon="close"
        label={words.dismiss}
        onClick={() => displayApi.close(id).then(putDisplays, report)}
      />
    </>
  );
}

function Tool(
  { icon, label, pressed, onClick }: {
    icon: IconName;
    label: string;
    pressed?: boolean;
    onClick(): unknown;
  },
) {
  return (
    <button
      type="button"
      class="button-icon"
      title={label}
      aria-label={label}
      aria-expanded={pressed}
      onClick={() => void onClick()}
    >
      <Icon name={icon} />
    </button>
  );
}

/** That a file is shown, as a sentence. */
export function shownWords({ name, mine, from }: DisplayItemView): string {
  return mine ? text.display.shownByMe(name) : text.display.shownTo(name, nameOfJid(from));
}

/** Who shows a file, and where. */
export function whoseWords(item: DisplayItemView): string {
  const { place, mine, from } = item;
  const where = nameOfPlace(item);
  if (mine) {
    const mine = text.display.byMe(where, place !== null && rooms.value.has(place));
    const who = item.openedFor.map(nameOfJid).join(", ");
    return who === "" ? mine : `${mine} · ${text.display.openedFor(who)}`;
  }
  return text.display.by(nameOfJid(from), where);
}
