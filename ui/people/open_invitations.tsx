import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../api/routes.ts";
import type { OpenInvitationView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { when } from "../parts/time.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** Invitations that can still be used, and a way to take each back. `made`: a new one came. */
export function OpenInvitations({ made }: { made: unknown }) {
  const open = useSignal<readonly OpenInvitationView[]>([]);
  const action = useAction();
  const words = text.invite;
  const load = async () => void (open.value = await api.invitations());
  useEffect(() => void action.run(load), [made]);
  const revoke = (id: string) =>
    action.run(async () => {
      await api.revokeInvitation(id);
      await load();
    });
  if (open.value.length === 0 && action.error.value === null) return null;
  return (
    <details class="advanced">
      <summary>{words.open(open.value.length)}</summary>
      <ul class="invitations">
        {open.value.map(({ id, inviter, expires }) => (
          <li key={id} class="setting">
            <span>
              {whose(inviter)} <span class="hint">{words.expires(when(expires))}</span>
            </span>
            <button
              type="button"
              class="button button-small"
              aria-label={`${words.revoke}: ${words.expires(when(expires))}`}
              disabled={action.busy.value}
              onClick={() => revoke(id)}
            >
              {words.revoke}
            </button>
          </li>
        ))}
      </ul>
      <FormError message={action.error.value} />
    </details>
  );
}

function whose(inviter: string | null): string {
  if (inviter === status.value?.account?.jid) return text.invite.yours;
  return inviter ?? text.invite.servers;
}
