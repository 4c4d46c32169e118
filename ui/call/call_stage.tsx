/** The call, large: Remote, Local, what stands between, and the controls. */
import { useEffect, useRef } from "preact/hooks";
import type { CallView } from "../api/views.ts";
import { Icon } from "../parts/icon.tsx";
import { Name } from "../parts/jid.tsx";
import { duration, now, tick } from "../parts/time.ts";
import { TrustBadge } from "../parts/trust_badge.tsx";
import { toChat } from "../store/call_actions.ts";
import { type HeardCall, infoOpen } from "../store/calls.ts";
import { contacts } from "../store/contacts.ts";
import { text } from "../text/mod.ts";
import { CallControls } from "./call_controls.tsx";
import { EndedCall } from "./ended_call.tsx";
import { InfoPanel } from "./info_panel.tsx";
import { LocalView } from "./local_view.tsx";
import { RemoteView } from "./remote_view.tsx";

export function CallStage({ heard }: { heard: HeardCall }) {
  const call = heard.view;
  const stage = useRef<HTMLElement>(null);
  const name = call.name || call.contact;
  useEffect(tick, []);
  // Keys belong to the call from now on, not to the text field that was here.
  useEffect(() => stage.current?.focus(), []);

  return (
    <section
      ref={stage}
      id="stage"
      class={`stage ${infoOpen.value ? "stage-with-info" : ""}`}
      aria-label={text.call.stage(name)}
      tabIndex={-1}
    >
      <div class="stage-main">
        <StageHead call={call} name={name} />
        {call.state === "ended" ? <EndedCall call={call} /> : (
          <>
            <RemoteView heard={heard} />
            <LocalView call={call} />
            <CallControls call={call} stage={stage} />
          </>
        )}
      </div>
      {infoOpen.value && <InfoPanel call={call} />}
    </section>
  );
}

function StageHead({ call, name }: { call: CallView; name: string }) {
  const contact = contacts.value.get(call.contact);
  const { path } = call.info ?? { path: null };
  return (
    <header class="stage-head">
      <button
        type="button"
        class="button-icon"
        aria-label={text.call.toChat}
        title={text.call.toChat}
        onClick={toChat}
      >
        <Icon name="back" />
      </button>
      <h2>
        <Name>{name}</Name>
      </h2>
      {contact !== undefined && <TrustBadge trust={contact.trust} look="chip" />}
      <span class="stage-state">
        <span role="status">{text.call.states[call.state]}</span>
        {call.state === "active" && call.activeAt !== null && (
          <span class="stage-time" aria-hidden="true">{duration(now.value - call.activeAt)}</span>
        )}
      </span>
      {path !== null && call.state === "active" && (
        <span class="stage-path">
          {pathKind(path.kind)}
          {path.rttMs !== null && ` · ${text.info.ms(path.rttMs)}`}
        </span>
      )}
    </header>
  );
}

/** A path's kind in words, where we have words for it. */
export function pathKind(kind: string): string {
  return (text.info.kinds as Readonly<Record<string, string>>)[kind] ?? kind;
}
