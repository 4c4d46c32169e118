/** How another device of the person gets into the account: the steps, with what each needs. */
import type { AccountView } from "../api/views.ts";
import { CopyButton } from "../parts/copy_button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Callout } from "../parts/field.tsx";
import { QrCode } from "../parts/qr.tsx";
import { writeDeviceLink } from "../setup/device_link.ts";
import { openDialog } from "../store/dialogs.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { AccountPasswordForm } from "./account_password_form.tsx";

export function AddDeviceDialog() {
  const { account, server, devices } = status.value!;
  const words = text.linking;
  if (account === null) return null;
  const link = writeDeviceLink(account);
  return (
    <Dialog title={words.title} onClose={() => openDialog({ kind: "settings" })} size="m">
      <p class="lead">{words.lead}</p>
      {server?.host === "127.0.0.1" && <Callout tone="warning">{words.onlyHere}</Callout>}
      {devices.state === "linked" && <Callout tone="note">{words.elsewhere}</Callout>}
      <ol class="steps">
        <li>
          <h3>{account.keyed ? words.stepPassword : words.stepHas}</h3>
          {account.keyed && <AccountPasswordForm lead={words.stepPasswordLead} />}
        </li>
        <li>
          <h3>{words.stepLink}</h3>
          <p class="hint">{words.stepLinkLead}</p>
          <div class="invite">
            <QrCode value={link} label={words.qr} />
            <div class="invite-side">
              <label class="field">
                <span>{words.link}</span>
                <textarea
                  class="input literal"
                  readOnly
                  rows={5}
                  value={link}
                  onFocus={(event) => event.currentTarget.select()}
                />
              </label>
              <CopyButton
                value={link}
                label={words.copy}
                class="button button-primary button-wide"
              />
            </div>
          </div>
          <details class="advanced">
            <summary>{words.byHand}</summary>
            <Place account={account} />
          </details>
        </li>
        <li>
          <h3>{words.stepCode}</h3>
          <p class="hint">{words.stepCodeLead}</p>
        </li>
      </ol>
    </Dialog>
  );
}

/** Where the account is, and what its server's key is. */
export function Place({ account: { jid, hosts, pin } }: { account: AccountView }) {
  const words = text.linking;
  return (
    <dl class="facts">
      <dt>{words.address}</dt>
      <dd>
        <code>{jid}</code>
      </dd>
      <dt>{words.server}</dt>
      <dd>{hosts.length === 0 ? words.serverFound : <code>{hosts.join(", ")}</code>}</dd>
      <dt>{words.pin}</dt>
      <dd>{pin === null ? words.pinNone : <code class="fingerprint">{pin}</code>}</dd>
    </dl>
  );
}
