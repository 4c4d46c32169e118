/** The stage on the whole screen, and back. */
import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { notify } from "../store/notices.ts";
import { text } from "../text/mod.ts";

export function FullscreenButton({ stage }: { stage: RefObject<HTMLElement | null> }) {
  const full = useSignal(document.fullscreenElement !== null);
  useEffect(() => {
    const look = () => full.value = document.fullscreenElement !== null;
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  const label = full.value ? text.display.leaveFullscreen : text.display.fullscreen;
  const toggle = () => {
    const done = full.value ? document.exitFullscreen() : stage.current!.requestFullscreen();
    done.catch(() => notify("error", text.errors.fullscreen));
  };
  return (
    <button type="button" class="button-icon" title={label} aria-label={label} onClick={toggle}>
      <Icon name={full.value ? "shrink" : "expand"} />
    </button>
  );
}
