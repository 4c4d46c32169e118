import { fileApi } from "../api/file_routes.ts";
import { useAction } from "../parts/action.ts";
import { Dialog } from "../parts/dialog.tsx";
import { FormError } from "../parts/field.tsx";
import { closeDialog } from "../store/dialogs.ts";
import { files } from "../store/files.ts";
import { text } from "../text/mod.ts";

/** Asks before a file's bytes and key are deleted. */
export function ForgetFileDialog({ id }: { id: string }) {
  const action = useAction();
  const words = text.files;
  const file = files.value.get(id);
  const forget = () =>
    action.run(async () => {
      await fileApi.forget(id);
      closeDialog();
    });
  return (
    <Dialog
      title={words.forgetTitle(file?.name ?? "")}
      onClose={closeDialog}
      size="s"
      role="alertdialog"
    >
      <p class="lead">{words.forgetLead}</p>
      <FormError message={action.error.value} />
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={closeDialog}>{text.common.cancel}</button>
        <button
          type="button"
          class="button button-danger"
          disabled={action.busy.value}
          onClick={forget}
        >
          {words.forgetGo}
        </button>
      </footer>
    </Dialog>
  );
}
