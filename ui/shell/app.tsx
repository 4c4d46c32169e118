/** The dashboard's faces, and what lies above all of them. */
import { CallStage } from "../call/call_stage.tsx";
import { IncomingDialog } from "../call/incoming_dialog.tsx";
import { MiniCall } from "../call/mini_call.tsx";
import { ChatPane, NoChat } from "../chat/chat_pane.tsx";
import { DisplayStage } from "../display/display_stage.tsx";
import { Kiosk } from "../display/kiosk.tsx";
import { GroupPane } from "../groups/group_pane.tsx";
import { Notices } from "../parts/notices.tsx";
import { RoomPane } from "../rooms/room_pane.tsx";
import { Sidebar } from "../people/sidebar.tsx";
import { SessionPage } from "../setup/session_page.tsx";
import { SetupPage } from "../setup/setup_page.tsx";
import { UnlockPage } from "../setup/unlock_page.tsx";
import { ringing, staged, stagePlace } from "../store/calls.ts";
import { contacts } from "../store/contacts.ts";
import { groups } from "../store/groups.ts";
import { rooms } from "../store/rooms.ts";
import { kiosk, selected, selectedRoom, stageOpen } from "../store/route.ts";
import { phase } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { DeviceBanner } from "./device_banner.tsx";
import { Dialogs } from "./dialogs.tsx";
import { StatusBanner } from "./status_banner.tsx";

export function App() {
  return (
    <>
      <StatusBanner />
      <Face />
      <Notices />
    </>
  );
}

function Face() {
  switch (phase.value) {
    case "loading":
      return (
        <main class="page page-loading">
          <p role="status">{text.app.loading}</p>
        </main>
      );
    case "no-session":
      return <SessionPage />;
    case "locked":
      return <UnlockPage />;
    case "setup":
      return <SetupPage />;
    case "ready":
      return kiosk.value ? <Kiosk /> : <Messenger />;
  }
}

function Messenger() {
  const place = stagePlace.value;
  const heard = staged.value;
  const call = ringing.value;
  const open = selected.value !== null || selectedRoom.value !== null || place === "full" ||
    stageOpen.value !== null;
  return (
    <>
      <DeviceBanner />
      <div class={`messenger ${open ? "messenger-open" : ""}`}>
        <Sidebar />
        <main class="main">
          {place === "full" && heard !== null
            ? <CallStage key={heard.view.id} heard={heard} />
            : stageOpen.value !== null
            ? <DisplayStage />
            : <Chat />}
        </main>
        {place === "mini" && heard !== null && <MiniCall heard={heard} />}
      </div>
      <Dialogs />
      {call !== null && <IncomingDialog key={call.id} call={call} />}
    </>
  );
}

function Chat() {
  const room = selectedRoom.value === null ? undefined : rooms.value.get(selectedRoom.value);
  if (room !== undefined && room.encryption === "keystone") {
    const group = groups.value.get(room.jid);
    const open = group !== undefined && group.state !== "invited";
    return open ? <GroupPane key={room.jid} room={room} group={group} /> : <NoChat />;
  }
  if (room !== undefined && room.state !== "invited") {
    return <RoomPane key={room.jid} room={room} />;
  }
  const contact = selected.value === null ? undefined : contacts.value.get(selected.value);
  return contact === undefined ? <NoChat /> : <ChatPane key={contact.jid} contact={contact} />;
}
