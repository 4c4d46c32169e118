import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "../parts/icon.tsx";
import { clock } from "../parts/time.ts";
import { text } from "../text/mod.ts";
import { Words } from "./words.tsx";

const DELIVERY: Record<Delivery, IconName> = {
  pending: "clock",
  sent: "check",
  delivered: "check-double",
  seen: "check-double",
  failed: "alert",
};

type Delivery = "pending" | "sent" | "delivered" | "seen" | "failed";

export interface BubbleProps {
  message: {
    mine: boolean;
    at: number;
    body: string;
    link: string | null;
    delivery: Delivery | null;
  };
  /** The name of who said it. */
  who: string;
  /** It stands together with the one before. */
  joined: boolean;
  /** Beside or above the bubble: who said it, what can be done with it. */
  beside?: ComponentChildren;
  /** What it is in the place of words, such as a file. */
  content?: ComponentChildren;
  /** It names us. */
  named?: boolean;
  /** At its foot, before the time: how it travelled, whether it was corrected. */
  marks?: ComponentChildren;
  /** What the states of delivery are called. */
  deliveries: Partial<Record<Delivery, string>>;
  /** Below it, when it failed: why, and what can be done. */
  failure?: ComponentChildren;
}

/** One message of a chat or a room. */
export function Bubble(props: BubbleProps) {
  const { message: { mine, at, body, link, delivery }, joined, named = false, deliveries } = props;
  const failed = delivery === "failed";
  return (
    <article
      class={`message message-${mine ? "mine" : "theirs"} ${joined ? "message-joined" : ""}`}
    >
      <div class="bubble-frame">
        {props.beside}
        <div
          class={`bubble ${failed ? "bubble-failed" : ""} ${named ? "bubble-named" : ""} ${
            props.content === undefined ? "" : "bubble-file"
          }`}
        >
          {mine && <span class="visually-hidden">{text.chat.mine}:</span>}
          {named && <span class="visually-hidden">{text.rooms.names}:</span>}
          {props.content ?? <Words body={body} link={link} who={props.who} />}
          <footer class="bubble-foot">
            {props.marks}
            <Time at={at} />
            {delivery !== null && (
              <span class={`delivery delivery-${delivery}`}>
                <Icon name={DELIVERY[delivery]} size="s" />
                <span class={delivery === "seen" ? "" : "visually-hidden"}>
                  {deliveries[delivery]}
                </span>
              </span>
            )}
          </footer>
        </div>
      </div>
      {failed && <div class="failure">{props.failure}</div>}
    </article>
  );
}

/** A line of ours between what was said. */
export function NoticeLine(
  { kind, icon, at, body }: { kind: string; icon: IconName; at: number; body: string },
) {
  return (
    <div class={`line line-${kind}`}>
      <Icon name={icon} size="s" />
      <p dir="auto">{body}</p>
      <Time at={at} />
    </div>
  );
}

function Time({ at }: { at: number }) {
  return <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>;
}
