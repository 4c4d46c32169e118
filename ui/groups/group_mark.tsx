import type { GroupMemberView, GroupView } from "../api/views.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { text } from "../text/mod.ts";

/** That it is encrypted, and under which key: in words, with the lock. */
export function SealedMark(
  { group, look }: { group: GroupView | undefined; look: "mark" | "chip" },
) {
  const { sealedLead, epoch, weak } = text.groups;
  const number = group?.epoch?.number;
  const isWeak = group?.epoch?.suite === "lsim-2003";
  const sealed = isWeak ? weak.sealed : text.groups.sealed;
  const word = number === undefined || look === "mark" ? sealed : `${sealed}, ${epoch(number)}`;
  return (
    <span
      class={`trust trust-sealed trust-${isWeak ? "changed" : "first-use"} trust-${look}`}
      title={`${sealed}. ${sealedLead}`}
    >
      <Icon name="lock" size="s" />
      <span class={look === "mark" ? "visually-hidden" : ""}>{word}</span>
    </span>
  );
}

type Trust = GroupMemberView["trust"];
const LOOKS: Record<Trust, readonly [icon: IconName, tone: string]> = {
  own: ["device", "first-use"],
  verified: ["shield-check", "verified"],
  "first-use": ["shield", "first-use"],
  changed: ["shield-alert", "changed"],
  unknown: ["shield", "unknown"],
};

/** What is known of a member's keys; shape, colour and word agree. */
export function MemberTrust({ trust, look }: { trust: Trust; look: "mark" | "chip" }) {
  const [icon, tone] = LOOKS[trust];
  const word = text.groups.trust[trust];
  return (
    <span class={`trust trust-${tone} trust-${look}`} title={word}>
      <Icon name={icon} size="s" />
      <span class={look === "mark" ? "visually-hidden" : ""}>{word}</span>
    </span>
  );
}

/** Who keeps the keys and who runs the room, which one is to know before one joins. */
export function Keepers({ group }: { group: GroupView }) {
  const words = text.groups;
  const { keyServer, server, ownServer, epoch } = group;
  return (
    <div class="keepers">
      <p>
        <Icon name="key" size="s" />
        <bdi>{keyServer.own ? words.keeperOwn : words.keeper(keyServer.jid)}</bdi>
      </p>
      {keyServer.silent && <p class="keepers-warning" role="status">{words.silent}</p>}
      <p>
        <Icon name="server" size="s" />
        <bdi>{ownServer ? words.roomOwn(server) : words.room(server)}</bdi>
      </p>
      {epoch?.suite === "lsim-2003" && (
        <p class="keepers-warning" role="status">{words.weak.inUse}</p>
      )}
    </div>
  );
}
