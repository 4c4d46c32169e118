import { Icon } from "../parts/icon.tsx";
import { closeStage, openStage, showing, waiting } from "../store/displays.ts";
import { stageOpen } from "../store/route.ts";
import { text } from "../text/mod.ts";

/** Opens and closes the stage; its mark says that something is shown, or waits. */
export function DisplayButton() {
  const [shown, held] = [showing.value.length, waiting.value.length];
  const open = stageOpen.value !== null;
  const label = text.display.open(shown, held);
  return (
    <button
      type="button"
      class="button-icon display-button"
      title={label}
      aria-label={label}
      aria-expanded={open}
      onClick={open ? closeStage : openStage}
    >
      <Icon name="screen" />
      {shown + held > 0 && <span class="display-dot" aria-hidden="true" />}
    </button>
  );
}
