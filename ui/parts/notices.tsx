/** The notes at the foot of the page; a live region that is always there, so that they are read. */
import { dismiss, notices } from "../store/notices.ts";
import { text } from "../text/mod.ts";
import { Icon, type IconName } from "./icon.tsx";

const ICONS = { info: "check", error: "alert", security: "shield-alert" } as const satisfies Record<
  string,
  IconName
>;

export function Notices() {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice notice-${notice.tone}`}>
          <Icon name={ICONS[notice.tone]} />
          <p dir="auto">{notice.message}</p>
          {notice.action !== undefined && (
            <button
              type="button"
              class="button button-small"
              onClick={() => {
                notice.action!.run();
                dismiss(notice.id);
              }}
            >
              {notice.action.label}
            </button>
          )}
          <button
            type="button"
            class="button-icon"
            aria-label={text.common.dismiss}
            onClick={() => dismiss(notice.id)}
          >
            <Icon name="close" size="s" />
          </button>
        </div>
      ))}
    </div>
  );
}
