import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { FormError } from "../parts/field.tsx";
import { text } from "../text/mod.ts";
import { scan } from "./scan.ts";

export interface ScannerProps {
  /** How the codes looked for begin. */
  prefix: string;
  onText(text: string): void;
  onClose(): void;
}

/** The camera's picture while it looks for a code; taking it off the page lets the camera go. */
export function Scanner({ prefix, onText, onClose }: ScannerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const problem = useSignal<string | null>(null);
  const words = text.verify;

  useEffect(() => {
    const life = new AbortController();
    scan(video.current!, prefix, life.signal).then(
      (seen) => seen !== null && onText(seen),
      (error: unknown) => problem.value = whyNot(error),
    );
    return () => life.abort();
  }, []);
  return (
    <div class="scanner">
      {problem.value === null && (
        <div class="scanner-frame">
          <video ref={video} muted playsInline aria-label={words.camera} />
          <span class="scanner-corners" aria-hidden="true" />
        </div>
      )}
      <p class="hint" role="status">{problem.value === null && words.scanning}</p>
      <FormError message={problem.value} />
      <button type="button" class="button button-small" onClick={onClose}>{words.scanStop}</button>
    </div>
  );
}

function whyNot(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError") return text.verify.cameraDenied;
  return name === "NotFoundError" ? text.verify.cameraMissing : text.verify.cameraFailed;
}
