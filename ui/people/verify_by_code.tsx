import { useSignal } from "@preact/signals";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { Scanner } from "../scan/scanner.tsx";
import { text } from "../text/mod.ts";

/** How the text of every safety number's code begins (docs/protocol.md). */
const PREFIX = "simpp-verify:";
/** Longest text of a code, as the daemon takes it. */
const LONGEST = 256;

export interface VerifyByCodeProps {
  name: string;
  onCode(text: string): void;
}

/** Their code by the camera, which opens at a click only, or as text. */
export function VerifyByCode({ name, onCode }: VerifyByCodeProps) {
  const scanning = useSignal(false);
  const pasted = useSignal("");
  const words = text.verify;
  return (
    <section class="panel">
      <h3>{words.byCode}</h3>
      <p class="hint">{words.byCodeLead(name)}</p>
      {scanning.value
        ? (
          <Scanner
            prefix={PREFIX}
            onText={(seen) => {
              scanning.value = false;
              onCode(seen.slice(0, LONGEST));
            }}
            onClose={() => scanning.value = false}
          />
        )
        : (
          <button type="button" class="button" onClick={() => scanning.value = true}>
            <Icon name="photo" size="s" />
            {words.scan}
          </button>
        )}
      <details class="advanced">
        <summary>{words.paste}</summary>
        <form
          class="form-row"
          onSubmit={(event) => {
            event.preventDefault();
            if (pasted.value.trim() !== "") onCode(pasted.value.trim());
          }}
        >
          <Field label={words.pasted} value={pasted} required literal maxLength={LONGEST} />
          <button type="submit" class="button">{words.check}</button>
        </form>
      </details>
    </section>
  );
}
