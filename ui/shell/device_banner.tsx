/** On top of everything when this device may seal nothing for its account. */
import { useSignal } from "@preact/signals";
import { api } from "../api/routes.ts";
import type { DevicesView, StatusView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { FormError } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { status } from "../store/session.ts";
import { text } from "../text/mod.ts";
import { LinkCode } from "./link_code.tsx";

export function DeviceBanner() {
  const devices = status.value?.devices;
  if (devices?.state !== "unlinked" && devices?.state !== "replaced") return null;
  const replaced = devices.state === "replaced";
  const words = text.devices[whichWords(devices)];
  return (
    <section
      class={`device-banner ${replaced ? "device-banner-danger" : ""}`}
      role={replaced ? "alert" : "region"}
      aria-label={words.title}
    >
      <Icon name={replaced ? "shield-alert" : "device"} size="l" />
      <div>
        <h2>{words.title}</h2>
        <p>{words.lead}</p>
        {!replaced && devices.absence === "new" && <Comparison devices={devices} />}
        {(devices.absence === "denied" || devices.absence === "removed") && (
          <AskAgain code={devices.code} />
        )}
        <StartAnew />
      </div>
    </section>
  );
}

function whichWords({ state, absence }: DevicesView) {
  if (state === "replaced") return state;
  return absence === "denied" || absence === "removed" ? absence : "unlinked";
}

/** A device that was answered no, or taken off, asks when the person says so. */
function AskAgain({ code }: { code: string }) {
  const asked = useSignal(false);
  const action = useAction();
  const words = text.devices;
  const ask = () =>
    action.run(async () => {
      status.value = await api.askAgain();
      asked.value = true;
    });
  return (
    <>
      {asked.value && (
        <>
          <p role="status">{words.asked}</p>
          <LinkCode code={code} />
        </>
      )}
      <div class="banner-answers">
        <button
          type="button"
          class="button button-small button-primary"
          disabled={action.busy.value}
          onClick={ask}
        >
          {words.askAgain}
        </button>
      </div>
      <FormError message={action.error.value} />
    </>
  );
}

/** The code, and what the person says of it here. */
function Comparison({ devices: { code, confirmation } }: { devices: DevicesView }) {
  const action = useAction();
  const words = text.devices.unlinked;
  const answer = (ask: () => Promise<StatusView>) =>
    action.run(async () => status.value = await ask());
  const refused = confirmation === "refused";
  return (
    <>
      {refused && <p role="alert">{words.refused}</p>}
      <LinkCode code={code} />
      {confirmation === "given" && <p role="status">{words.given}</p>}
      {(refused || confirmation === "needed") && (
        <div class="banner-answers">
          <button
            type="button"
            class={`button button-small ${refused ? "" : "button-primary"}`}
            disabled={action.busy.value}
            onClick={() => answer(() => api.confirmDevice(code))}
          >
            {refused ? words.again : words.match}
          </button>
          {!refused && (
            <button
              type="button"
              class="button button-small"
              disabled={action.busy.value}
              onClick={() => answer(() => api.refuseDevice())}
            >
              {words.differ}
            </button>
          )}
        </div>
      )}
      <FormError message={action.error.value} />
    </>
  );
}

function StartAnew() {
  const asking = useSignal(false);
  const action = useAction();
  const words = text.devices;
  const start = () => action.run(async () => status.value = await api.startAnew());
  return (
    <>
      {asking.value
        ? (
          <div role="group" aria-label={words.anewTitle}>
            <h3>{words.anewTitle}</h3>
            <ul class="device-consequences">
              {words.anewConsequences.map((line) => <li key={line}>{line}</li>)}
            </ul>
            <div class="banner-answers">
              <button
                type="button"
                class="button button-small button-danger"
                disabled={action.busy.value}
                onClick={start}
              >
                {words.anewGo}
              </button>
              <button
                type="button"
                class="button button-small"
                onClick={() => asking.value = false}
              >
                {text.common.cancel}
              </button>
            </div>
          </div>
        )
        : (
          <button type="button" class="button button-small" onClick={() => asking.value = true}>
            {words.anew}
          </button>
        )}
      <FormError message={action.error.value} />
    </>
  );
}
