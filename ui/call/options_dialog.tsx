/** Camera, size and rate: of the running call, or for those to come. */
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import { api } from "../api/routes.ts";
import type { CameraOptions, CameraView } from "../api/views.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FormError } from "../parts/field.tsx";
import { calls, putCall } from "../store/calls.ts";
import { closeDialog } from "../store/dialogs.ts";
import { prefer, preferences } from "../store/preferences.ts";
import { text } from "../text/mod.ts";

const SIZES = ["320x240", "640x480", "1280x720", "1920x1080"];
const RATES = [5, 10, 15, 24, 30];
/** No choice: the daemon's default. */
const AUTOMATIC = "";

export function OptionsDialog({ call }: { call: string | null }) {
  const words = text.options;
  const running = call === null ? undefined : calls.value.get(call)?.view;
  const start: Partial<CameraOptions> = running?.options ?? preferences.value.camera;
  const camera = useSignal(start.camera ?? AUTOMATIC);
  const size = useSignal(start.size ?? AUTOMATIC);
  const fps = useSignal(start.fps === undefined ? AUTOMATIC : String(start.fps));
  const found = useSignal<CameraView[] | null>(null);
  const looking = useAction();
  const action = useAction();
  useEffect(() => {
    void looking.run(async () => found.value = await api.cameras());
  }, []);

  const onSubmit = async (event: Event) => {
    event.preventDefault();
    const chosen: Partial<CameraOptions> = {};
    if (camera.value !== AUTOMATIC) chosen.camera = camera.value;
    if (size.value !== AUTOMATIC) chosen.size = size.value;
    if (fps.value !== AUTOMATIC) chosen.fps = Number(fps.value);
    const done = await action.run(async () => {
      if (running === undefined) prefer({ camera: chosen });
      else putCall(await api.changeCall(running.id, chosen));
    });
    if (done) closeDialog();
  };

  const automatic = running === undefined ? [{ value: AUTOMATIC, name: words.automatic }] : [];
  const cameras = (found.value ?? []).map(({ spec, name }) => ({ value: spec, name }));
  return (
    <Dialog title={words.title} onClose={closeDialog} size="s">
      <form class="form" onSubmit={onSubmit}>
        <p class="hint">{running === undefined ? words.leadNext : words.leadCall}</p>
        <Choice
          label={words.camera}
          value={camera}
          options={[...automatic, ...cameras, { value: "off", name: words.off }]}
        />
        <div role="status">
          {looking.busy.value && <p class="hint">{words.loading}</p>}
          {found.value?.every(({ kind }) => kind === "test") === true && (
            <p class="hint">{words.none}</p>
          )}
        </div>
        <FormError message={looking.error.value} />
        <div class="form-pair">
          <Choice
            label={words.size}
            value={size}
            options={[
              ...automatic,
              ...SIZES.map((value) => ({ value, name: value.replace("x", " × ") })),
            ]}
          />
          <Choice
            label={words.rate}
            value={fps}
            options={[...automatic, ...RATES.map((n) => ({ value: String(n), name: String(n) }))]}
          />
        </div>
        <FormError message={action.error.value} />
        <button
          type="submit"
          class="button button-primary button-wide"
          disabled={action.busy.value}
        >
          {words.apply}
        </button>
      </form>
    </Dialog>
  );
}

interface ChoiceProps {
  label: string;
  value: { value: string };
  options: readonly { value: string; name: string }[];
}

/** A select; a value that is none of the options, such as a clip's path, is shown as it is. */
function Choice({ label, value, options }: ChoiceProps) {
  const id = useId();
  const known = options.some((option) => option.value === value.value);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="input"
        value={value.value}
        onChange={(event) => value.value = event.currentTarget.value}
      >
        {!known && <option value={value.value}>{value.value}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>{option.name}</option>
        ))}
      </select>
    </div>
  );
}
