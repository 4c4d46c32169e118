/** A picture that came, drawn from its bytes; what it is says its content, not its name. */
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { fileApi } from "../api/file_routes.ts";
import type { FileView } from "../api/views.ts";
import { text } from "../text/mod.ts";

/** Pictures of points alone: nothing in them can run. */
const RASTER = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);
/** Larger ones are not drawn by themselves: bytes, and pixels. */
const MOST_BYTES = 20e6;
const MOST_PIXELS = 50e6;

export function isDrawable({ here, type, size, width, height }: FileView): boolean {
  const pixels = width === null || height === null ? Infinity : width * height;
  return here && type !== null && RASTER.has(type) && size <= MOST_BYTES && pixels <= MOST_PIXELS;
}

export function PicturePreview({ file }: { file: FileView }) {
  const url = useSignal<string | null>(null);
  const { id, type, width, height, name } = file;
  useEffect(() => {
    let made: string | undefined;
    let gone = false;
    fileApi.bytes(id).then((bytes) => {
      if (gone) return;
      made = URL.createObjectURL(new Blob([bytes], { type: type! }));
      url.value = made;
    }, () => {});
    return () => {
      gone = true;
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [id]);
  return (
    <div class="file-picture">
      {url.value === null
        ? <span class="file-picture-waits" style={{ aspectRatio: `${width} / ${height}` }} />
        : (
          <img
            src={url.value}
            alt={text.files.picture(name)}
            width={width ?? undefined}
            height={height ?? undefined}
          />
        )}
    </div>
  );
}

/** The small picture that its sender made; drawn until the file itself is here. */
export function Thumbnail({ file }: { file: FileView }) {
  if (file.thumbnail === null) return null;
  return (
    <div class="file-picture file-thumbnail">
      <img src={`data:image/jpeg;base64,${file.thumbnail}`} alt="" />
    </div>
  );
}
