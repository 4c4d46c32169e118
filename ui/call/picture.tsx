/** A moving picture of a call. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { pictureUrl } from "../api/routes.ts";
import { visible } from "../store/attention.ts";

const RETRY_MS = 1000;

export interface PictureProps {
  call: string;
  side: "local" | "remote";
  alt: string;
  class?: string;
}

/**
 * Shows the stream while somebody can see it. A browser has six connections to one host for all
 * its pages, so a hidden page lets go of its pictures, and one that is taken away lets go at once.
 */
export function Picture({ call, side, alt, class: look = "" }: PictureProps) {
  const image = useRef<HTMLImageElement>(null);
  const attempt = useSignal(0);
  const loaded = useSignal(false);
  const shown = visible.value;

  useEffect(() => {
    const element = image.current!;
    if (!shown) return;
    element.src = attempt.value === 0
      ? pictureUrl(call, side)
      : `${pictureUrl(call, side)}?attempt=${attempt.value}`;
    return () => element.removeAttribute("src");
  }, [call, side, shown, attempt.value]);

  const retry = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(retry.current), []);
  const onError = () => {
    loaded.value = false;
    clearTimeout(retry.current);
    retry.current = setTimeout(() => attempt.value++, RETRY_MS);
  };
  return (
    <img
      ref={image}
      class={`picture ${look} ${loaded.value ? "" : "picture-waiting"}`}
      alt={alt}
      onLoad={() => loaded.value = true}
      onError={onError}
    />
  );
}
