/** Asks before something is done that is not undone: what follows of it, Cancel, and the deed. */
import type { ComponentChildren } from "preact";
import { closeDialog } from "../store/dialogs.ts";
import { text } from "../text/mod.ts";
import type { Action } from "./action.ts";
import { Dialog } from "./dialog.tsx";
import { FormError } from "./field.tsx";

export interface AskDialogProps {
  title: string;
  lead: string;
  action: Action;
  /** The button that does it. */
  go: string;
  onGo(): void;
  /** A smaller thing to do instead, beside it. */
  other?: { go: string; hint: string; onGo(): void };
  /** What stands below the buttons. */
  children?: ComponentChildren;
}

export function AskDialog({ title, lead, action, go, onGo, other, children }: AskDialogProps) {
  return (
    <Dialog title={title} onClose={closeDialog} size="s" role="alertdialog">
      <p class="lead">{lead}</p>
      {other !== undefined && <p class="hint">{other.hint}</p>}
      <FormError message={action.error.value} />
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={closeDialog}>{text.common.cancel}</button>
        {other !== undefined && (
          <button
            type="button"
            class="button button-danger-quiet"
            disabled={action.busy.value}
            onClick={other.onGo}
          >
            {other.go}
          </button>
        )}
        <button
          type="button"
          class="button button-danger"
          disabled={action.busy.value}
          onClick={onGo}
        >
          {go}
        </button>
      </footer>
      {children}
    </Dialog>
  );
}
