import { useEffect } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { Name } from "../parts/jid.tsx";
import { duration, now, tick } from "../parts/time.ts";
import { hangUp, toStage } from "../store/call_actions.ts";
import type { HeardCall } from "../store/calls.ts";
import { text } from "../text/mod.ts";
import { Picture } from "./picture.tsx";
import { remoteState, remoteWord } from "./remote_state.ts";

/** The call while one chats: small, above everything else. */
export function MiniCall({ heard }: { heard: HeardCall }) {
  const call = heard.view;
  const name = call.name || call.contact;
  useEffect(tick, []);
  const state = remoteState(heard, now.value);
  const word = call.state === "active" ? remoteWord(state, name) : null;
  return (
    <aside class="mini" aria-label={text.call.mini}>
      <button type="button" class="mini-picture" aria-label={text.call.toStage} onClick={toStage}>
        {call.state === "active" && (
          <Picture
            call={call.id}
            side="remote"
            alt={text.call.remote(name)}
            class={state === "off" || state === "no-signal" ? "picture-dark" : ""}
          />
        )}
        {word !== null && <span class="mini-word">{word}</span>}
        <span class="mini-open">
          <Icon name="expand" size="s" />
        </span>
      </button>
      <div class="mini-foot">
        <p>
          <Name>{name}</Name>
          <span class="mini-state">
            {call.state === "active" && call.activeAt !== null
              ? duration(now.value - call.activeAt)
              : text.call.states[call.state]}
          </span>
        </p>
        <button
          type="button"
          class="control control-stop control-small"
          aria-label={text.call.stop}
          title={text.call.stop}
          onClick={() => hangUp(call.id)}
        >
          <Icon name="hangup" size="s" />
        </button>
      </div>
    </aside>
  );
}
