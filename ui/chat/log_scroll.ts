import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Nearer to an end than this counts as being there, in CSS pixels. */
const NEAR = 80;

/**
 * Keeps the place in a list of messages: at the end when it was there, at the same message otherwise.
 * @param loadOlder called when somebody scrolls to the top
 */
export function useLogScroll(
  jid: string,
  items: readonly { readonly id: string }[],
  loadOlder: (jid: string) => Promise<void>,
) {
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useSignal(true);
  const held = useRef({ jid, oldest: "", fromEnd: 0 });
  const top = useRef(0);
  const oldest = items[0]?.id ?? "";

  const toEnd = () => {
    const element = scroller.current!;
    element.scrollTop = element.scrollHeight;
    top.current = element.scrollTop;
    atEnd.value = true;
  };

  useLayoutEffect(() => {
    const element = scroller.current!;
    const other = held.current.jid !== jid;
    const olderCame = !other && held.current.oldest !== "" && held.current.oldest !== oldest;
    if (other || atEnd.peek()) {
      toEnd();
    } else if (olderCame) {
      element.scrollTop = element.scrollHeight - held.current.fromEnd;
    }
    held.current = { jid, oldest, fromEnd: element.scrollHeight - element.scrollTop };
  }, [jid, items]);

  // A banner or a growing text field changes the room for messages, a picture that comes the room one
  // takes: the end stays in sight.
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => atEnd.peek() && toEnd());
    observer.observe(scroller.current!);
    for (const line of scroller.current!.children) observer.observe(line);
    return () => observer.disconnect();
  }, [items]);

  // The event's own element: it may come late, when the list is gone from the page.
  const onScroll = ({ currentTarget }: { currentTarget: HTMLElement }) => {
    const { scrollTop, scrollHeight, clientHeight } = currentTarget;
    // The event of our own toEnd() may come when a picture has grown the list since: the end is left
    // by going upwards alone.
    if (scrollHeight - scrollTop - clientHeight < NEAR) atEnd.value = true;
    else if (scrollTop < top.current) atEnd.value = false;
    top.current = scrollTop;
    held.current.fromEnd = scrollHeight - scrollTop;
    if (scrollTop < NEAR && !atEnd.value) void loadOlder(jid);
  };
  return { scroller, onScroll, atEnd: atEnd.value, toEnd };
}
