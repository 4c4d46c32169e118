/** The stage alone, for a wall or a tablet in the field: nothing else is seen, nothing rings. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { Name } from "../parts/jid.tsx";
import { current } from "../store/displays.ts";
import { setKiosk } from "../store/route.ts";
import { connection } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { DisplayFrame } from "./display_frame.tsx";
import { shownWords, whoseWords } from "./display_stage.tsx";
import { FullscreenButton } from "./fullscreen.tsx";

/** How long name and buttons stay after something moved, in ms. */
const BAR_MS = 4_000;

export function Kiosk() {
  const wall = useRef<HTMLElement>(null);
  const bar = useSignal(true);
  const item = current.value;
  const words = text.display;

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const wake = () => {
      bar.value = true;
      clearTimeout(timer);
      timer = setTimeout(() => bar.value = false, BAR_MS);
    };
    wake();
    const signs = ["pointermove", "pointerdown", "keydown", "focusin"] as const;
    for (const sign of signs) addEventListener(sign, wake);
    return () => {
      clearTimeout(timer);
      for (const sign of signs) removeEventListener(sign, wake);
    };
  }, [item?.id]);

  return (
    <main ref={wall} class={`kiosk ${bar.value ? "" : "kiosk-still"}`}>
      {item === undefined
        ? (
          <div class="display-empty">
            <Icon name="screen" size="l" />
            <h1 class="empty-title">{words.empty}</h1>
          </div>
        )
        : <DisplayFrame key={item.id} item={item} dark />}
      <header class="kiosk-bar">
        {item !== undefined && (
          <div class="display-title">
            <h1>
              <Name>{item.name}</Name>
            </h1>
            <p>{whoseWords(item)}</p>
          </div>
        )}
        <FullscreenButton stage={wall} />
        <button
          type="button"
          class="button-icon"
          title={words.leaveKiosk}
          aria-label={words.leaveKiosk}
          onClick={() => setKiosk(false)}
        >
          <Icon name="close" />
        </button>
      </header>
      {connection.value === "lost" && <p class="kiosk-lost" role="status">{text.connection.lost}
      </p>}
      <p class="visually-hidden" role="status">
        {item === undefined ? words.empty : shownWords(item)}
      </p>
    </main>
  );
}
