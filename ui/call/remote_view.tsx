import type { CallView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Name } from "../parts/jid.tsx";
import { now } from "../parts/time.ts";
import { type HeardCall, pictureAge } from "../store/calls.ts";
import { text } from "../text/mod.ts";
import { Picture } from "./picture.tsx";
import { remoteState, remoteWord } from "./remote_state.ts";

/** The other side, large; before pictures come, who it is and what is waited for. */
export function RemoteView({ heard }: { heard: HeardCall }) {
  const call = heard.view;
  const name = call.name || call.contact;
  if (call.state !== "active") return <Waiting call={call} name={name} />;
  const state = remoteState(heard, now.value);
  const word = remoteWord(state, name);
  const dark = state === "off" || state === "no-signal";
  return (
    <div class={`remote remote-is-${state}`}>
      <Picture call={call.id} side="remote" alt={text.call.remote(name)} class="remote-picture" />
      <div class="overlay" role="status">
        {dark && <Avatar jid={call.contact} name={name} size="l" />}
        {word !== null && <p class="overlay-word">{word}</p>}
      </div>
      {state === "stalled" && (
        <p class="overlay-note" aria-hidden="true">
          {text.call.stalledFor(Math.floor((pictureAge(heard, now.value) ?? 0) / 1000))}
        </p>
      )}
    </div>
  );
}

function Waiting({ call, name }: { call: CallView; name: string }) {
  return (
    <div class="remote remote-waiting">
      <span class="pulse">
        <Avatar jid={call.contact} name={name} size="l" />
      </span>
      <p class="waiting-name">
        <Name>{name}</Name>
      </p>
      <p class="waiting-state">{text.call.states[call.state]}</p>
      {call.state === "connecting" && <p class="waiting-hint">{text.call.connectingLead}</p>}
    </div>
  );
}
