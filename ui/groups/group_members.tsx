/** Who is in a group, with what keys and role; who keeps its keys; what was not shown. */
import { groupApi } from "../api/group_routes.ts";
import type { GroupMemberView, GroupRole, GroupView } from "../api/views.ts";
import { FetchLimit } from "../files/fetch_limit.tsx";
import { useAction } from "../parts/action.ts";
import { Avatar } from "../parts/avatar.tsx";
import { FormError } from "../parts/field.tsx";
import { Fingerprint } from "../parts/fingerprint.tsx";
import { Icon } from "../parts/icon.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { openDialog } from "../store/dialogs.ts";
import { mayExpel, peopleOf } from "../store/groups.ts";
import { nameOfRoom } from "../store/rooms.ts";
import { text } from "../text/mod.ts";
import { Admitted } from "./admitted.tsx";
import { GroupSuites } from "./group_suites.tsx";
import { Keepers, MemberTrust } from "./group_mark.tsx";

export function GroupMembers({ group, onClose }: { group: GroupView; onClose: () => void }) {
  const words = text.groups;
  const { hideMembers, members, membersOf } = text.rooms;
  const leads = group.role === "owner" || group.role === "admin";
  return (
    <aside class="members" aria-label={membersOf(nameOfRoom(group))}>
      <header class="members-head">
        <h3>{members}</h3>
        <button
          type="button"
          class="button-icon"
          aria-label={hideMembers}
          title={hideMembers}
          onClick={onClose}
        >
          <Icon name="close" size="s" />
        </button>
      </header>
      {group.state === "in" && leads && (
        <button
          type="button"
          class="button button-soft button-small"
          onClick={() => openDialog({ kind: "invite-to-group", group: group.jid })}
        >
          <Icon name="user-plus" size="s" />
          {words.invite}
        </button>
      )}
      <ul class="members-list">
        {peopleOf(group).map((member) => <Member key={member.jid} group={group} member={member} />)}
      </ul>
      <Admitted group={group} />
      <p class="hint">{words.listLead}</p>
      <Keepers group={group} />
      <p class="hint">
        {words.address} <Jid jid={group.jid} />
      </p>
      <FetchLimit place={group.jid} />
      <details class="members-more">
        <summary>{words.keeperKey}</summary>
        <Fingerprint value={group.keyServer.fingerprint} />
      </details>
      <GroupSuites group={group} />
      <Refused group={group} />
    </aside>
  );
}

function Member(
  { group, member }: { group: GroupView; member: GroupMemberView & { devices: number } },
) {
  const { jid, name, role, presence, self, trust, devices } = member;
  const words = text.groups;
  const said = [
    words.roles[role],
    self ? text.rooms.you : "",
    presence === "offline" ? text.rooms.away : "",
    devices > 1 ? words.devices(devices) : "",
  ].filter((word) => word !== "");
  return (
    <li class="member">
      <Avatar jid={jid} name={name} size="s" presence={presence} />
      <div class="member-who">
        <p class="member-name">
          <Name>{name}</Name> <MemberTrust trust={trust} look="mark" />
        </p>
        {trust === "changed" && <p class="sender-warning">{words.trust.changed}</p>}
        <p class="hint">
          <Jid jid={jid} />
        </p>
        <p class="hint">{said.join(", ")}</p>
        <Deeds group={group} member={member} />
        {trust === "own" && <OwnDevices group={group} />}
      </div>
    </li>
  );
}

/** Other devices of one's own: those that are no more, as after a backup came back, are taken out. */
function OwnDevices({ group }: { group: GroupView }) {
  const others = group.members.filter(({ trust, self }) => trust === "own" && !self);
  if (others.length === 0 || group.state !== "in") return null;
  const words = text.groups;
  return (
    <details class="member-deeds">
      <summary aria-label={words.ownDevices}>…</summary>
      <p class="hint">{words.ownDevicesLead}</p>
      <ul>
        {others.map(({ jid, device }) => (
          <li key={device}>
            <code>{device}</code>{" "}
            <button
              type="button"
              class="button button-small"
              aria-label={words.takeOutName(device)}
              onClick={() =>
                openDialog({ kind: "expel", group: group.jid, member: `${jid}/${device}` })}
            >
              {words.takeOut}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What an owner or admin may do about somebody; nothing for all others. */
function Deeds({ group, member }: { group: GroupView; member: GroupMemberView }) {
  const action = useAction();
  if (!mayExpel(group, member)) return null;
  const words = text.groups;
  const others = (["owner", "admin", "member", "listener"] satisfies GroupRole[])
    .filter((role) => role !== member.role);
  return (
    <details class="member-deeds">
      <summary aria-label={words.more(member.name)}>…</summary>
      <div class="request-answers">
        <button
          type="button"
          class="button button-small"
          onClick={() => openDialog({ kind: "expel", group: group.jid, member: member.jid })}
        >
          {words.expel}
        </button>
        {group.role === "owner" && others.map((role) => (
          <button
            key={role}
            type="button"
            class="button button-small"
            disabled={action.busy.value}
            onClick={() => action.run(() => groupApi.setRole(group.jid, member.jid, role))}
          >
            {words.makeRole[role]}
          </button>
        ))}
      </div>
      <FormError message={action.error.value} />
    </details>
  );
}

function Refused({ group: { refused } }: { group: GroupView }) {
  if (refused.length === 0) return null;
  const words = text.groups;
  return (
    <section aria-label={words.refused}>
      <h4 class="members-sub">{words.refused}</h4>
      <ul>
        {refused.map(({ code, count }) => (
          <li key={code} class="hint">{count} {words.causes[code] ?? code}</li>
        ))}
      </ul>
    </section>
  );
}
