/** Settings about what is kept: the passphrase of this machine's copy, and a backup of it. */
import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import { useAction } from "../parts/action.ts";
import { Field, FormError } from "../parts/field.tsx";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";

/** Set, change or remove the passphrase that locks the daemon. */
export function PassphraseSettings() {
  const words = text.safekeeping;
  const { keeper } = status.value!;
  const locks = keeper === "passphrase";
  const current = useSignal("");
  const fresh = useSignal("");
  const again = useSignal("");
  const said = useSignal("");
  const action = useAction();
  const clear = () => current.value = fresh.value = again.value = "";
  const set = async (event: Event) => {
    event.preventDefault();
    const done = await action.run(async () => {
      requireSame(fresh.value, again.value);
      status.value = await api.setPassphrase(fresh.value, locks ? current.value : undefined);
    });
    if (!done) return;
    clear();
    said.value = locks ? words.passphraseChanged : words.passphraseSet;
  };
  const remove = async () => {
    const done = await action.run(async () => {
      status.value = await api.removePassphrase(current.value);
    });
    if (!done) return;
    clear();
    said.value = words.passphraseRemoved;
  };
  return (
    <form class="form" onSubmit={set}>
      <p class="hint">{words.keepers[keeper]}</p>
      {locks && <Field label={words.current} value={current} secret required />}
      <Field
        label={words.fresh}
        hint={strength(fresh.value)}
        value={fresh}
        secret
        required
        autoComplete="new-password"
      />
      <Field label={words.again} value={again} secret required autoComplete="new-password" />
      <FormError message={action.error.value} />
      <p class="hint" role="status">{said.value}</p>
      <div class="settings-row">
        <button type="submit" class="button button-small" disabled={action.busy.value}>
          {locks ? words.change : words.set}
        </button>
        {locks && (
          <>
            <button
              type="button"
              class="button button-small"
              disabled={action.busy.value}
              onClick={remove}
            >
              {words.remove}
            </button>
            <button
              type="button"
              class="button button-small"
              title={words.lockHint}
              disabled={action.busy.value}
              onClick={() => action.run(api.lock)}
            >
              {words.lock}
            </button>
          </>
        )}
      </div>
      {keeper !== "keyring" && <p class="hint">{words.noKeyring}</p>}
    </form>
  );
}

/** Download everything in one sealed file. */
export function BackupSettings() {
  const words = text.safekeeping;
  const passphrase = useSignal("");
  const again = useSignal("");
  const server = useSignal(true);
  const action = useAction();
  const make = async (event: Event) => {
    event.preventDefault();
    await action.run(async () => {
      requireSame(passphrase.value, again.value);
      const file = await api.backup(passphrase.value, server.value);
      offer(file, fileName(status.value!.account?.jid ?? ""));
      passphrase.value = again.value = "";
    });
  };
  return (
    <form class="form" onSubmit={make}>
      <p class="hint">{words.backupLead}</p>
      <Field
        label={words.backupPassphrase}
        hint={strength(passphrase.value)}
        value={passphrase}
        secret
        required
        autoComplete="new-password"
      />
      <Field label={words.again} value={again} secret required autoComplete="new-password" />
      {status.value!.server !== null && (
        <label class="setting">
          <span>{words.backupServer}</span>
          <input
            type="checkbox"
            class="switch"
            role="switch"
            checked={server.value}
            onChange={(event) => server.value = event.currentTarget.checked}
          />
        </label>
      )}
      <FormError message={action.error.value} />
      <button type="submit" class="button button-small" disabled={action.busy.value}>
        {action.busy.value ? text.setup.working : words.backupGo}
      </button>
    </form>
  );
}

function requireSame(one: string, other: string): void {
  if (one !== other) throw new Error(text.safekeeping.differ);
}

/** A word about a passphrase while it is typed; the daemon decides what is too short. */
function strength(passphrase: string): string {
  const words = text.safekeeping;
  const signs = [...passphrase].length;
  if (signs < 10) return words.short;
  return signs < 20 ? words.fair : words.good;
}

function offer(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Whose it is and from which day, in letters that every file system takes. */
function fileName(jid: string): string {
  const whose = jid.replaceAll("@", "-at-").replace(/[^\p{L}\p{N}.-]/gu, "_").slice(0, 80);
  return `simppd-${whose}-${new Date().toISOString().slice(0, 10)}.backup`;
}
