/** How a group is sealed, and what is allowed in it on this device. */
import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { groupApi } from "../api/group_routes.ts";
import type { GroupSuite, GroupView } from "../api/views.ts";
import { Callout } from "../parts/field.tsx";
import { type Choices, PolicyForm } from "../people/policy_form.tsx";
import { report } from "../store/notices.ts";
import { text } from "../text/mod.ts";

export const WEAK: GroupSuite = "lsim-2003";

const choices = (): Choices<GroupSuite> => ({
  all: ["aes-256-gcm", "aes-128-cbc-hmac", WEAK],
  weak: WEAK,
  words: text.groups.suites,
});

/** What it is sealed with now, and what may be used with it. */
export function GroupSuites({ group: { jid, epoch, suites } }: { group: GroupView }) {
  const words = text.groups.suites;
  const everywhere = useEverywhere();
  return (
    <details class="members-more">
      <summary>{words.title}</summary>
      <div class="form">
        {epoch !== null && <p class="hint">{words.inUse(wordOf(epoch.suite))}</p>}
        <p class="hint">{words.ofGroup(suites.group.map(wordOf).join(", "))}</p>
        <PolicyForm
          key={`${suites.own} ${suites.allowed.join()}`}
          choices={choices()}
          allowed={suites.allowed}
          general={{ suites: everywhere.value ?? suites.allowed, own: suites.own }}
          save={(chosen) => groupApi.setSuites(jid, chosen)}
        />
      </div>
    </details>
  );
}

/** What is allowed in all groups without a choice of their own. */
export function AllGroupSuites() {
  const everywhere = useEverywhere();
  if (everywhere.value === null) return null;
  return (
    <PolicyForm
      key={everywhere.value.join()}
      choices={choices()}
      allowed={everywhere.value}
      save={async (chosen) =>
        everywhere.value = (await groupApi.setSuitesEverywhere(chosen ?? [])).suites}
    />
  );
}

function useEverywhere(): Signal<GroupSuite[] | null> {
  const suites = useSignal<GroupSuite[] | null>(null);
  useEffect(() => {
    groupApi.suitesEverywhere().then((found) => suites.value = found.suites, report);
  }, []);
  return suites;
}

function wordOf(suite: string): string {
  return text.groups.suites.names[suite as GroupSuite] ?? suite;
}

/** Is there nothing that the group and this device both allow? */
export function lacksSuite({ suites: { group, allowed } }: GroupView): boolean {
  return group.every((suite) => !allowed.includes(suite));
}

/** Where a group is sealed only with what is not allowed here: asks whether it is to be, in it. */
export function SuiteConsent({ group, agreed }: { group: GroupView; agreed: Signal<boolean> }) {
  if (!lacksSuite(group)) return null;
  const words = text.groups.suites;
  const isWeak = group.suites.group.every((suite) => suite === WEAK);
  return (
    <Callout tone={isWeak ? "danger" : "warning"}>
      <p>{isWeak ? text.groups.weak.warning : words.lacking}</p>
      <label class="room-understood">
        <input
          type="checkbox"
          checked={agreed.value}
          onChange={({ currentTarget }) => agreed.value = currentTarget.checked}
        />
        <span>{words.consent(group.suites.group.map(wordOf).join(", "))}</span>
      </label>
    </Callout>
  );
}

/** Allows in a group what it needs, if that was agreed to. */
export async function giveConsent(group: GroupView, agreed: Signal<boolean>): Promise<void> {
  if (!lacksSuite(group) || !agreed.value) return;
  await groupApi.setSuites(group.jid, [...group.suites.allowed, ...group.suites.group]);
}
