/** Whether somebody looks at this page: visible and focused. */
import { signal } from "@preact/signals";

export const attention = signal(true);

/** Whether the page is visible at all: pictures are not fetched for nobody. */
export const visible = signal(true);

export function followAttention(): void {
  const look = () => {
    visible.value = document.visibilityState === "visible";
    attention.value = visible.value && document.hasFocus();
  };
  look();
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("blur", look);
}
