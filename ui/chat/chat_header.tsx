import type { ContactView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { TrustBadge, trustWord } from "../parts/trust_badge.tsx";
import { startCall } from "../store/call_actions.ts";
import { busy } from "../store/calls.ts";
import { nameOf, presenceOf } from "../store/contacts.ts";
import { openDialog } from "../store/dialogs.ts";
import { closeChat } from "../store/route.ts";
import { sending } from "../store/sending.ts";
import { online } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** Why a call cannot be started now, or null when it can. */
function obstacle(contact: ContactView): string | null {
  if (busy.value) return text.call.busy;
  if (!online.value) return text.call.offline;
  if (contact.blocked) return text.call.blocked;
  if (contact.trust.state === "changed") return text.call.changed;
  if (sending(contact) === "unverified") return text.call.verifyFirst;
  if (contact.trust.state === "unknown") return text.call.noKeys;
  return null;
}

/** The state, and what the button is for. */
function trustLabel({ trust }: ContactView): string {
  const word = trustWord(trust);
  return trust.state === "verified" ? text.contact.compareAgain(word) : text.contact.toVerify(word);
}

export function ChatHeader({ contact }: { contact: ContactView }) {
  const name = nameOf(contact);
  const why = obstacle(contact);
  const verifiable = contact.trust.state !== "unknown";
  return (
    <header class="chat-head">
      <button
        type="button"
        class="button-icon chat-back"
        aria-label={text.chat.back}
        onClick={closeChat}
      >
        <Icon name="back" />
      </button>
      <button
        type="button"
        class="chat-who"
        title={text.contact.details}
        onClick={() => openDialog({ kind: "contact", jid: contact.jid })}
      >
        <Avatar jid={contact.jid} name={name} presence={presenceOf(contact)} />
        <span class="chat-who-text">
          <span class="chat-name">
            <Name>{name}</Name>
          </span>
          <span class="chat-sub">
            {contact.status === "" ? <Jid jid={contact.jid} /> : <bdi>{contact.status}</bdi>}
          </span>
        </span>
      </button>
      {verifiable
        ? (
          <button
            type="button"
            class="chat-trust"
            aria-label={trustLabel(contact)}
            onClick={() => openDialog({ kind: "verify", jid: contact.jid })}
          >
            <TrustBadge trust={contact.trust} look="chip" />
          </button>
        )
        : <TrustBadge trust={contact.trust} look="chip" plain={contact.plain} />}
      <div class="split">
        <button
          type="button"
          class="button button-primary"
          disabled={why !== null}
          title={why ?? text.call.startWith(name)}
          onClick={() => startCall(contact.jid)}
        >
          <Icon name="video" size="s" />
          <span class="split-word">{text.call.start}</span>
        </button>
        <button
          type="button"
          class="button button-primary split-more"
          aria-label={text.call.cameraChoice}
          title={text.call.cameraChoice}
          onClick={() => openDialog({ kind: "options", call: null })}
        >
          <Icon name="sliders" size="s" />
        </button>
      </div>
    </header>
  );
}
