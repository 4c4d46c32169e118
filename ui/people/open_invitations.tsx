import type { InvitationView, OpenInvitationView } from "../api/views.ts";
import { when } from "../parts/time.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";

interface Props {
  open: readonly OpenInvitationView[];
  /** Id of the one whose link is seen. */
  shown: string | undefined;
  busy: boolean;
  show(invitation: InvitationView): void;
  revoke(id: string): void;
}

/** Invitations that can still be used, a way to see the link of each again, and to take it back. */
export function OpenInvitations({ open, shown, busy, show, revoke }: Props) {
  const words = text.invite;
  if (open.length === 0) return null;
  return (
    <details class="advanced">
      <summary>{words.open(open.length)}</summary>
      <ul class="invitations">
        {open.map(({ link, ...rest }) => (
          <li key={rest.id} class="setting">
            <span>
              <bdi>{rest.note || whose(rest.inviter)}</bdi>{" "}
              <span class="hint">
                {words.expires(when(rest.expires))} {rest.id === shown && words.shown}
              </span>
            </span>
            {link !== null && rest.id !== shown && (
              <button
                type="button"
                class="button button-small"
                onClick={() => show({ ...rest, link })}
              >
                {words.show}
              </button>
            )}
            <button
              type="button"
              class="button button-small"
              aria-label={`${words.revoke}: ${words.expires(when(rest.expires))}`}
              disabled={busy}
              onClick={() => revoke(rest.id)}
            >
              {words.revoke}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}

function whose(inviter: string | null): string {
  if (inviter === status.value?.account?.jid) return text.invite.yours;
  return inviter ?? text.invite.servers;
}
