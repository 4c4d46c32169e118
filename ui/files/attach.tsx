/** The ways files get into a chat or group: a button, the clipboard, and what is dropped there. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Icon } from "../parts/icon.tsx";
import { openDialog } from "../store/dialogs.ts";
import { text } from "../text/mod.ts";

/** Asks how to send what was chosen. */
export function offerFiles(place: string, chosen: readonly File[]): void {
  if (chosen.length > 0) openDialog({ kind: "send-files", place, chosen });
}

/** The files of a paste or drop; folders are none. */
export function filesOf(data: DataTransfer | null): File[] {
  if (data === null) return [];
  return [...data.items].flatMap((item) => {
    if (item.kind !== "file" || item.webkitGetAsEntry?.()?.isDirectory === true) return [];
    return item.getAsFile() ?? [];
  });
}

export function AttachButton({ place }: { place: string }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="button-icon attach"
        aria-label={text.files.attach}
        title={text.files.attach}
        onClick={() => input.current!.click()}
      >
        <Icon name="clip" />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={text.files.choose}
        onChange={({ currentTarget }) => {
          offerFiles(place, [...currentTarget.files ?? []]);
          currentTarget.value = "";
        }}
      />
    </>
  );
}

export interface DropZoneProps {
  /** null: nothing can be sent there. */
  place: string | null;
  class: string;
  label: string;
  children: ComponentChildren;
}

/** The section of a chat or group, onto which files can be dropped. */
export function DropZone({ place, class: name, label, children }: DropZoneProps) {
  const over = useSignal(0);
  const carries = (event: DragEvent) =>
    place !== null && event.dataTransfer?.types.includes("Files") === true;
  return (
    <section
      class={name}
      aria-label={label}
      onDragEnter={(event) => {
        if (carries(event)) over.value++;
      }}
      onDragLeave={(event) => {
        if (carries(event)) over.value = Math.max(0, over.value - 1);
      }}
      onDragOver={(event) => {
        if (carries(event)) event.preventDefault();
      }}
      onDrop={(event) => {
        over.value = 0;
        if (!carries(event)) return;
        event.preventDefault();
        offerFiles(place!, filesOf(event.dataTransfer));
      }}
    >
      {children}
      {over.value > 0 && (
        <div class="drop-here" aria-hidden="true">
          <Icon name="clip" size="l" />
          <p>{text.files.drop}</p>
        </div>
      )}
    </section>
  );
}
