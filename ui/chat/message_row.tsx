import type { MessageView } from "../api/views.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { clock } from "../parts/time.ts";
import { contacts, withNames } from "../store/contacts.ts";
import { correctable, editing } from "../store/editing.ts";
import { resent, sendAgain } from "../store/messages.ts";
import { text } from "../text/mod.ts";

const DELIVERY: Record<NonNullable<MessageView["delivery"]>, IconName> = {
  pending: "clock",
  sent: "check",
  delivered: "check-double",
  failed: "alert",
};

const LINES: Record<Exclude<MessageView["kind"], "chat">, IconName> = {
  "missed-call": "hangup",
  call: "video",
  security: "shield-alert",
  notice: "info",
};

/** One message, or one line such as a missed call. */
export function MessageRow({ message, joined }: { message: MessageView; joined: boolean }) {
  const sentAt = <time dateTime={new Date(message.at).toISOString()}>{clock(message.at)}</time>;
  if (message.kind !== "chat") {
    return (
      <div class={`line line-${message.kind}`}>
        <Icon name={LINES[message.kind]} size="s" />
        <p dir="auto">{withNames(message.body)}</p>
        {sentAt}
      </div>
    );
  }
  const side = message.mine ? "mine" : "theirs";
  const editable = correctable(message.contact)?.id === message.id;
  return (
    <article class={`message message-${side} ${joined ? "message-joined" : ""}`}>
      <div class="bubble-frame">
        {editable && <EditButton message={message} />}
        <div class={`bubble ${message.delivery === "failed" ? "bubble-failed" : ""}`}>
          {message.mine && <span class="visually-hidden">{text.chat.mine}:</span>}
          <p class="bubble-text" dir="auto">{message.body}</p>
          <footer class="bubble-foot">
            {message.suite === "none" && <span class="in-clear">{text.plain.mark}</span>}
            {message.edited && <span>{text.chat.edited}</span>}
            {sentAt}
            {message.delivery !== null && (
              <span class={`delivery delivery-${message.delivery}`}>
                <Icon name={DELIVERY[message.delivery]} size="s" />
                <span class="visually-hidden">{text.chat.delivery[message.delivery]}</span>
              </span>
            )}
          </footer>
        </div>
      </div>
      {message.delivery === "failed" && <Failure message={message} />}
    </article>
  );
}

function EditButton({ message }: { message: MessageView }) {
  return (
    <button
      type="button"
      class="button-icon edit-button"
      aria-label={text.chat.edit}
      title={text.chat.edit}
      onClick={() => editing.value = message}
    >
      <Icon name="pencil" size="s" />
    </button>
  );
}

function Failure({ message }: { message: MessageView }) {
  // What was to be sealed would leave in clear now: that is not done unsaid.
  const plain = message.suite !== "none" && contacts.value.get(message.contact)?.plain === true;
  return (
    <div class="failure">
      <p>{reason(message)}</p>
      {resent.value.has(message.id) ? <p>{text.chat.wasSentAgain}</p> : (
        <button
          type="button"
          class="button button-small"
          onClick={() => sendAgain(message)}
        >
          <Icon name="retry" size="s" />
          {plain ? text.plain.again : text.chat.again}
        </button>
      )}
    </div>
  );
}

/** Why it failed. What the banner above says of the keys is not said again at each message. */
function reason({ problem }: MessageView): string {
  if (problem?.code === "keys-changed") return text.chat.unsure;
  return problem === null ? text.chat.delivery.failed : withNames(problem.message);
}
