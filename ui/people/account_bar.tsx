import { Avatar } from "../parts/avatar.tsx";
import { Icon } from "../parts/icon.tsx";
import { Name } from "../parts/jid.tsx";
import { openDialog } from "../store/dialogs.ts";
import { connection, status } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** Who this daemon is, how it stands with its server, and the way to settings and help. */
export function AccountBar() {
  const { account, state } = status.value!;
  if (account === null) return null;
  const shown = connection.value === "lost" ? "unheard" : state;
  const name = account.nick === "" ? account.jid : account.nick;
  return (
    <header class="account-bar">
      <Avatar jid={account.jid} name={name} />
      <div class="account-who">
        <h1>
          <Name>{name}</Name>
        </h1>
        <p class={`account-state account-${shown}`} role="status">{text.account.states[shown]}</p>
      </div>
      <button
        type="button"
        class="button-icon"
        title={text.account.help}
        aria-label={text.account.help}
        onClick={() => openDialog({ kind: "help" })}
      >
        <Icon name="help" />
      </button>
      <button
        type="button"
        class="button-icon"
        title={text.account.settings}
        aria-label={text.account.settings}
        onClick={() => openDialog({ kind: "settings" })}
      >
        <Icon name="gear" />
      </button>
    </header>
  );
}
