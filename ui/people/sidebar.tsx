/** The left side: who I am, search, requests, conversations. */
import { Icon } from "../parts/icon.tsx";
import { DisplayButton } from "../display/display_button.tsx";
import { GroupInvitations } from "../groups/group_invitation.tsx";
import { InvitationCards } from "../rooms/invitation_card.tsx";
import { RoomRow } from "../rooms/room_row.tsx";
import { contacts, requests, search } from "../store/contacts.ts";
import { openDialog } from "../store/dialogs.ts";
import { conversationList, rooms } from "../store/rooms.ts";
import { canInvite } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { AccountBar } from "./account_bar.tsx";
import { ContactRow } from "./contact_row.tsx";
import { NotifyAsk } from "./notify_ask.tsx";
import { RequestCard } from "./request_card.tsx";

export function Sidebar() {
  const words = text.people;
  return (
    <nav class="sidebar" aria-label={words.title}>
      <AccountBar />
      <div class="sidebar-tools">
        <label class="search">
          <Icon name="search" size="s" />
          <span class="visually-hidden">{words.search}</span>
          <input
            id="search"
            type="search"
            class="input"
            placeholder={words.search}
            value={search.value}
            autoComplete="off"
            onInput={(event) => search.value = event.currentTarget.value}
          />
        </label>
        <button
          type="button"
          class="button-icon"
          title={words.add}
          aria-label={words.add}
          onClick={() => openDialog({ kind: "add-contact" })}
        >
          <Icon name="user-plus" />
        </button>
        <button
          type="button"
          class="button-icon"
          title={text.rooms.add}
          aria-label={text.rooms.add}
          onClick={() => openDialog({ kind: "new-room" })}
        >
          <Icon name="group" />
        </button>
        <DisplayButton />
      </div>
      <div class="sidebar-scroll">
        {requests.value.length > 0 && (
          <section class="requests" aria-label={words.requests}>
            <h2>{words.requests}</h2>
            {requests.value.map((contact) => <RequestCard key={contact.jid} contact={contact} />)}
          </section>
        )}
        <GroupInvitations />
        <InvitationCards />
        <People />
      </div>
      <NotifyAsk />
      {canInvite.value && (
        <div class="sidebar-foot">
          <button
            type="button"
            class="button button-soft button-wide"
            onClick={() => openDialog({ kind: "invite" })}
          >
            <Icon name="link" size="s" />
            {words.invite}
          </button>
        </div>
      )}
    </nav>
  );
}

function People() {
  const words = text.people;
  if (conversationList.value.length > 0) {
    return (
      <ul class="people" aria-label={words.list}>
        {conversationList.value.map((one) =>
          one.kind === "contact"
            ? <ContactRow key={one.contact.jid} contact={one.contact} />
            : <RoomRow key={one.room.jid} room={one.room} />
        )}
      </ul>
    );
  }
  if (search.value.trim() !== "") return <p class="empty-line">{words.noMatch(search.value)}</p>;
  if (contacts.value.size > 0 || rooms.value.size > 0) return null;
  return (
    <div class="empty-people">
      <p class="empty-title">{words.none}</p>
      <p class="hint">{words.noneLead}</p>
    </div>
  );
}
