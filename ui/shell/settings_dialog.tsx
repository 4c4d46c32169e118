/** Settings: who one is, look, alerts, the carried server, health. */
import { FetchLimit } from "../files/fetch_limit.tsx";
import { RoomLimits } from "../files/room_limits.tsx";
import type { ComponentChildren } from "preact";
import { api } from "../api/routes.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Callout } from "../parts/field.tsx";
import { Fingerprint } from "../parts/fingerprint.tsx";
import { AllGroupSuites } from "../groups/group_suites.tsx";
import { Jid } from "../parts/jid.tsx";
import { notificationState, requestNotifications } from "../store/alerts.ts";
import { contactSuites, PolicyForm } from "../people/policy_form.tsx";
import { closeDialog, openDialog } from "../store/dialogs.ts";
import { endSession } from "../store/live.ts";
import { report } from "../store/notices.ts";
import { prefer, preferences, type Theme } from "../store/preferences.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { ArchiveSettings } from "./archive_settings.tsx";
import { DeviceSettings } from "./device_settings.tsx";
import { HealthCheck } from "./health_check.tsx";
import { PictureSettings } from "./picture_settings.tsx";
import { BackupSettings, PassphraseSettings } from "./safekeeping.tsx";
import { OtherPrograms } from "./other_programs.tsx";
import { ServerSettings } from "./server_settings.tsx";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

export function SettingsDialog() {
  const { account, login, server, version, devices, policy, blindTrust, tellSeen, calls, relay } =
    status
      .value!;
  const words = text.settings;
  const leave = () =>
    api.closeSession().then(() => {
      closeDialog();
      endSession();
    }, report);
  return (
    <Dialog title={words.title} onClose={closeDialog} size="m">
      {account !== null && (
        <Group title={words.you}>
          <dl class="facts">
            <dt>{words.serverAddress}</dt>
            <dd>
              <Jid jid={account.jid} />
            </dd>
            {server === null && account.hosts.length > 0 && (
              <>
                <dt>{text.linking.server}</dt>
                <dd>
                  <code>{account.hosts.join(", ")}</code>
                </dd>
              </>
            )}
            {server === null && account.pin !== null && (
              <>
                <dt>{words.serverPin}</dt>
                <dd>
                  <code class="fingerprint">{account.pin}</code>
                </dd>
              </>
            )}
            <dt>{words.device}</dt>
            <dd>
              <code>{account.device}</code>
            </dd>
            <dt>{words.fingerprint}</dt>
            <dd>
              <Fingerprint value={account.fingerprint} />
            </dd>
            {login !== null && (
              <>
                <dt>{words.login}</dt>
                <dd>{words.loginBy(login.mechanism, login.profile, login.mutual)}</dd>
              </>
            )}
          </dl>
        </Group>
      )}
      {account !== null && (
        <>
          <Group title={text.picture.title}>
            <PictureSettings account={account} />
          </Group>
          <Group title={text.devices.title}>
            <DeviceSettings devices={devices} />
          </Group>
          <Group title={text.files.title}>
            <FetchLimit place={null} />
            <RoomLimits />
          </Group>
          <Group title={text.suites.titleAll}>
            <p class="hint">{text.suites.leadAll}</p>
            <PolicyForm
              key={policy.join()}
              choices={contactSuites()}
              allowed={policy}
              save={async (suites) => status.value = await api.setPolicy(suites ?? [])}
            />
            <details class="members-more">
              <summary>{text.groups.suites.titleAll}</summary>
              <p class="hint">{text.groups.suites.leadAll}</p>
              <AllGroupSuites />
            </details>
            <label class="setting">
              <span>{text.suites.verifiedOnly}</span>
              <input
                type="checkbox"
                class="switch"
                role="switch"
                checked={!blindTrust}
                onChange={({ currentTarget }) =>
                  void api.setBlindTrust(!currentTarget.checked)
                    .then((next) => status.value = next, report)}
              />
            </label>
            <label class="setting">
              <span>{text.suites.tellSeen}</span>
              <input
                type="checkbox"
                class="switch"
                role="switch"
                aria-describedby="tell-seen-hint"
                checked={tellSeen}
                onChange={({ currentTarget }) =>
                  void api.setTellSeen(currentTarget.checked)
                    .then((next) => status.value = next, report)}
              />
            </label>
            <p class="hint" id="tell-seen-hint">{text.suites.tellSeenHint}</p>
          </Group>
        </>
      )}
      <Group title={words.look}>
        <div class="segments" role="radiogroup" aria-label={words.look}>
          {THEMES.map((theme) => (
            <label key={theme} class="segment">
              <input
                type="radio"
                name="theme"
                checked={preferences.value.theme === theme}
                onChange={() => prefer({ theme })}
              />
              <span>{words.themes[theme]}</span>
            </label>
          ))}
        </div>
      </Group>
      <Group title={words.calls}>
        <label class="setting">
          <span>{words.ring}</span>
          <input
            type="checkbox"
            class="switch"
            role="switch"
            checked={preferences.value.ringSound}
            onChange={(event) => prefer({ ringSound: event.currentTarget.checked })}
          />
        </label>
        {account !== null && (
          <label class="setting">
            <span>{words.relayOnly}</span>
            <input
              type="checkbox"
              class="switch"
              role="switch"
              checked={calls === "relay-only"}
              onChange={({ currentTarget }) =>
                void api.setCallRoute(currentTarget.checked ? "relay-only" : "any")
                  .then((next) => status.value = next, report)}
            />
          </label>
        )}
        <div role="alert">
          {account !== null && calls === "relay-only" && relay === false && (
            <Callout tone="warning">
              <p>{words.noRelay}</p>
            </Callout>
          )}
        </div>
        <Notifications />
        <div class="setting">
          <span>{words.camera}</span>
          <button
            type="button"
            class="button button-small"
            onClick={() => openDialog({ kind: "options", call: null })}
          >
            {words.cameraOpen}
          </button>
        </div>
      </Group>
      {server !== null && (
        <Group title={words.server}>
          <ServerSettings server={server} />
        </Group>
      )}
      {account !== null && (
        <Group title={text.otherPrograms.title}>
          <OtherPrograms server={server} account={account} />
        </Group>
      )}
      {account !== null && (
        <Group title={text.archive.title}>
          <ArchiveSettings />
        </Group>
      )}
      <Group title={text.safekeeping.passphrase}>
        <PassphraseSettings />
      </Group>
      {account !== null && (
        <Group title={text.safekeeping.backup}>
          <BackupSettings />
        </Group>
      )}
      <Group title={words.health}>
        <HealthCheck />
      </Group>
      <footer class="dialog-foot dialog-foot-split">
        <p class="hint">{words.version(version)}</p>
        <button type="button" class="button" title={words.signOutHint} onClick={leave}>
          {words.signOut}
        </button>
      </footer>
    </Dialog>
  );
}

function Group({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Notifications() {
  const state = notificationState.value;
  if (state === "missing") return null;
  const words = text.settings;
  return (
    <div class="setting">
      <span>{words.notify}</span>
      {state === "default"
        ? (
          <button
            type="button"
            class="button button-small"
            onClick={() => void requestNotifications()}
          >
            {words.notifyOff}
          </button>
        )
        : <span class="hint">{state === "granted" ? words.notifyOn : words.notifyDenied}</span>}
    </div>
  );
}
