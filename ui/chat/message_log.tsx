/**
 * What was said in a chat or a room, oldest on top, parted by days; stays at the newest unless
 * somebody scrolled away from it.
 */
import type { ComponentChildren } from "preact";
import { Icon } from "../parts/icon.tsx";
import { dayName, dayOf } from "../parts/time.ts";
import { text } from "../text/mod.ts";
import { useLogScroll } from "./log_scroll.ts";

/** What one says within this time stands together. */
const TOGETHER_MS = 4 * 60_000;

/** What a log needs to know of a line. */
export interface Line {
  readonly id: string;
  readonly at: number;
}

export interface MessageLogProps<L extends Line> {
  /** Of the chat or room; a log of another begins at its end. */
  jid: string;
  label: string;
  /** Undefined: not loaded yet. */
  log: { items: readonly L[]; complete: boolean; loading: boolean } | undefined;
  loadOlder: (jid: string) => Promise<void>;
  /** What stands where nothing was said yet. */
  empty: ComponentChildren;
  /** What stands above the first message there ever was. */
  beginning?: string;
  /** There is something unread. */
  unread?: boolean;
  /** Are both of the same kind and by the same, so that they may stand together? */
  alike: (before: L, line: L) => boolean;
  row: (line: L, joined: boolean) => ComponentChildren;
}

export function MessageLog<L extends Line>(props: MessageLogProps<L>) {
  const { jid, log, loadOlder, beginning } = props;
  const { items, complete, loading } = log ?? { items: [], complete: false, loading: true };
  const { scroller, onScroll, atEnd, toEnd } = useLogScroll(jid, items, loadOlder);
  return (
    <div class="log-frame">
      <div
        ref={scroller}
        class="log"
        role="log"
        aria-label={props.label}
        aria-busy={loading}
        tabIndex={0}
        onScroll={onScroll}
      >
        {items.length === 0 && !loading && <div class="first-words">{props.empty}</div>}
        {items.length > 0 && !(complete && beginning === undefined) && (
          <div class="log-top">
            {complete ? <p class="hint">{beginning}</p> : (
              <button
                type="button"
                class="button button-quiet button-small"
                disabled={loading}
                onClick={() => loadOlder(jid)}
              >
                {loading ? text.chat.loading : text.chat.older}
              </button>
            )}
          </div>
        )}
        {items.map((line, index) => (
          <Entry key={line.id} line={line} before={items[index - 1]} props={props} />
        ))}
      </div>
      {!atEnd && (
        <button
          type="button"
          class="to-end"
          aria-label={text.chat.toNewest}
          title={text.chat.toNewest}
          onClick={toEnd}
        >
          <Icon name="down" size="s" />
          {props.unread === true && <span>{text.chat.newBelow}</span>}
        </button>
      )}
    </div>
  );
}

function Entry<L extends Line>(
  { line, before, props }: { line: L; before: L | undefined; props: MessageLogProps<L> },
) {
  const newDay = before === undefined || dayOf(before.at) !== dayOf(line.at);
  const joined = !newDay && line.at - before.at < TOGETHER_MS && props.alike(before, line);
  return (
    <>
      {newDay && (
        <p class="day">
          <span>{dayName(line.at)}</span>
        </p>
      )}
      {props.row(line, joined)}
    </>
  );
}
