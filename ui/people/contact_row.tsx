import type { ContactView } from "../api/views.ts";
import { Avatar } from "../parts/avatar.tsx";
import { deedOf } from "../parts/deed.ts";
import { Icon } from "../parts/icon.tsx";
import { Name } from "../parts/jid.tsx";
import { shortTime } from "../parts/time.ts";
import { TrustBadge } from "../parts/trust_badge.tsx";
import { isLive, putAside, staged } from "../store/calls.ts";
import { nameOf, presenceOf, withNames } from "../store/contacts.ts";
import { openChat, selected } from "../store/route.ts";
import { text } from "../text/mod.ts";

/** One conversation in the list. */
export function ContactRow({ contact }: { contact: ContactView }) {
  const name = nameOf(contact);
  const current = selected.value === contact.jid;
  return (
    <li>
      <button
        type="button"
        class={`person ${contact.blocked ? "person-blocked" : ""}`}
        aria-current={current ? "true" : undefined}
        onClick={() => openChat(contact.jid)}
      >
        <Avatar jid={contact.jid} name={name} presence={presenceOf(contact)} />
        <span class="person-main">
          <span class="person-top">
            <span class="person-name">
              <Name>{name}</Name>
            </span>
            <TrustBadge trust={contact.trust} plain={contact.plain} />
            {contact.last !== null && (
              <time class="person-time" dateTime={new Date(contact.last.at).toISOString()}>
                {shortTime(contact.last.at)}
              </time>
            )}
          </span>
          <span class="person-bottom">
            <Preview contact={contact} />
            {contact.unread > 0 && (
              <span class="unread">
                <span aria-hidden="true">{contact.unread > 99 ? "99+" : contact.unread}</span>
                <span class="visually-hidden">{text.people.unread(contact.unread)}</span>
              </span>
            )}
          </span>
        </span>
      </button>
    </li>
  );
}

function Preview({ contact }: { contact: ContactView }) {
  const call = staged.value?.view;
  if (call?.contact === contact.jid && isLive(call)) {
    return (
      <span class="preview preview-call">
        <Icon name="video" size="s" />
        {text.people.inCall}
      </span>
    );
  }
  if (putAside.value.some((waiting) => waiting.contact === contact.jid)) {
    return <span class="preview preview-call">{text.people.callWaiting}</span>;
  }
  if (contact.blocked) return <span class="preview">{text.people.blocked}</span>;
  if (contact.typing) return <span class="preview preview-typing">{text.people.typing}</span>;
  if (contact.problem !== null && contact.last === null) {
    return <span class="preview">{withNames(contact.problem.message)}</span>;
  }
  if (contact.subscription === "asking" && contact.last === null) {
    return <span class="preview">{text.people.asking}</span>;
  }
  if (contact.last === null) {
    return <span class="preview" dir="auto">{contact.status || text.people.neverTalked}</span>;
  }
  const { mine, body } = contact.last;
  const deed = deedOf(body);
  return (
    <span class="preview">
      {mine && text.people.you}
      {deed !== undefined && !mine && (
        <>
          * <bdi>{nameOf(contact)}</bdi>
          {" "}
        </>
      )}
      <bdi>{deed ?? body}</bdi>
    </span>
  );
}
