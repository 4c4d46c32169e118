/** A modal dialogue: the browser's own, which keeps the focus inside and gives it back. */
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { text } from "../text/mod.ts";
import { Icon } from "./icon.tsx";

export interface DialogProps {
  title: ComponentChildren;
  /** Escape, the backdrop and the cross do this. */
  onClose(): void;
  children: ComponentChildren;
  size?: "s" | "m" | "l";
  role?: "dialog" | "alertdialog";
  /** No cross and no closing by the backdrop: an answer is wanted. */
  insistent?: boolean;
  class?: string;
}

export function Dialog(props: DialogProps) {
  const { title, onClose, children, size = "m", role = "dialog", insistent = false } = props;
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();

  useLayoutEffect(() => {
    const shown = element.current!;
    shown.showModal();
    return () => shown.close();
  }, []);

  return (
    <dialog
      ref={element}
      class={`dialog dialog-${size} ${props.class ?? ""}`}
      role={role}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (!insistent && event.target === event.currentTarget) onClose();
      }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          {/* The focus starts here: a key meant for a text field must not press a button. */}
          <h2 id={heading} tabIndex={-1} autoFocus>{title}</h2>
          {!insistent && (
            <button
              type="button"
              class="button-icon"
              aria-label={text.common.close}
              onClick={onClose}
            >
              <Icon name="close" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}
