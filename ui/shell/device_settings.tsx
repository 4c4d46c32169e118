/** The devices of one's own account: those on the list, and those that ask. */
import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import type { DevicesView, StatusView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Callout, FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { openDialog } from "../store/dialogs.ts";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { LinkCode } from "./link_code.tsx";

export function DeviceSettings({ devices }: { devices: DevicesView }) {
  const removing = useSignal<string | null>(null);
  const action = useAction();
  const words = text.devices;
  const take = (work: () => Promise<StatusView>) =>
    action.run(async () => {
      status.value = await work();
      removing.value = null;
    });
  return (
    <>
      {devices.requests.map(({ id, code }) => (
        <div key={id} class="device-request" role="group" aria-label={words.request}>
          <h4>{words.request}</h4>
          <p class="hint">{words.requestLead}</p>
          <LinkCode code={code} />
          <div class="banner-answers">
            <button
              type="button"
              class="button button-small button-primary"
              disabled={action.busy.value}
              onClick={() =>
                take(() =>
                  api.approveDevice(id)
                )}
            >
              {words.approve}
            </button>
            <button
              type="button"
              class="button button-small"
              disabled={action.busy.value}
              onClick={() =>
                take(() => api.denyDevice(id))}
            >
              {words.deny}
            </button>
          </div>
        </div>
      ))}
      <ul class="devices" aria-label={words.title}>
        {devices.devices.map(({ id, here }) => (
          <li key={id}>
            <Icon name="device" size="s" />
            <code>{id}</code>
            {here && <span class="here">{words.here}</span>}
            {!here && devices.state === "own" && (
              <button
                type="button"
                class="button button-small button-danger-quiet"
                aria-label={words.removeNamed(id)}
                onClick={() => removing.value = id}
              >
                {words.remove}
              </button>
            )}
          </li>
        ))}
      </ul>
      {(devices.state === "own" || devices.state === "linked") && (
        <div>
          <button
            type="button"
            class="button button-small"
            onClick={() => openDialog({ kind: "add-device" })}
          >
            {text.linking.open}
          </button>
        </div>
      )}
      {devices.state === "linked" && <p class="hint">{words.linked}</p>}
      <div role="alert">
        {removing.value !== null && (
          <Callout tone="warning">
            <p>{words.removeLead(removing.value)}</p>
            <p>{status.value?.account?.keyed ? words.removeKeyed : words.removePassword}</p>
            <div class="banner-answers">
              <button
                type="button"
                class="button button-small button-danger"
                disabled={action.busy.value}
                onClick={() => take(() => api.removeDevice(removing.value!))}
              >
                {words.removeGo}
              </button>
              <button
                type="button"
                class="button button-small"
                onClick={() => removing.value = null}
              >
                {text.common.cancel}
              </button>
            </div>
          </Callout>
        )}
      </div>
      <FormError message={action.error.value} />
    </>
  );
}
