import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { CallView } from "../api/views.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { hangUp, keepPicture, toChat, toggleCamera, toggleInfo } from "../store/call_actions.ts";
import { infoOpen } from "../store/calls.ts";
import { openDialog } from "../store/dialogs.ts";
import { notify } from "../store/notices.ts";
import { text } from "../text/mod.ts";

interface ControlProps {
  icon: IconName;
  label: string;
  shortcut: string;
  pressed?: boolean;
  onClick(): void;
}

function Control({ icon, label, shortcut, pressed, onClick }: ControlProps) {
  return (
    <button
      type="button"
      class="control"
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={shortcut}
      title={`${label} (${shortcut})`}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Puts the stage in full screen, or takes it out. */
export function toggleFullscreen(stage: HTMLElement): void {
  const done = document.fullscreenElement === null
    ? stage.requestFullscreen()
    : document.exitFullscreen();
  done.catch(() => notify("error", text.errors.fullscreen));
}

export function CallControls(
  { call, stage }: { call: CallView; stage: RefObject<HTMLElement | null> },
) {
  const full = useFullscreen();
  const cameraOff = call.options.camera === "off";
  const words = text.call;
  return (
    <footer class="controls">
      <Control
        icon={cameraOff ? "video-off" : "video"}
        label={cameraOff ? words.cameraOn : words.cameraOff}
        shortcut="v"
        onClick={() => toggleCamera(call)}
      />
      <Control
        icon="sliders"
        label={words.options}
        shortcut="o"
        onClick={() => openDialog({ kind: "options", call: call.id })}
      />
      <Control
        icon="info"
        label={words.info}
        shortcut="i"
        pressed={infoOpen.value}
        onClick={toggleInfo}
      />
      <button
        type="button"
        class="control control-stop"
        aria-keyshortcuts="x"
        title={`${words.stop} (x)`}
        onClick={() => hangUp(call.id)}
      >
        <Icon name="hangup" />
        <span>{words.stop}</span>
      </button>
      <Control icon="chat" label={words.toChat} shortcut="c" onClick={toChat} />
      <Control icon="photo" label={words.snapshot} shortcut="s" onClick={() => keepPicture(call)} />
      <Control
        icon={full ? "shrink" : "expand"}
        label={full ? words.leaveFullscreen : words.fullscreen}
        shortcut="f"
        onClick={() => toggleFullscreen(stage.current!)}
      />
    </footer>
  );
}

function useFullscreen(): boolean {
  const full = useSignal(document.fullscreenElement !== null);
  useEffect(() => {
    const look = () => full.value = document.fullscreenElement !== null;
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  return full.value;
}
