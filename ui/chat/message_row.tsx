import type { MessageView } from "../api/views.ts";
import { FileCard } from "../files/file_card.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { contacts, nameOfJid, withNames } from "../store/contacts.ts";
import { correctable, editing } from "../store/editing.ts";
import { resent, sendAgain } from "../store/messages.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { Bubble, NoticeLine } from "./bubble.tsx";

const LINES: Record<Exclude<MessageView["kind"], "chat" | "file">, IconName> = {
  "missed-call": "hangup",
  call: "video",
  security: "shield-alert",
  notice: "info",
};

/** One message, or one line such as a missed call. */
export function MessageRow({ message, joined }: { message: MessageView; joined: boolean }) {
  const { kind, at, body } = message;
  if (kind === "file") return <FileRow message={message} joined={joined} />;
  if (kind !== "chat") {
    return <NoticeLine kind={kind} icon={LINES[kind]} at={at} body={withNames(body)} />;
  }
  const editable = correctable(message.contact)?.id === message.id;
  return (
    <Bubble
      message={message}
      who={nameOfSender(message)}
      joined={joined}
      beside={editable && <EditButton onClick={() => editing.value = message} />}
      marks={
        <>
          {message.suite === "none" && <span class="in-clear">{text.plain.mark}</span>}
          {message.edited && <span>{text.chat.edited}</span>}
        </>
      }
      deliveries={text.chat.delivery}
      failure={<Failure message={message} />}
    />
  );
}

function FileRow({ message, joined }: { message: MessageView; joined: boolean }) {
  const { id, contact, body, delivery } = message;
  const declined = delivery === "failed";
  return (
    <Bubble
      message={declined ? { ...message, delivery: null } : message}
      who={nameOfSender(message)}
      joined={joined}
      content={<FileCard id={id} place={contact} name={body} declined={declined} />}
      deliveries={text.chat.delivery}
    />
  );
}

function nameOfSender({ mine, contact }: MessageView): string {
  return mine ? status.value?.account?.nick ?? text.chat.mine : nameOfJid(contact);
}

/** Begins the correction of a message. */
export function EditButton({ onClick }: { onClick: () => void }) {
  return (
    <button
      type="button"
      class="button-icon edit-button"
      aria-label={text.chat.edit}
      title={text.chat.edit}
      onClick={onClick}
    >
      <Icon name="pencil" size="s" />
    </button>
  );
}

function Failure({ message }: { message: MessageView }) {
  // What was to be sealed would leave in clear now: that is not done unsaid.
  const plain = message.suite !== "none" && contacts.value.get(message.contact)?.plain === true;
  return (
    <>
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
    </>
  );
}

/** Why it failed. What the banner above says of the keys is not said again at each message. */
function reason({ problem }: MessageView): string {
  if (problem?.code === "keys-changed") return text.chat.unsure;
  return problem === null ? text.chat.delivery.failed : withNames(problem.message);
}
