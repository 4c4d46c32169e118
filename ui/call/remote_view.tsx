import type { CallView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Name } from "../parts/jid.tsx";
import { now } from "../parts/time.ts";
import { type HeardCall, pictureAge } from "../store/calls.ts";
import { text } from "../text/mod.ts";
import { Picture } from "./picture.tsx";

/** A picture older than this is said to be stalled. */
export const STALLED_MS = 2000;

/** The other side, large; before pictures come, who it is and what is waited for. */
export function RemoteView({ heard }: { heard: HeardCall }) {
  const call = heard.view;
  const name = call.name || call.contact;
  if (call.state !== "active") return <Waiting call={call} name={name} />;
  const age = pictureAge(heard, now.value);
  const stalled = age !== null && age >= STALLED_MS;
  return (
    <div class={`remote ${stalled ? "remote-stalled" : ""}`}>
      <Picture call={call.id} side="remote" alt={text.call.remote(name)} class="remote-picture" />
      <div class="overlay" role="status">
        {age === null && <p class="overlay-word">{text.call.waitingPicture}</p>}
        {stalled && <p class="overlay-word">{text.call.stalled}</p>}
      </div>
      {stalled && (
        <p class="overlay-note" aria-hidden="true">
          {text.call.stalledFor(Math.floor(age / 1000))}
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
