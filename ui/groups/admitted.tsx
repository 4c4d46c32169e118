import { groupApi } from "../api/group_routes.ts";
import type { GroupView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Jid, Name } from "../parts/jid.tsx";
import { nameOfJid } from "../store/contacts.ts";
import { text } from "../text/mod.ts";

/** Who was invited from here and has not come in, with what they answered, and how to take it back. */
export function Admitted({ group: { jid: group, admitted, state, role } }: { group: GroupView }) {
  const action = useAction();
  const words = text.groups;
  if (admitted.length === 0) return null;
  const leads = state === "in" && (role === "owner" || role === "admin");
  return (
    <section aria-label={words.admitted}>
      <h4 class="members-sub">{words.admitted}</h4>
      <ul class="members-waiting">
        {admitted.map(({ jid, answer }) => (
          <li key={jid}>
            <div class="hint">
              {nameOfJid(jid) !== jid && <Name>{nameOfJid(jid)}</Name>} <Jid jid={jid} />
              <p>{words.answers[answer ?? "none"]}</p>
            </div>
            {leads && (
              <button
                type="button"
                class="button button-small"
                disabled={action.busy.value}
                aria-label={words.withdrawName(jid)}
                onClick={() => action.run(() => groupApi.withdraw(group, jid))}
              >
                {words.withdraw}
              </button>
            )}
          </li>
        ))}
      </ul>
      <FormError message={action.error.value} />
    </section>
  );
}
