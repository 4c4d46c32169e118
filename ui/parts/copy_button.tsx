import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { notify } from "../store/notices.ts";
import { text } from "../text/mod.ts";
import { Icon } from "./icon.tsx";

const SHOWN_MS = 2000;

export interface CopyButtonProps {
  value: string;
  label: string;
  class?: string;
}

/** Copies a text and says so in its own place. */
export function CopyButton({ value, label, class: look = "button" }: CopyButtonProps) {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) return;
    const timer = setTimeout(() => copied.value = false, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied.value]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      copied.value = true;
    } catch {
      notify("error", text.errors.copy);
    }
  };
  return (
    <button type="button" class={look} onClick={copy}>
      <Icon name={copied.value ? "check" : "copy"} size="s" />
      <span aria-live="polite">{copied.value ? text.common.copied : label}</span>
    </button>
  );
}
