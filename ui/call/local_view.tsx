import type { CallView } from "../api/views.ts";
import { Icon } from "../parts/icon.tsx";
import { text } from "../text/mod.ts";
import { Picture } from "./picture.tsx";

/** One's own picture, small, and what is the matter with the camera when there is none. */
export function LocalView({ call }: { call: CallView }) {
  const { state, problem } = call.camera;
  const word = {
    starting: text.call.localStarting,
    live: null,
    "no-signal": text.call.localNone,
    off: text.call.localOff,
  }[state];
  return (
    <div class={`local local-${state}`}>
      {state !== "off" && <Picture call={call.id} side="local" alt={text.call.local} />}
      <div class="local-word" role="status">
        {word !== null && (
          <>
            <Icon name={state === "off" ? "video-off" : "video"} size="s" />
            <span>{word}</span>
          </>
        )}
        {problem !== null && <span class="local-problem" dir="auto">{problem.message}</span>}
      </div>
    </div>
  );
}
