import { notificationState, requestNotifications } from "../store/alerts.ts";
import { contacts } from "../store/contacts.ts";
import { prefer, preferences } from "../store/preferences.ts";
import { text } from "../text/mod.ts";

/** Asks once, in words, before the browser's own question; only when there is someone to call. */
export function NotifyAsk() {
  const hidden = notificationState.value !== "default" || preferences.value.notificationsAsked ||
    contacts.value.size === 0;
  if (hidden) return null;
  const answer = (yes: boolean) => {
    prefer({ notificationsAsked: true });
    if (yes) void requestNotifications();
  };
  return (
    <div class="notify-ask">
      <p>{text.notify.ask}</p>
      <div>
        <button type="button" class="button button-small" onClick={() => answer(true)}>
          {text.notify.yes}
        </button>
        <button
          type="button"
          class="button button-quiet button-small"
          onClick={() => answer(false)}
        >
          {text.notify.no}
        </button>
      </div>
    </div>
  );
}
