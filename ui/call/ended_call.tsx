import type { CallView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { Name } from "../parts/jid.tsx";
import { duration } from "../parts/time.ts";
import { startCall } from "../store/call_actions.ts";
import { leaveStage } from "../store/calls.ts";
import { text } from "../text/mod.ts";

/** What is left of a call: why it ended, how long it was, and the way to another. */
export function EndedCall({ call }: { call: CallView }) {
  const name = call.name || call.contact;
  const words = text.call;
  const sentence = call.detail ?? (call.reason === null ? null : words.reasons[call.reason]);
  const lasted = call.activeAt !== null && call.endedAt !== null
    ? words.lasted(duration(call.endedAt - call.activeAt))
    : null;
  return (
    <div class="remote remote-waiting ended">
      <Avatar jid={call.contact} name={name} size="l" />
      <p class="waiting-name">
        <Name>{name}</Name>
      </p>
      <div role="status">
        <p class="waiting-state">{words.states.ended}</p>
        {sentence !== null && <p class="waiting-hint" dir="auto">{sentence}</p>}
      </div>
      {lasted !== null && <p class="waiting-hint">{lasted}</p>}
      <div class="ended-answers">
        <button
          type="button"
          class="button button-accept"
          onClick={() => startCall(call.contact)}
        >
          <Icon name="video" size="s" />
          {words.again}
        </button>
        <button type="button" class="button" onClick={leaveStage}>{words.close}</button>
      </div>
    </div>
  );
}
